"""What goes wrong between an intent and its fill at a real venue's face: a stated outcome, and never a second order."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nightdesk.kernel.errors import Conflict
from nightdesk.markets.orders import OrderType, Side, TimeInForce
from nightdesk.orders.halting import HaltWish
from nightdesk.orders.model import Order, OrderState
from nightdesk.orders.sweeping import SILENT_AFTER
from tests.builders.desk_orders import HELD, DeskOrders

pytestmark = pytest.mark.integration


def fault(rig: DeskOrders, kind: str, **more: object) -> None:
    rig.accounts.paper.admin("POST", "/faults", {"kind": kind, **more})


def no_faults(rig: DeskOrders) -> None:
    rig.accounts.paper.admin("DELETE", "/faults")


@pytest.mark.parametrize("kind", ["order_unknown", "order_cut"])
def test_lost_answer_is_looked_up_and_the_order_never_sent_again(rig: DeskOrders, kind: str) -> None:
    fault(rig, kind, count=1)
    order = rig.desk().submit(rig.request(Side.SELL, "0.02"))
    assert (order.state, order.filled) == (OrderState.FILLED, Decimal("0.02"))
    assert rig.at_venue() == HELD - Decimal("0.02")
    states = [step.state for step in rig.desk().steps(rig.tenant_id, order.order_id)]
    assert states == ["intended", "sent", "unknown", "filled"]


def test_order_that_never_arrived_is_proven_absent_after_the_stated_time(rig: DeskOrders) -> None:
    fault(rig, "order_lost", count=1)
    order = rig.desk().submit(rig.request(Side.SELL, "0.02"))
    assert order.state is OrderState.UNKNOWN
    rig.shift(timedelta(seconds=110))
    assert rig.sweeper().sweep().waiting == 1
    rig.shift(timedelta(seconds=130))
    rig.sweeper().sweep()
    gone = rig.desk().get(rig.tenant_id, order.order_id)
    assert (gone.state, gone.code) == (OrderState.REJECTED, "orders.never_arrived")
    assert rig.at_venue() == HELD


def test_refused_order_says_why(rig: DeskOrders) -> None:
    fault(rig, "order_rejected", count=1)
    order = rig.desk().submit(rig.request(Side.SELL, "0.02"))
    assert (order.state, order.code) == (OrderState.REJECTED, "orders.market_closed")


def test_venue_that_is_down_is_unknown_and_found_when_it_is_back(rig: DeskOrders) -> None:
    rig.accounts.gateway.market_rules(rig.request().instrument, rig.request().correlation_id)
    fault(rig, "rest_down")
    order = rig.desk().submit(rig.request(Side.SELL, "0.02"))
    assert order.state is OrderState.UNKNOWN
    no_faults(rig)
    rig.shift(timedelta(seconds=130))
    rig.sweeper().sweep()
    assert rig.desk().get(rig.tenant_id, order.order_id).code == "orders.never_arrived"
    assert rig.at_venue() == HELD


def test_closed_port_is_certainly_not_sent(rig: DeskOrders) -> None:
    rig.accounts.gateway.market_rules(rig.request().instrument, rig.request().correlation_id)
    fault(rig, "refuse")
    order = rig.desk().submit(rig.request(Side.SELL, "0.02"))
    no_faults(rig)
    assert order.state in {OrderState.REJECTED, OrderState.UNKNOWN}
    assert rig.at_venue() == HELD


def test_venue_that_tells_to_wait_leaves_the_intent(rig: DeskOrders) -> None:
    rig.accounts.gateway.market_rules(rig.request().instrument, rig.request().correlation_id)
    fault(rig, "rate_limited", count=1, retry_after_s=1)
    request = rig.request(Side.SELL, "0.02", send_within=timedelta(minutes=10))
    order = rig.desk().submit(request)
    assert (order.state, order.code) == (OrderState.INTENDED, "venue.rate_limited")
    assert rig.at_venue() == HELD


def test_frozen_book_fills_nothing_and_says_so(rig: DeskOrders) -> None:
    fault(rig, "book_frozen")
    market = rig.desk().submit(rig.request(Side.SELL, "0.02"))
    assert (market.state, market.code, market.filled) == (OrderState.CANCELLED, "orders.expired", Decimal(0))
    price = rig.last_price()
    limit = rig.limit(Side.SELL, "0.02", price=f"{price}", time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL)
    assert rig.desk().submit(limit).code == "orders.expired"
    no_faults(rig)
    assert rig.at_venue() == HELD


def test_partial_fill_that_expires_keeps_what_was_filled(rig: DeskOrders) -> None:
    order = rig.desk().submit(rig.request(Side.SELL, "10", type=OrderType.MARKET))
    assert order.state in {OrderState.FILLED, OrderState.CANCELLED}
    assert rig.at_venue() == HELD - order.filled


def test_key_that_may_not_trade_says_so(rig: DeskOrders) -> None:
    rig.accounts.paper.admin("POST", f"/accounts/{rig.key}/permissions", {"read": True, "trade": False})
    order = rig.desk().submit(rig.request(Side.SELL, "0.02"))
    assert (order.state, order.code) == (OrderState.REJECTED, "orders.key_may_not_trade")


def test_two_who_sell_the_same_position_sell_it_once(rig: DeskOrders) -> None:
    first = rig.desk().submit(rig.request(Side.SELL, "0.3", reduce_only=True))
    assert first.state is OrderState.FILLED
    second = rig.desk().submit(rig.request(Side.SELL, "10", reduce_only=True))
    assert second.quantity == HELD - Decimal("0.3")
    assert rig.at_venue() == HELD - first.filled - second.filled
    if second.state is OrderState.FILLED:  # a thin book may leave something of it to a third
        with pytest.raises(Conflict) as refused:
            rig.desk().submit(rig.request(Side.SELL, "10", reduce_only=True))
        assert refused.value.code == "orders.nothing_to_reduce"
    else:
        third = rig.desk().submit(rig.request(Side.SELL, "10", reduce_only=True))
        assert third.quantity == second.quantity - second.filled


def test_halt_in_the_middle_of_a_run(rig: DeskOrders) -> None:
    done = [rig.desk().submit(rig.request(Side.SELL, "0.02")) for _ in range(2)]
    assert [order.state for order in done] == [OrderState.FILLED] * 2, done
    assert _engage(rig) == []
    for _ in range(2):
        with pytest.raises(Conflict) as refused:
            rig.desk().submit(rig.request(Side.SELL, "0.02"))
        assert refused.value.code == "orders.halted"
    assert rig.at_venue() == HELD - Decimal("0.04")
    assert "trading.halted.v1" in rig.events()


def test_a_halt_cancels_stops_that_wait(rig: DeskOrders) -> None:
    price = rig.last_price() * Decimal("0.7")
    stop = rig.desk().submit(rig.request(Side.SELL, "1", type=OrderType.STOP_LOSS, stop_price=price))
    (cancelled,) = _engage(rig, cancel_orders=True)
    assert (cancelled.order_id, cancelled.state) == (stop.order_id, OrderState.CANCELLED)
    assert rig.accounts.gateway.open_orders(rig.ref) == ()


def test_platform_halt_stops_everybody_and_its_sweeper_cancels(rig: DeskOrders) -> None:
    order = rig.desk().submit(rig.limit(price=f"{rig.last_price() * Decimal('0.7')}"))
    assert rig.platform().engage(reason="drill", cancel_orders=True)
    try:
        assert rig.sweeper().enforce_halts() >= 1
        assert rig.desk().get(rig.tenant_id, order.order_id).state is OrderState.CANCELLED
        with pytest.raises(Conflict) as refused:
            rig.desk().submit(rig.request())
        assert refused.value.code == "orders.halted"
    finally:
        assert rig.platform().release()
    assert rig.desk().submit(rig.request()).state is OrderState.FILLED


def test_sweep_leaves_alone_what_somebody_is_at(rig: DeskOrders) -> None:
    fault(rig, "order_lost", count=1)
    rig.desk().submit(rig.request(Side.SELL, "0.02"))
    assert rig.sweeper().sweep().waiting == 0
    rig.shift(2 * SILENT_AFTER)
    assert rig.sweeper().sweep().waiting == 1


def _engage(rig: DeskOrders, *, cancel_orders: bool = False) -> list[Order]:
    wish = HaltWish(
        reason="drill", engaged_by="test", cancel_orders=cancel_orders, correlation_id=rig.ref.correlation_id
    )
    return list(rig.switch().engage(rig.tenant_id, wish).cancelled.cancelled)
