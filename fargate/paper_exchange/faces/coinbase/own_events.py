"""The private channel `user`: orders as they change, no fills and no balances.

Source: https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels, 2026-11.
"""

from __future__ import annotations

from typing import Any

from fargate.paper_exchange.engine.events import Event, OrderChanged
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Order, OrderStatus, OrderType
from fargate.paper_exchange.faces.coinbase import payloads
from fargate.paper_exchange.faces.coinbase.names import instant, order_name, product_name
from nightdesk.kernel.money import add, format_amount

_KINDS = {"MARKET": "Market", "LIMIT": "Limit", "STOP_LIMIT": "Stop Limit"}
_POSITIONS: dict[str, list[Any]] = {"perpetual_futures_positions": [], "expiring_futures_positions": []}


def snapshot(exchange: Exchange, account_id: int) -> dict[str, Any]:
    """The open orders that a subscription begins with."""
    orders = exchange.store.orders.open_orders(account_id)
    return {"type": "snapshot", "orders": [_order(exchange, row) for row in orders], "positions": _POSITIONS}


def update(exchange: Exchange, event: Event) -> dict[str, Any] | None:
    """The event of an order that changed; nothing for balances."""
    if not isinstance(event, OrderChanged):
        return None
    return {"type": "update", "orders": [_order(exchange, event.order)]}


def _order(exchange: Exchange, row: Order) -> dict[str, Any]:
    fees, count = payloads.fees_of(exchange, row)
    after_fees = add(row.filled_quote, fees if row.side.value == "buy" else -fees)
    amounts = {
        "avg_price": payloads.average(row),
        "completion_percentage": payloads.completion(row),
        "cumulative_quantity": row.filled,
        "filled_value": row.filled_quote,
        "leaves_quantity": row.remaining if row.status.is_open else row.quantity - row.filled,
        "limit_price": row.price,
        "total_fees": fees,
        "total_value_after_fees": after_fees,
    }
    return {
        **{name: format_amount(amount) for name, amount in amounts.items()},
        "cancel_reason": "User requested cancel" if row.status is OrderStatus.CANCELLED else "",
        "client_order_id": row.client_order_id,
        "contract_expiry_type": "UNKNOWN_CONTRACT_EXPIRY_TYPE",
        "creation_time": instant(row.created_at_ms),
        "number_of_fills": str(count),
        "order_id": order_name(row.order_id),
        "order_side": row.side.value.upper(),
        "order_type": _KINDS[payloads.KINDS[row.type]],
        "post_only": str(row.type is OrderType.LIMIT_MAKER).lower(),
        "product_id": product_name(row.symbol),
        "product_type": "SPOT",
        "reject_reason": "",
        "status": payloads.STATUS[row.status],
        "stop_price": format_amount(row.stop_price) if row.type.is_stop else "",
        "time_in_force": payloads.TIME_IN_FORCE[row.time_in_force],
        "trigger_status": payloads.trigger_status(row),
    }
