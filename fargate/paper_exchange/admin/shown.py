"""What the operator is shown of an account's orders and fills."""

from __future__ import annotations

from typing import Any

from fargate.paper_exchange.engine.model import Fill, Order
from nightdesk.kernel.money import format_amount


def order(row: Order) -> dict[str, Any]:
    """An order as it stands."""
    return {
        "order_id": row.order_id,
        "client_order_id": row.client_order_id,
        "symbol": row.symbol,
        "side": row.side.value,
        "type": row.type.value,
        "status": row.status.value,
        "quantity": format_amount(row.quantity),
        "filled": format_amount(row.filled),
        "filled_quote": format_amount(row.filled_quote),
        "created_at_ms": row.created_at_ms,
    }


def fill(row: Fill) -> dict[str, Any]:
    """An account's own trade."""
    return {
        "trade_id": row.trade_id,
        "order_id": row.order_id,
        "symbol": row.symbol,
        "side": row.side.value,
        "price": format_amount(row.price),
        "quantity": format_amount(row.quantity),
        "quote_quantity": format_amount(row.quote_quantity),
        "fee": format_amount(row.fee),
        "fee_asset": row.fee_asset,
        "at_ms": row.at_ms,
    }
