"""What Coinbase's private channel says, message by message."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nightdesk.accounts.streaming import LookAgain, OrderTold
from nightdesk.adapters.exchange.private_stream import BalancesStale, Refused, Told
from nightdesk.adapters.exchange.venues import coinbase_stream
from nightdesk.adapters.exchange.venues.coinbase_stream import CoinbaseStream
from nightdesk.markets.orders import OrderType, TimeInForce, VenueOrderState
from tests.unit.exchange.streaming import Raw, connection, told

ROW: dict[str, Any] = {
    "order_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    "client_order_id": "nd-1",
    "cumulative_quantity": "0.25",
    "leaves_quantity": "0.75",
    "filled_value": "17225.125",
    "status": "OPEN",
    "product_id": "BTC-USD",
    "creation_time": "2026-04-07T14:29:55.123456Z",
    "order_side": "BUY",
    "order_type": "Limit",
    "limit_price": "68900.50",
    "number_of_fills": "1",
    "post_only": "true",
    "time_in_force": "IMMEDIATE_OR_CANCEL",
}


def user(*rows: Any, number: int | None = None, kind: str = "update") -> dict[str, Any]:
    return {"channel": "user", "sequence_num": number, "events": [{"type": kind, "orders": list(rows)}]}


@pytest.fixture
def raw() -> Raw:
    made = Raw()
    made.urls = {"api": {"ws": "wss://public"}}  # type: ignore[dict-item]
    return made


@pytest.fixture
def stream(raw: Raw) -> CoinbaseStream:
    return CoinbaseStream(connection("coinbase", [("BTC-USD", "BTC/USD")], raw))


def orders(found: tuple[Told, ...]) -> list[OrderTold]:
    return [each for each in found if isinstance(each, OrderTold)]


def test_an_order_that_is_filled_more_asks_for_the_history_once(stream: CoinbaseStream) -> None:
    first = told(stream, user(ROW))
    (one,) = orders(first)
    assert (one.order.state, one.order.type) == (VenueOrderState.PARTIALLY_FILLED, OrderType.LIMIT_MAKER)
    assert (one.order.quantity, one.order.filled, one.order.filled_quote) == (
        Decimal(1),
        Decimal("0.25"),
        Decimal("17225.125"),
    )
    assert (one.order.price, one.order.time_in_force) == (Decimal("68900.5"), TimeInForce.IMMEDIATE_OR_CANCEL)
    assert LookAgain("trade") in first
    assert LookAgain("trade") not in told(stream, user(ROW))
    assert LookAgain("trade") in told(stream, user(ROW | {"number_of_fills": "2", "status": "FILLED"}))


def test_what_was_there_before_asks_for_nothing(stream: CoinbaseStream) -> None:
    assert LookAgain("trade") not in told(stream, user(ROW, kind="snapshot"))
    assert BalancesStale() in told(stream, user(ROW))


def test_an_order_that_cannot_be_told_asks_for_the_history_all_the_same(stream: CoinbaseStream) -> None:
    assert orders(told(stream, user(ROW | {"order_type": "Bracket"}))) == []
    unknown = told(stream, user(ROW | {"product_id": "NEW-USD", "order_id": "2"}))
    assert orders(unknown) == []
    assert LookAgain("trade") in unknown


def test_a_number_that_is_passed_over_is_a_message_that_never_came(stream: CoinbaseStream) -> None:
    beat = {"channel": "heartbeats", "events": [{"heartbeat_counter": 1}]}
    assert told(stream, beat | {"sequence_num": 4}) == (BalancesStale(),)
    assert told(stream, beat | {"sequence_num": 5}) == (BalancesStale(),)
    assert told(stream, beat | {"sequence_num": 7}) == (LookAgain("messages_missed"), BalancesStale())
    assert told(stream, beat | {"sequence_num": 6}) == (BalancesStale(),)
    assert told(stream, beat | {"sequence_num": 8}) == (BalancesStale(),)


def test_subscriptions_end_the_wait_for_them(stream: CoinbaseStream, raw: Raw) -> None:
    assert (
        told(stream, {"channel": "subscriptions", "events": [{"subscriptions": {"user": [], "heartbeats": []}}]}) == ()
    )
    assert raw.resolved == ["nightdesk:user", "nightdesk:heartbeats"]


@pytest.mark.parametrize(
    ("said", "code"), [("authentication failure", "accounts.key_wrong"), ("slow down", "venue.unavailable")]
)
def test_a_refusal(stream: CoinbaseStream, said: str, code: str) -> None:
    (refused,) = told(stream, {"type": "error", "message": said})
    assert isinstance(refused, Refused)
    assert refused.error.code == code


def test_what_is_not_for_us_is_left(stream: CoinbaseStream) -> None:
    assert stream.hear([]) is None
    assert stream.hear({"channel": "ticker", "events": []}) is None
    assert told(stream, {"channel": "user"}) == (LookAgain("message_unreadable"),)


def test_fills_are_kept_in_mind_of_so_many_orders_only(stream: CoinbaseStream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coinbase_stream, "ORDERS_MAX", 1)
    told(stream, user(ROW, ROW | {"order_id": "2"}))
    assert LookAgain("trade") in told(stream, user(ROW))
