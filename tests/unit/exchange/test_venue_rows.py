"""Rows as Coinbase, HTX and Bitfinex document them, booked digit for digit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nightdesk.accounts.model import Skip
from nightdesk.adapters.exchange.venues import bitfinex_rows, coinbase_rows, htx_rows
from nightdesk.adapters.exchange.venues.reading import digits, exact_json
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import Unavailable
from nightdesk.ledger.model import EntryKind, Fact, LegRole

GOLDEN = Path(__file__).parents[2] / "golden"
SEND, DEPOSIT, REWARD, FILL, PENDING, CANCELED = json.loads((GOLDEN / "coinbase" / "transactions.json").read_text())[
    "data"
]
MATCHES = exact_json((GOLDEN / "htx" / "match_results.json").read_text())["data"]
TRANSFERS = exact_json((GOLDEN / "htx" / "transfers.json").read_text())["data"]
TRADES = [bitfinex_rows.trade_row(row) for row in exact_json((GOLDEN / "bitfinex" / "trades.json").read_text())]
MOVEMENTS = [
    bitfinex_rows.movement_row(row) for row in exact_json((GOLDEN / "bitfinex" / "movements.json").read_text())
]
Legs = list[tuple[LegRole, str, Decimal]]


def market(venue: str, base: str, quote: str) -> Instrument:
    return Instrument(VenueId(venue), AssetId(base), AssetId(quote))


def code(name: str) -> str:
    return {"UST": "USDT"}.get(name, name.upper())


def legs(fact: Fact | Skip) -> Legs:
    assert isinstance(fact, Fact), fact
    return [(leg.role, leg.asset, leg.amount) for leg in fact.legs]


def reason(result: Fact | Skip) -> str:
    assert isinstance(result, Skip), result
    return result.reason


@pytest.fixture
def fills(recorded: Path) -> list[dict[str, Any]]:
    """A purchase and a sale as Coinbase sent them."""
    told = json.loads((recorded / "messages" / "coinbase" / "http_fills.json").read_text())
    found: list[dict[str, Any]] = told["fills"]
    return found


class TestCoinbase:
    def test_fills(self, fills: list[dict[str, Any]]) -> None:
        bought = coinbase_rows.fill(fills[0], market("coinbase", "BTC", "USD"))
        assert legs(bought) == [
            (LegRole.BASE, "BTC", Decimal("0.005")),
            (LegRole.QUOTE, "USD", Decimal("-225.61725")),
            (LegRole.FEE, "USD", Decimal("-1.14")),
        ]
        assert isinstance(bought, Fact)
        assert (bought.identity, bought.order_id) == ("trade:22222-2222222-22222222", "0000-000000-000000")
        assert bought.occurred_at == datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
        sold = coinbase_rows.fill({**fills[1], "commission": ""}, market("coinbase", "ETH", "USD"))
        assert [amount for *_, amount in legs(sold)] == [Decimal("-0.0325"), Decimal("99.9999")]

    def test_a_size_in_quote_is_what_was_paid(self, fills: list[dict[str, Any]]) -> None:
        row = {**fills[0], "size_in_quote": True, "size": "100", "price": "40000"}
        found = legs(coinbase_rows.fill(row, market("coinbase", "BTC", "USD")))
        assert [amount for *_, amount in found][:2] == [Decimal("0.0025"), Decimal(-100)]

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({"trade_type": "REVERSAL"}, "import.kind_unknown"),
            ({"size": 0.5}, "import.row_malformed"),
            ({"side": "UNKNOWN_ORDER_SIDE"}, "import.row_malformed"),
            ({"trade_time": "yesterday"}, "instant.malformed"),
            ({"price": "many"}, "amount.malformed"),
        ],
    )
    def test_fills_that_cannot_be_booked_are_kept(
        self, fills: list[dict[str, Any]], change: dict[str, Any], expected: str
    ) -> None:
        assert reason(coinbase_rows.fill({**fills[0], **change}, market("coinbase", "BTC", "USD"))) == expected

    def test_a_fill_of_an_unknown_product_is_kept(self, fills: list[dict[str, Any]]) -> None:
        assert reason(coinbase_rows.fill(fills[0], None)) == "import.instrument_unknown"

    def test_the_networks_fee_is_a_leg_of_its_own(self) -> None:
        fact = coinbase_rows.transaction(SEND, code)
        assert legs(fact) == [
            (LegRole.MOVEMENT, "BTC", Decimal("-0.01")),
            (LegRole.FEE, "BTC", Decimal("-0.0005")),
        ]
        assert isinstance(fact, Fact)
        assert fact.kind is EntryKind.WITHDRAWAL
        assert fact.occurred_at == datetime(2024, 3, 27, 6, 44, 8, tzinfo=UTC)

    def test_kinds(self) -> None:
        facts = [coinbase_rows.transaction(row, code) for row in (DEPOSIT, REWARD)]
        assert [fact.kind for fact in facts if isinstance(fact, Fact)] == [EntryKind.DEPOSIT, EntryKind.REWARD]
        assert legs(facts[1]) == [(LegRole.MOVEMENT, "DOT", Decimal("0.020123619236000001"))]
        assert reason(coinbase_rows.transaction(CANCELED, code)) == "import.not_executed"
        assert reason(coinbase_rows.transaction({**SEND, "type": "novelty"}, code)) == "import.kind_unknown"
        assert reason(coinbase_rows.transaction({**SEND, "amount": None}, code)) == "import.row_malformed"
        assert [coinbase_rows.is_pending(row) for row in (SEND, PENDING)] == [False, True]

    def test_sides_of_deals(self) -> None:
        row = {**SEND, "type": "trade", "trade": {"id": "T1"}}
        side = coinbase_rows.half(row, code)
        assert side is not None
        assert (side.deal, side.asset, side.amount) == ("trade:T1", "BTC", Decimal("-0.0105"))
        changes: list[dict[str, Any]] = [{"trade": {}}, {"status": "pending"}, {"type": "send"}, {"amount": {}}]
        for change in changes:
            assert coinbase_rows.half({**row, **change}, code) is None
        assert reason(coinbase_rows.single(side)) == "import.conversion_half"

    @pytest.mark.parametrize(
        ("kind", "amount", "expected"),
        [("buy", "0.01", EntryKind.DEPOSIT), ("sell", "-0.01", EntryKind.WITHDRAWAL), ("sell", "0.01", None)],
    )
    def test_what_was_settled_outside(self, kind: str, amount: str, expected: EntryKind | None) -> None:
        row = {**SEND, "type": kind, kind: {"id": "B1"}, "amount": {"amount": amount, "currency": "BTC"}}
        side = coinbase_rows.half(row, code)
        assert side is not None
        found = coinbase_rows.single(side)
        assert (found.kind if isinstance(found, Fact) else None) == expected


class TestHtx:
    def test_trades(self) -> None:
        poly = market("htx", "POLY", "USDT")
        bought = htx_rows.trade(MATCHES[0], poly, code)
        assert legs(bought) == [
            (LegRole.BASE, "POLY", Decimal("147.928994082840236")),
            (LegRole.QUOTE, "USDT", Decimal("-49.999999999999999768")),
        ]
        assert isinstance(bought, Fact)
        assert bought.identity == "trade:polyusdt:1085:345487249132375"
        sold = legs(htx_rows.trade(MATCHES[1], poly, code))
        assert sold[0] == (LegRole.BASE, "POLY", Decimal("-10.000000000000000001"))
        assert sold[2] == (LegRole.FEE, "USDT", Decimal("0.0006"))  # what a maker is paid
        assert reason(htx_rows.trade(MATCHES[0], None, code)) == "import.instrument_unknown"
        assert reason(htx_rows.trade({**MATCHES[0], "type": "hold-limit"}, poly, code)) == "import.row_malformed"

    def test_a_fee_that_was_deducted_in_another_asset(self) -> None:
        row = {**MATCHES[0], "fee-deduct-currency": "ht"}
        found = legs(htx_rows.trade(row, market("htx", "POLY", "USDT"), code))
        assert found[2] == (LegRole.FEE, "HT", Decimal("-0.1"))

    def test_transfers_whose_amounts_are_numbers(self) -> None:
        came, went, going, stopped = TRANSFERS
        assert legs(htx_rows.transfer(came, code)) == [(LegRole.MOVEMENT, "USDT", Decimal("12.123456789012345678"))]
        assert legs(htx_rows.transfer(went, code)) == [
            (LegRole.MOVEMENT, "USDT", Decimal(-100)),
            (LegRole.FEE, "USDT", Decimal("-1.5")),
        ]
        assert [htx_rows.is_pending(row) for row in TRANSFERS] == [False, False, True, False]
        assert reason(htx_rows.transfer(stopped, code)) == "import.not_executed"
        assert reason(htx_rows.transfer({**came, "amount": 1.5}, code)) == "import.row_malformed"
        del going


class TestBitfinex:
    def test_trades(self) -> None:
        eth = market("bitfinex", "ETH", "USDT")
        sold = bitfinex_rows.trade(TRADES[0], eth, code)
        assert legs(sold) == [
            (LegRole.BASE, "ETH", Decimal("-0.2")),
            (LegRole.QUOTE, "USDT", Decimal("30.714000000000000002")),
            (LegRole.FEE, "USDT", Decimal("-0.061668")),
        ]
        assert isinstance(sold, Fact)
        assert (sold.identity, sold.order_id) == ("trade:tETHUST:402088407", "34938060782")
        assert [amount for *_, amount in legs(bitfinex_rows.trade(TRADES[1], eth, code))] == [1, -153]
        assert reason(bitfinex_rows.trade(TRADES[0], None, code)) == "import.instrument_unknown"
        assert reason(bitfinex_rows.trade({**TRADES[0], "amount": 0.2}, eth, code)) == "import.row_malformed"

    def test_movements(self) -> None:
        came, went, going, stopped = MOVEMENTS
        assert legs(bitfinex_rows.movement(came, code)) == [
            (LegRole.MOVEMENT, "ETH", Decimal("0.26300954")),
            (LegRole.FEE, "ETH", Decimal("-0.00135")),
        ]
        fact = bitfinex_rows.movement(went, code)
        assert legs(fact) == [
            (LegRole.MOVEMENT, "USDT", Decimal(-100)),
            (LegRole.FEE, "USDT", Decimal("-3.5")),
        ]
        assert isinstance(fact, Fact)
        assert fact.kind is EntryKind.WITHDRAWAL
        assert [bitfinex_rows.is_pending(row) for row in MOVEMENTS] == [False, False, True, False]
        assert reason(bitfinex_rows.movement(stopped, code)) == "import.not_executed"
        del going

    def test_interest(self) -> None:
        listed = [2531822314, "UST", None, 1573521810000, None, "0.01644445", 0, None, "Margin Funding Payment"]
        fact = bitfinex_rows.payment(bitfinex_rows.ledger_row(listed), code)
        assert legs(fact) == [(LegRole.MOVEMENT, "USDT", Decimal("0.01644445"))]
        assert isinstance(fact, Fact)
        assert (fact.kind, fact.identity) == (EntryKind.INTEREST, "ledger:2531822314")

    @pytest.mark.parametrize("row", [{"id": 1}, {"id": "1", "at_ms": 1}, {"at_ms": "1", "id": 1}])
    def test_a_row_without_a_place_ends_the_page(self, row: dict[str, Any]) -> None:
        with pytest.raises(Unavailable):
            bitfinex_rows.place(row)


@pytest.mark.parametrize("value", [True, 1.5, None])
def test_what_is_no_exact_number_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        digits(value)
