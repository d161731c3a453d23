"""What HTX's private channels say, message by message."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nightdesk.accounts.streaming import BalancesTold, LookAgain, OrderTold
from nightdesk.adapters.exchange.private_stream import Refused, Told
from nightdesk.adapters.exchange.venues import htx_stream
from nightdesk.adapters.exchange.venues.htx_stream import HtxStream
from nightdesk.markets.orders import OrderType, VenueOrder, VenueOrderState
from tests.unit.exchange.streaming import Raw, connection, told

CREATED: dict[str, Any] = {
    "eventType": "creation",
    "symbol": "ethusdt",
    "orderId": 27163533,
    "clientOrderId": "nd-1",
    "type": "buy-limit",
    "orderPrice": "2000.1",
    "orderSize": "2",
    "orderStatus": "submitted",
    "orderCreateTime": 1583853365586,
}
FILLED: dict[str, Any] = CREATED | {
    "eventType": "trade",
    "orderStatus": "partial-filled",
    "execAmt": "0.5",
    "totalTradeAmount": "1000.05",
}
BALANCE: dict[str, Any] = {
    "currency": "eth",
    "accountId": 123,
    "balance": "10.00000001",
    "available": "9.5",
    "changeType": "order.match",
    "changeTime": 1568601800000,
}


class HtxRaw(Raw):
    """With what of ccxt's HTX is used besides."""

    def get_url_by_market_type(self, *_: object) -> str:
        return "wss://api.huobi.pro/ws/v2"


def push(channel: str, data: Any) -> dict[str, Any]:
    return {"action": "push", "ch": channel, "data": data}


@pytest.fixture
def raw() -> HtxRaw:
    return HtxRaw()


@pytest.fixture
def stream(raw: HtxRaw) -> HtxStream:
    made = HtxStream(connection("htx", [("ethusdt", "ETH/USDT")], raw))
    made._account = "123"
    return made


def order(found: tuple[Told, ...]) -> VenueOrder:
    (one,) = found
    assert isinstance(one, OrderTold)
    return one.order


def test_an_order_from_its_beginning_to_its_end(stream: HtxStream) -> None:
    new = order(told(stream, push("orders#*", CREATED)))
    assert (new.state, new.filled, new.price, new.client_order_id) == (
        VenueOrderState.OPEN,
        Decimal(0),
        Decimal("2000.1"),
        "nd-1",
    )
    filled = order(told(stream, push("orders#*", FILLED)))
    assert (filled.state, filled.filled, filled.filled_quote) == (
        VenueOrderState.PARTIALLY_FILLED,
        Decimal("0.5"),
        Decimal("1000.05"),
    )
    gone = CREATED | {"eventType": "cancellation", "orderStatus": "partial-canceled", "execAmt": "0.5"}
    cancelled = order(told(stream, push("orders#*", gone)))
    assert (cancelled.state, cancelled.filled_quote) == (VenueOrderState.CANCELLED, Decimal("1000.05"))


def test_what_was_filled_before_this_connection_is_not_told_by_halves(stream: HtxStream) -> None:
    gone = CREATED | {"eventType": "cancellation", "orderStatus": "partial-canceled", "execAmt": "0.5"}
    assert told(stream, push("orders#*", gone)) == ()


def test_orders_of_kinds_and_markets_that_cannot_be_told(stream: HtxStream) -> None:
    assert told(stream, push("orders#*", CREATED | {"type": "sell-stop-limit"})) == ()
    assert told(stream, push("orders#*", CREATED | {"symbol": "newusdt"})) == ()
    failed = {"eventType": "trigger", "symbol": "ethusdt", "orderStatus": "rejected", "errCode": 2002}
    assert told(stream, push("orders#*", failed)) == ()


def test_a_market_order_is_for_what_it_came_to(stream: HtxStream) -> None:
    bought = FILLED | {"type": "buy-market", "orderSize": None, "orderPrice": "0", "orderStatus": "filled"}
    one = order(told(stream, push("orders#*", bought)))
    assert (one.type, one.quantity, one.price) == (OrderType.MARKET, Decimal("0.5"), None)


def test_a_clearing_asks_for_the_history(stream: HtxStream) -> None:
    assert told(stream, push("trade.clearing#*#0", {"eventType": "trade"})) == (LookAgain("trade"),)
    assert told(stream, push("trade.clearing#*#0", {"eventType": "cancellation"})) == ()


def test_balances_are_told_whole_and_movements_ask_for_the_history(stream: HtxStream) -> None:
    (one,) = told(stream, push("accounts.update#2", BALANCE))
    assert isinstance(one, BalancesTold)
    (balance,) = one.balances
    assert (balance.free, balance.locked) == (Decimal("9.5"), Decimal("0.50000001"))
    assert one.version == 1568601800000
    assert told(stream, push("accounts.update#2", BALANCE | {"changeType": "deposit"}))[1:] == (LookAgain("movement"),)


@pytest.mark.parametrize("other", [{"accountId": 124}, {"changeTime": None}])
def test_other_accounts_and_what_it_begins_with_are_left_out(stream: HtxStream, other: dict[str, Any]) -> None:
    assert told(stream, push("accounts.update#2", BALANCE | other)) == ()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"action": "req", "ch": "auth", "code": 2002, "message": "auth.fail"}, "accounts.key_wrong"),
        ({"action": "req", "ch": "auth", "code": 2003, "message": "invalid timestamp"}, "venue.clock_skew"),
        ({"action": "sub", "ch": "orders#*", "code": 2001, "message": "invalid.ch"}, "venue.unavailable"),
    ],
)
def test_a_refusal(stream: HtxStream, message: dict[str, Any], code: str) -> None:
    (refused,) = told(stream, message)
    assert isinstance(refused, Refused)
    assert refused.error.code == code


def test_acknowledgements_and_what_is_ccxts_business(stream: HtxStream, raw: HtxRaw) -> None:
    assert told(stream, {"action": "sub", "code": 200, "ch": "orders#*", "data": {}}) == ()
    assert raw.resolved == ["nightdesk:orders#*"]
    ping: Any = {"action": "ping", "data": {"ts": 1}}
    signed: Any = {"action": "req", "code": 200, "ch": "auth", "data": {}}
    nothing: Any = []
    assert [stream.hear(each) for each in (nothing, ping, signed)] == [None] * 3
    assert told(stream, push("accounts.update#2", {"accountId": 123, "changeTime": 1})) == (
        LookAgain("message_unreadable"),
    )


def test_fills_are_kept_in_mind_of_so_many_orders_only(stream: HtxStream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(htx_stream, "ORDERS_MAX", 1)
    for number in (1, 2):
        told(stream, push("orders#*", FILLED | {"orderId": number}))
    gone = CREATED | {"orderId": 1, "eventType": "cancellation", "orderStatus": "partial-canceled", "execAmt": "0.5"}
    assert told(stream, push("orders#*", gone)) == ()
