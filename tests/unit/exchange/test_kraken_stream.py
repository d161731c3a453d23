"""What Kraken's private channels say, message by message."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.accounts.streaming import FactTold, LookAgain, OrderTold
from nightdesk.adapters.exchange.private_stream import BalancesStale, Refused, StreamNotAllowed, heard
from nightdesk.adapters.exchange.venues import kraken_rows
from nightdesk.adapters.exchange.venues.kraken_stream import SOURCE, KrakenStream
from nightdesk.ledger.model import Fact, LegRole
from nightdesk.markets.orders import OrderType, VenueOrderState
from tests.unit.exchange.streaming import Raw, connection, told

ID = "0123456789abcdef0123456789abcdef"
NEW: dict[str, Any] = {
    "order_id": "OK4GJX-KSTLS-7DZZO5",
    "cl_ord_id": ID,
    "symbol": "BTC/USD",
    "side": "sell",
    "order_type": "limit",
    "order_qty": "0.5",
    "limit_price": "26500.0",
    "cum_qty": 0,
    "cum_cost": 0,
    "exec_type": "new",
    "order_status": "new",
    "time_in_force": "GTC",
    "timestamp": "2026-11-21T12:00:00.123456Z",
}
TRADE: dict[str, Any] = {
    "order_id": NEW["order_id"],
    "exec_id": "TCCCTY-WJ6EO-4FP4VZ",
    "exec_type": "trade",
    "trade_id": 1001,
    "symbol": "BTC/USD",
    "side": "sell",
    "last_qty": "0.10000001",
    "last_price": "29500.5",
    "cost": "2950.05",
    "fees": [{"asset": "USD", "qty": "4.72"}],
    "order_status": "partially_filled",
    "order_type": "limit",
    "timestamp": "2026-11-21T12:00:01.892199Z",
}


def executions(*rows: Any, number: int | None = None, kind: str = "update") -> dict[str, Any]:
    message = {"channel": "executions", "type": kind, "data": list(rows)}
    return message if number is None else message | {"sequence": number}


@pytest.fixture
def stream() -> KrakenStream:
    return KrakenStream(connection("kraken", [("BTC/USD", "BTC/USD")]))


def fact_of(events: tuple[Any, ...]) -> Fact:
    return next(event.fact for event in events if isinstance(event, FactTold))


def order_of(events: tuple[Any, ...]) -> Any:
    return next((event.order for event in events if isinstance(event, OrderTold)), None)


def test_a_trade_is_the_fact_that_the_history_tells(stream: KrakenStream) -> None:
    row = {
        "ordertxid": NEW["order_id"],
        "time": "1795262401.8921",
        "type": "sell",
        "cost": "2950.05000",
        "fee": "4.72",
        "vol": "0.10000001",
    }
    instrument = connection("kraken", [("BTC/USD", "BTC/USD")]).instrument("BTC/USD")
    history = kraken_rows.trade(TRADE["exec_id"], row, instrument)
    assert isinstance(history, Fact)
    assert fact_of(told(stream, executions(TRADE))) == replace(history, source=SOURCE)


def test_a_fee_in_a_third_coin_is_its_own_leg(stream: KrakenStream) -> None:
    fact = fact_of(told(stream, executions(TRADE | {"fees": [{"asset": "KFEE", "qty": "12.5"}]})))
    (fee,) = (leg for leg in fact.legs if leg.role is LegRole.FEE)
    assert (fee.asset, fee.amount) == ("KFEE", Decimal("-12.5"))
    free = fact_of(told(stream, executions(TRADE | {"fees": [{"asset": "USD", "qty": 0}]})))
    assert len(free.legs) == 2


def test_an_order_is_put_together_from_what_was_heard_of_it(stream: KrakenStream) -> None:
    begun = order_of(told(stream, executions(NEW)))
    assert (begun.client_order_id, begun.state, begun.price) == (f"nd-{ID}", VenueOrderState.OPEN, Decimal(26500))
    assert begun.created_at == datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
    filled = order_of(told(stream, executions(TRADE)))
    assert (filled.state, filled.filled, filled.filled_quote) == (
        VenueOrderState.PARTIALLY_FILLED,
        Decimal("0.10000001"),
        Decimal("2950.05"),
    )
    assert filled.created_at == begun.created_at
    gone = {"order_id": NEW["order_id"], "exec_type": "canceled", "order_status": "canceled", "timestamp": "x"}
    over = order_of(told(stream, executions(gone)))
    assert (over.state, over.filled, over.quantity) == (VenueOrderState.CANCELLED, filled.filled, Decimal("0.5"))
    assert order_of(told(stream, executions(gone))) is None


def test_a_stop_and_an_order_without_an_id_of_the_client(stream: KrakenStream) -> None:
    row = NEW | {"order_type": "stop-loss-limit", "triggers": {"price": "20000.5", "reference": "last"}}
    del row["cl_ord_id"]
    stop = order_of(told(stream, executions(row)))
    assert (stop.type, stop.stop_price) == (OrderType.STOP_LOSS_LIMIT, Decimal("20000.5"))
    assert stop.client_order_id == NEW["order_id"]
    maker = order_of(told(stream, executions(NEW | {"post_only": True, "cl_ord_id": "mine"})))
    assert (maker.type, maker.client_order_id) == (OrderType.LIMIT_MAKER, "mine")


def test_a_type_that_the_desk_has_not_got_is_not_told(stream: KrakenStream) -> None:
    assert order_of(told(stream, executions(NEW | {"order_type": "trailing-stop"}))) is None


def test_past_trades_of_a_snapshot_say_nothing_of_their_orders(stream: KrakenStream) -> None:
    events = told(stream, executions(TRADE, kind="snapshot", number=1))
    assert [type(event) for event in events] == [FactTold]
    assert [type(event) for event in told(stream, executions(NEW, kind="snapshot", number=2))] == [
        OrderTold,
        BalancesStale,
    ]


def test_messages_that_are_missing_ask_for_the_history_and_late_ones_tell_facts_only(stream: KrakenStream) -> None:
    told(stream, executions(NEW, number=1))
    assert told(stream, executions(TRADE, number=3))[0] == LookAgain("messages_missed")
    late = told(stream, executions(TRADE | {"exec_id": "TLATE-AAAAA-AAAAAA"}, number=2))
    assert [type(event) for event in late] == [FactTold]
    assert LookAgain("messages_missed") not in told(stream, executions(TRADE, number=4))


@pytest.mark.parametrize(
    "broken", [{"symbol": "NEW/USD"}, {"last_qty": 0.5}, {"timestamp": 5}, {"side": "both"}, {"cost": None}]
)
def test_a_trade_that_cant_be_read_asks_for_the_history(stream: KrakenStream, broken: dict[str, Any]) -> None:
    assert any(isinstance(event, LookAgain) for event in told(stream, executions(TRADE | broken)))


def test_balances_are_asked_for_and_movements_looked_for(stream: KrakenStream) -> None:
    def changed(kind: str, what: str = "update") -> tuple[Any, ...]:
        return told(stream, {"channel": "balances", "type": what, "data": [{"asset": "BTC", "type": kind}]})

    assert changed("trade") == (BalancesStale(),)
    assert changed("deposit") == (BalancesStale(), LookAgain("movement"))
    assert changed("", "snapshot") == ()


def test_what_is_ccxts_own_business_and_what_is_nobodys(stream: KrakenStream) -> None:
    assert heard(stream, {"channel": "status", "type": "update", "data": []}) is None
    assert heard(stream, []) is None
    assert told(stream, {"channel": "heartbeat"}) == ()
    assert told(stream, {"channel": "executions", "type": "update"}) == (LookAgain("message_unreadable"),)


def test_it_subscribes_with_the_token_and_hears_the_acknowledgement() -> None:
    raw = Raw()
    stream = KrakenStream(connection("kraken", [], raw))
    asyncio.run(stream.subscribe())
    assert [request["params"]["channel"] for request in raw.sent] == ["executions", "balances"]
    assert {request["params"]["token"] for request in raw.sent} == {"token"}
    assert told(stream, {"method": "subscribe", "success": True, "result": {"channel": "balances"}}) == ()
    assert raw.resolved == ["nightdesk:balances"]
    (refused,) = told(stream, {"method": "subscribe", "success": False, "error": "ESession:Invalid session"})
    assert isinstance(refused, Refused)


def test_a_key_without_the_right_to_websockets_says_so() -> None:
    class PermissionDenied(Exception): ...

    with pytest.raises(StreamNotAllowed):
        asyncio.run(KrakenStream(connection("kraken", [], Raw(PermissionDenied()))).subscribe())
    with pytest.raises(OSError, match="away"):
        asyncio.run(KrakenStream(connection("kraken", [], Raw(OSError("away")))).subscribe())
