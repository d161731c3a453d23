import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.accounts.model import Skip
from nightdesk.adapters.exchange.venues import binance_rows as rows
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.ledger.model import EntryKind, Fact, LegRole

GOLDEN = Path(__file__).parents[2] / "golden" / "binance"
TRADE: dict[str, Any] = json.loads((GOLDEN / "my_trades.json").read_text())["rows"][0]
MOVEMENTS: dict[str, Any] = json.loads((GOLDEN / "movements.json").read_text())
DEPOSIT: dict[str, Any] = MOVEMENTS["deposits"][0]
WITHDRAWAL: dict[str, Any] = MOVEMENTS["withdrawals"][0]
BNB_BTC = Instrument(VenueId("binance"), AssetId("BNB"), AssetId("BTC"))


def legs(fact: Fact | Skip) -> list[tuple[LegRole, str, Decimal]]:
    assert isinstance(fact, Fact), fact
    return [(leg.role, leg.asset, leg.amount) for leg in fact.legs]


def reason(result: Fact | Skip) -> str:
    assert isinstance(result, Skip), result
    return result.reason


def test_documented_trade() -> None:
    fact = rows.trade(TRADE, BNB_BTC, str)
    assert legs(fact) == [
        (LegRole.BASE, "BNB", Decimal("12.00000000")),
        (LegRole.QUOTE, "BTC", Decimal("-48.000012")),
        (LegRole.FEE, "BNB", Decimal("-10.10000000")),
    ]
    assert isinstance(fact, Fact)
    assert (fact.identity, fact.order_id, fact.kind) == ("trade:BNBBTC:28457", "100234", EntryKind.TRADE)
    assert fact.occurred_at == datetime(2017, 7, 12, 13, 19, 9, 590_000, tzinfo=UTC)


def test_sale_turns_the_signs() -> None:
    assert [amount for *_, amount in legs(rows.trade(TRADE | {"isBuyer": False}, BNB_BTC, str))][:2] == [
        Decimal(-12),
        Decimal("48.000012"),
    ]


def test_free_trade_has_no_fee() -> None:
    assert len(legs(rows.trade(TRADE | {"commission": "0.00000000"}, BNB_BTC, str))) == 2


@given(
    st.decimals(min_value="1E-18", max_value="1E19", places=18),
    st.decimals(min_value="1E-18", max_value="1E19", places=18),
)
def test_every_digit_arrives(base: Decimal, quote: Decimal) -> None:
    found = legs(rows.trade(TRADE | {"qty": f"{base:f}", "quoteQty": f"{quote:f}"}, BNB_BTC, str))
    assert (found[0][2], found[1][2].copy_negate()) == (base, quote)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"qty": 12.0}, "import.row_malformed"),
        ({"qty": None}, "import.row_malformed"),
        ({"qty": "twelve"}, "amount.malformed"),
        ({"qty": "NaN"}, "amount.not_finite"),
        ({"qty": "0.0000000000000000001"}, "amount.too_precise"),
        ({"qty": "1" + "0" * 30}, "amount.too_large"),
        ({"quoteQty": "0.00000000"}, "ledger.leg_zero"),
        ({"commissionAsset": ""}, "asset.malformed"),
        ({"time": "yesterday"}, "import.row_malformed"),
    ],
)
def test_row_that_cannot_be_booked_is_kept_with_its_reason(change: dict[str, Any], expected: str) -> None:
    row = TRADE | change
    result = rows.trade(row, BNB_BTC, str)
    assert reason(result) == expected
    assert isinstance(result, Skip)
    assert (result.identity, result.payload) == ("trade:BNBBTC:28457", row)


def test_unknown_market_is_kept_aside() -> None:
    assert reason(rows.trade(TRADE, None, str)) == "import.instrument_unknown"


def test_documented_deposit() -> None:
    fact = rows.deposit(DEPOSIT, str)
    assert legs(fact) == [(LegRole.MOVEMENT, "BNB", Decimal("0.001"))]
    assert isinstance(fact, Fact)
    assert fact.identity == "deposit:769800519366885376"


def test_documented_withdrawal_with_its_fee_besides() -> None:
    fact = rows.withdrawal(WITHDRAWAL, str)
    assert legs(fact) == [(LegRole.MOVEMENT, "USDT", Decimal("-8.91")), (LegRole.FEE, "USDT", Decimal("-0.004"))]
    assert isinstance(fact, Fact)
    assert fact.occurred_at == datetime(2019, 10, 12, 11, 12, 2, tzinfo=UTC)


def test_deposit_without_an_id_is_known_by_its_transaction() -> None:
    fact = rows.deposit(DEPOSIT | {"id": ""}, str)
    assert isinstance(fact, Fact)
    assert fact.identity == f"deposit:{DEPOSIT['txId']}"


@pytest.mark.parametrize(
    ("status", "fate"),
    [(1, rows.Fate.BOOKED), (6, rows.Fate.BOOKED), (0, rows.Fate.PENDING), (7, rows.Fate.NOT_EXECUTED)],
)
def test_what_a_deposit_has_come_to(status: int, fate: rows.Fate) -> None:
    assert rows.deposit_state(DEPOSIT | {"status": status}).fate is fate


@pytest.mark.parametrize(
    ("status", "fate"),
    [(6, rows.Fate.BOOKED), (4, rows.Fate.PENDING), (1, rows.Fate.NOT_EXECUTED), (3, rows.Fate.NOT_EXECUTED)],
)
def test_what_a_withdrawal_has_come_to(status: int, fate: rows.Fate) -> None:
    assert rows.withdrawal_state(WITHDRAWAL | {"status": status}).fate is fate
