"""An order as a row, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from nightdesk.kernel.assets import parse_instrument
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.markets.orders import OrderType, Side, TimeInForce
from nightdesk.orders.model import Order, OrderId, OrderState

COLUMNS: Final = (
    "tenant_id, order_id, account_id, intent_key, client_order_id, venue_order_id, instrument, side, type, wanted,"
    " quantity, price, stop_price, time_in_force, reduce_only, under_halt, adopted, reason, correlation_id, state,"
    " code, message, filled, filled_quote, created_at, send_before, sent_at, updated_at, filled_at, looked_at,"
    " cancel_wanted_at"
)


def row_of(order: Order) -> tuple[object, ...]:
    """The order's values in the order of `COLUMNS`."""
    return (
        order.tenant_id,
        order.order_id,
        order.account_id,
        order.intent_key,
        order.client_order_id,
        order.venue_order_id,
        str(order.instrument),
        order.side.value,
        order.type.value,
        order.wanted,
        order.quantity,
        order.price,
        order.stop_price,
        order.time_in_force.value,
        order.reduce_only,
        order.under_halt,
        order.adopted,
        order.reason,
        order.correlation_id,
        order.state.value,
        order.code,
        order.message,
        order.filled,
        order.filled_quote,
        order.created_at,
        order.send_before,
        order.sent_at,
        order.updated_at,
        order.filled_at,
        order.looked_at,
        order.cancel_wanted_at,
    )


def order_of(row: Sequence[Any]) -> Order:
    """The order that a row of `COLUMNS` is."""
    return Order(
        tenant_id=TenantId(row[0]),
        order_id=OrderId(row[1]),
        account_id=AccountId(row[2]),
        intent_key=row[3],
        client_order_id=row[4],
        venue_order_id=row[5],
        instrument=parse_instrument(row[6]),
        side=Side(row[7]),
        type=OrderType(row[8]),
        wanted=row[9],
        quantity=row[10],
        price=row[11],
        stop_price=row[12],
        time_in_force=TimeInForce(row[13]),
        reduce_only=row[14],
        under_halt=row[15],
        adopted=row[16],
        reason=row[17],
        correlation_id=CorrelationId(row[18]),
        state=OrderState(row[19]),
        code=row[20],
        message=row[21],
        filled=row[22],
        filled_quote=row[23],
        created_at=row[24],
        send_before=row[25],
        sent_at=row[26],
        updated_at=row[27],
        filled_at=row[28],
        looked_at=row[29],
        cancel_wanted_at=row[30],
    )
