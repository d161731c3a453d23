"""When a stop begins to work: the last price reaches its stop price, from below or from above. Pure."""

from __future__ import annotations

from decimal import Decimal

from fargate.paper_exchange.engine.errors import WouldTrigger
from fargate.paper_exchange.engine.model import OrderRequest, OrderType, Side

_LOSS = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT})


def waits_for_a_rise(kind: OrderType, side: Side) -> bool:
    """Whether it starts at or above its stop price; the others start at or below.

    Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints, November 2025.
    """
    return (kind in _LOSS) == (side is Side.BUY)


def is_reached(kind: OrderType, side: Side, stop_price: Decimal, last_price: Decimal) -> bool:
    """Whether the last price starts it."""
    return last_price >= stop_price if waits_for_a_rise(kind, side) else last_price <= stop_price


def require_ahead(request: OrderRequest, last_price: Decimal) -> None:
    """Pass if the order is no stop, or one whose price is still ahead.

    Raises:
        WouldTrigger: The last price would start it at once.
    """
    if request.stop_price is not None and is_reached(request.type, request.side, request.stop_price, last_price):
        raise WouldTrigger(f"{last_price} has reached {request.stop_price} already.")
