"""Rows of Binance's wallets besides spot, in the shapes that the venue documents."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nightdesk.accounts.model import Skip
from nightdesk.accounts.positions import PositionSide
from nightdesk.adapters.exchange.venues import binance_wallet_rows as rows
from nightdesk.adapters.exchange.venues.binance_positions import contract_of, position
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.instants import to_ms
from nightdesk.ledger.model import EntryKind, Fact

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "golden" / "binance" / "wallets.json").read_text())
BNB_BTC = Instrument(VenueId("binance"), AssetId("BNB"), AssetId("BTC"))
Book = Callable[[dict[str, Any]], Fact | Skip | None]


def told(result: Fact | Skip | None) -> tuple[str, str, list[tuple[str, str, str]]]:
    """Kind, identity and legs as wallet, asset and amount."""
    assert isinstance(result, Fact), result
    return result.kind.value, result.identity, [(leg.wallet, leg.asset, f"{leg.amount:f}") for leg in result.legs]


def margin_trade(row: dict[str, Any]) -> Fact | Skip | None:
    return rows.margin_trade(row, BNB_BTC, str)


def contract_trade(row: dict[str, Any]) -> Fact | Skip | None:
    return rows.contract_trade(row, "USDT", str)


def plain(book: Callable[..., Fact | Skip | None]) -> Book:
    return lambda row: book(row, str)


DOCUMENTED: list[tuple[str, Book, str, str, list[tuple[str, str, str]]]] = [
    ("conversion", plain(rows.conversion), "conversion", "convert:940708407462087195",
     [("spot", "USDT", "-20"), ("spot", "BNB", "0.06154036")]),
    ("dust", plain(rows.dust), "conversion", "dust:4357015159:USDT",
     [("spot", "USDT", "-0.0009"), ("spot", "BNB", "0.00044603"), ("spot", "BNB", "-0.00000899")]),
    ("dividend", plain(rows.dividend), "reward", "dividend:1637366104", [("spot", "BHFT", "10.00000000")]),
    ("transfer", plain(rows.transfer), "transfer", "transfer:11415955596",
     [("spot", "USDT", "-1"), ("futures", "USDT", "1")]),
    ("borrow", plain(rows.borrowed), "loan", "margin:borrow:2970933056",
     [("margin", "BNB", "14.00000000"), ("debt", "BNB", "-14.00000000")]),
    ("borrow", plain(rows.repaid), "loan", "margin:repay:2970933056",
     [("margin", "BNB", "-14.00000000"), ("debt", "BNB", "14.00000000")]),
    ("interest", plain(rows.margin_interest), "interest", "margin:interest:1352286576452864727:USDT",
     [("debt", "USDT", "-0.00024995")]),
    ("margin_trade", margin_trade, "trade", "margin:trade:BNBBTC:34",
     [("margin", "BNB", "-3.00000000"), ("margin", "BTC", "0.06000000"), ("margin", "BTC", "-0.00006000")]),
    ("redemption", plain(rows.redeemed), "transfer", "earn:redemption:40607",
     [("earn", "USDT", "-10.54000000"), ("spot", "USDT", "10.54000000")]),
    ("reward", plain(rows.earned), "reward", "earn:reward:REALTIME:USDT001:BUSD:1577233578000",
     [("earn", "BUSD", "0.00006408")]),
    ("income", plain(rows.income), "funding", "futures:funding_fee:9689322392:BTCUSDT",
     [("futures", "USDT", "-0.37500000")]),
    ("contract_trade", contract_trade, "realised_pnl", "futures:trade:BTCUSDT:698759",
     [("futures", "USDT", "-0.91539999"), ("futures", "USDT", "-0.07819010")]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "book", "kind", "identity", "legs"), DOCUMENTED)
def test_documented_rows(name: str, book: Book, kind: str, identity: str, legs: list[tuple[str, str, str]]) -> None:
    fact = book(GOLDEN[name])
    assert told(fact) == (kind, identity, legs)
    assert isinstance(fact, Fact)
    assert to_ms(fact.occurred_at) in GOLDEN[name].values()


@pytest.mark.parametrize(
    ("name", "book", "change"),
    [
        ("conversion", plain(rows.conversion), {"orderStatus": "FAIL"}),
        ("transfer", plain(rows.transfer), {"status": "PENDING"}),
        ("borrow", plain(rows.borrowed), {"status": "FAILED"}),
        ("redemption", plain(rows.redeemed), {"status": "PENDING"}),
    ],
)
def test_what_was_not_carried_out_is_kept_aside(name: str, book: Book, change: dict[str, Any]) -> None:
    result = book(GOLDEN[name] | change)
    assert isinstance(result, Skip)
    assert result.reason == "import.not_executed"


@pytest.mark.parametrize(
    ("name", "book", "change", "reason"),
    [
        ("conversion", plain(rows.conversion), {"fromAmount": 20.5}, "import.row_malformed"),
        ("dust", plain(rows.dust), {"operateTime": "soon"}, "import.row_malformed"),
        ("transfer", plain(rows.transfer), {"type": "MAIN_MOON"}, "import.row_malformed"),
        ("interest", plain(rows.margin_interest), {"interest": "0"}, "ledger.leg_zero"),
        ("margin_trade", margin_trade, {"qty": None}, "import.row_malformed"),
        ("contract_trade", contract_trade, {"realizedPnl": None}, "import.row_malformed"),
        ("income", plain(rows.income), {"incomeType": "MOON_BONUS"}, "import.kind_unknown"),
        ("income", plain(rows.income), {"asset": ""}, "asset.malformed"),
    ],
)
def test_rows_that_can_not_be_booked_say_why(name: str, book: Book, change: dict[str, Any], reason: str) -> None:
    result = book(GOLDEN[name] | change)
    assert isinstance(result, Skip)
    assert result.reason == reason


def test_margin_trades_of_unknown_markets_are_kept_aside_and_buys_turn_the_signs() -> None:
    unknown = rows.margin_trade(GOLDEN["margin_trade"], None, str)
    assert isinstance(unknown, Skip)
    assert unknown.reason == "import.instrument_unknown"
    bought = told(margin_trade(GOLDEN["margin_trade"] | {"isBuyer": True}))[2]
    assert [amount for *_, amount in bought][:2] == ["3.00000000", "-0.06000000"]


def test_a_fill_that_opens_has_its_fee_alone_and_one_without_either_moves_nothing() -> None:
    opening = contract_trade(GOLDEN["contract_trade"] | {"realizedPnl": "0"})
    assert told(opening)[0] == EntryKind.FEE
    assert contract_trade(GOLDEN["contract_trade"] | {"realizedPnl": "0.00000000", "commission": "0"}) is None
    rebate = contract_trade(GOLDEN["contract_trade"] | {"realizedPnl": "0", "commission": "-0.01"})
    assert told(rebate)[2] == [("futures", "USDT", "0.01")]


@pytest.mark.parametrize("kind", sorted(rows.TOLD_ELSEWHERE))
def test_income_that_other_histories_tell_is_not_booked_twice(kind: str) -> None:
    assert rows.income(GOLDEN["income"] | {"incomeType": kind}, str) is None


@pytest.mark.parametrize(("said", "kind"), [("Airdrop Assets", "airdrop"), ("Flexible Interest", "interest")])
def test_what_is_handed_out_is_named_by_what_the_venue_calls_it(said: str, kind: str) -> None:
    assert told(rows.dividend(GOLDEN["dividend"] | {"enInfo": said}, str))[0] == kind


def test_a_subscription_from_two_wallets_is_a_transfer_from_each() -> None:
    parts = [told(rows.subscribed(part, str)) for part in rows.by_source(GOLDEN["subscription"])]
    assert parts == [
        ("transfer", "earn:subscription:26055", [("spot", "USDT", "-30"), ("earn", "USDT", "30")]),
        ("transfer", "earn:subscription:26055:FUNDING", [("funding", "USDT", "-70"), ("earn", "USDT", "70")]),
    ]
    assert len(rows.by_source(GOLDEN["subscription"] | {"amtFromFunding": "0"})) == 1


def test_documented_position() -> None:
    found = position(GOLDEN["position"], str)
    assert found is not None
    assert (found.contract, found.side, found.quantity) == ("ADA/USDT:USDT", PositionSide.SHORT, Decimal(30))
    assert (found.unrealised_pnl, found.liquidation_price) == (Decimal("-0.76427700"), None)
    liquidated = position(GOLDEN["position"] | {"positionAmt": "5", "liquidationPrice": "0.1"}, str)
    assert liquidated is not None
    assert (liquidated.side, liquidated.liquidation_price) == (PositionSide.LONG, Decimal("0.1"))
    assert position(GOLDEN["position"] | {"positionAmt": "0.000"}, str) is None
    assert contract_of("BTCUSDC_261225", "USDC") == "BTC/USDC:USDC-261225"
