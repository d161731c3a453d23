"""Orders placed at the paper exchange through the gateway's own code and the unmodified ccxt client."""

from decimal import Decimal
from uuid import uuid4

import pytest

from nightdesk.kernel.errors import Conflict, InvalidInput, NotFound
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.orders import OrderType, Side
from nightdesk.orders.model import OrderScope, OrderState
from tests.builders.desk_orders import HELD, DeskOrders

pytestmark = pytest.mark.integration


def test_market_order_is_filled_and_told(rig: DeskOrders) -> None:
    order = rig.desk().submit(rig.request(Side.BUY, "0.0123456789"))
    assert (order.state, order.quantity, order.filled) == (OrderState.FILLED, Decimal("0.01234"), Decimal("0.01234"))
    assert order.residue == Decimal("0.0000056789")
    assert order.average_price
    assert order.venue_order_id
    assert rig.events()[-1] == "order.filled.v1"
    assert [step.state for step in rig.desk().steps(rig.tenant_id, order.order_id)] == ["intended", "sent", "filled"]


def test_same_intent_is_the_same_order(rig: DeskOrders) -> None:
    request = rig.request(Side.SELL, "0.5")
    first = rig.desk().submit(request)
    assert rig.desk().submit(request) == first
    assert rig.at_venue() == HELD - first.filled


def test_limit_order_rests_and_is_cancelled_once(rig: DeskOrders) -> None:
    desk = rig.desk()
    price = rig.last_price() * Decimal("0.7")
    order = desk.submit(rig.limit(price=f"{price}"))
    assert order.state is OrderState.OPEN
    assert desk.open_orders(rig.tenant_id) == (order,)
    cancelled = desk.cancel(rig.tenant_id, order.order_id, actor="user:1")
    assert cancelled.state is OrderState.CANCELLED
    assert desk.cancel(rig.tenant_id, order.order_id, actor="user:1") == cancelled
    assert desk.open_orders(rig.tenant_id) == ()


def test_a_stop_waits_at_the_venue_and_holds_back_what_it_sells(rig: DeskOrders) -> None:
    desk, price = rig.desk(), rig.last_price() * Decimal("0.7")
    stop = desk.submit(rig.request(Side.SELL, "10", type=OrderType.STOP_LOSS, stop_price=price, reduce_only=True))
    assert (stop.state, stop.filled, stop.quantity) == (OrderState.OPEN, Decimal(0), HELD)
    with pytest.raises(Conflict) as refused:
        desk.submit(rig.request(Side.SELL, "1", reduce_only=True))
    assert refused.value.code == "orders.nothing_to_reduce"
    assert desk.cancel(rig.tenant_id, stop.order_id, actor="user:1").state is OrderState.CANCELLED
    assert desk.submit(rig.request(Side.SELL, "0.1", reduce_only=True)).state is OrderState.FILLED


@pytest.mark.parametrize(
    ("kind", "side", "ratio"),
    [
        (OrderType.STOP_LOSS_LIMIT, Side.BUY, "1.3"),
        (OrderType.TAKE_PROFIT, Side.SELL, "1.3"),
        (OrderType.TAKE_PROFIT_LIMIT, Side.BUY, "0.7"),
    ],
)
def test_every_kind_of_stop_comes_back_as_it_was_placed(
    rig: DeskOrders, kind: OrderType, side: Side, ratio: str
) -> None:
    price = rig.last_price() * Decimal(ratio)
    stop = rig.desk().submit(rig.request(side, type=kind, stop_price=price, price=price if kind.has_price else None))
    (told,) = rig.accounts.gateway.open_orders(rig.ref)
    assert (told.type, told.side, told.stop_price, told.price) == (kind, side, stop.stop_price, stop.price)
    assert rig.desk().look_up(rig.tenant_id, stop.order_id) == stop


def test_a_stop_whose_price_is_reached_says_so(rig: DeskOrders) -> None:
    price = rig.last_price() * Decimal("1.1")
    order = rig.desk().submit(rig.request(Side.SELL, "0.1", type=OrderType.STOP_LOSS, stop_price=price))
    assert (order.state, order.code) == (OrderState.REJECTED, "orders.would_trigger")
    assert rig.at_venue() == HELD


def test_whole_scope_is_cancelled(rig: DeskOrders) -> None:
    desk = rig.desk()
    price = rig.last_price() * Decimal("0.7")
    for _ in range(3):
        desk.submit(rig.limit(price=f"{price}"))
    report = desk.cancel_all(rig.tenant_id, OrderScope(account_id=rig.account.account_id), actor="user:1")
    assert (len(report.cancelled), report.failed) == (3, {})
    assert rig.accounts.gateway.open_orders(rig.ref) == ()


def test_order_placed_elsewhere_is_adopted(rig: DeskOrders) -> None:
    desk = rig.desk()
    order = desk.submit(rig.limit(price=f"{rig.last_price() * Decimal('0.7')}"))
    rig.accounts.rows("DELETE FROM orders WHERE tenant_id = %s RETURNING order_id", rig.tenant_id)
    (adopted,) = desk.adopt(rig.ref)
    assert (adopted.adopted, adopted.state, adopted.quantity) == (True, OrderState.OPEN, order.quantity)
    assert desk.adopt(rig.ref) == ()
    assert desk.cancel(rig.tenant_id, adopted.order_id, actor="user:1").state is OrderState.CANCELLED


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        ("0.000001", "orders.quantity_too_small"),
        ("0.00002", "orders.notional_too_small"),
        ("1000000", "orders.quantity_too_large"),
    ],
)
def test_sizes_that_the_market_does_not_take_are_refused(rig: DeskOrders, quantity: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        rig.desk().submit(rig.request(Side.BUY, quantity))
    assert refused.value.code == code
    assert rig.desk().page(rig.tenant_id, OrderScope()) == ()


def test_venue_refusal_is_kept_with_its_reason(rig: DeskOrders) -> None:
    order = rig.desk().submit(rig.limit(quantity="100", price=f"{rig.last_price() * Decimal('0.7')}"))
    assert (order.state, order.code) == (OrderState.REJECTED, "orders.insufficient_balance")
    assert rig.events()[-1] == "order.rejected.v1"


def test_other_tenants_order_is_not_found(rig: DeskOrders) -> None:
    order = rig.desk().submit(rig.request())
    with pytest.raises(NotFound):
        rig.desk().get(TenantId(uuid4()), order.order_id)
