"""Coinbase's shapes of orders and fills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Fill, Order, OrderStatus, OrderType, TimeInForce
from fargate.paper_exchange.engine.stops import waits_for_a_rise
from fargate.paper_exchange.engine.store.history import FillPage
from fargate.paper_exchange.faces.coinbase.names import Products, instant, order_name, product_name
from nightdesk.kernel.money import ZERO, add, format_amount

STATUS = {
    OrderStatus.NEW: "OPEN",
    OrderStatus.PARTIALLY_FILLED: "OPEN",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELLED: "CANCELLED",
    OrderStatus.EXPIRED: "CANCELLED",
}
TIME_IN_FORCE = {
    TimeInForce.GOOD_TILL_CANCELLED: "GOOD_UNTIL_CANCELLED",
    TimeInForce.IMMEDIATE_OR_CANCEL: "IMMEDIATE_OR_CANCEL",
    TimeInForce.FILL_OR_KILL: "FILL_OR_KILL",
}
KINDS = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.LIMIT_MAKER: "LIMIT",
    OrderType.STOP_LOSS_LIMIT: "STOP_LIMIT",
    OrderType.TAKE_PROFIT_LIMIT: "STOP_LIMIT",
}
CONFIGURATIONS = {
    TimeInForce.GOOD_TILL_CANCELLED: "limit_limit_gtc",
    TimeInForce.IMMEDIATE_OR_CANCEL: "sor_limit_ioc",
    TimeInForce.FILL_OR_KILL: "limit_limit_fok",
}
STOP = "stop_limit_stop_limit_gtc"
DIRECTIONS = {"STOP_DIRECTION_STOP_UP": True, "STOP_DIRECTION_STOP_DOWN": False}
"""Whether the price has to rise."""

_FILLS_MAX = 1000


def fees_of(exchange: Exchange, order: Order) -> tuple[Decimal, int]:
    """What the order's fills cost in fees, and how many there are."""
    if not order.filled:
        return ZERO, 0
    asked = FillPage(_FILLS_MAX, symbol=order.symbol, order_id=order.order_id)
    fills = exchange.store.history.page(order.account_id, asked)
    return sum((fill.fee for fill in fills), ZERO), len(fills)


def configuration(order: Order) -> dict[str, Any]:
    """What was ordered."""
    if order.type is OrderType.MARKET:
        size = {"quote_size": order.quote_quantity} if order.quote_quantity else {"base_size": order.quantity}
        return {"market_market_ioc": {name: format_amount(amount) for name, amount in size.items()}}
    sizes = {"base_size": format_amount(order.quantity), "limit_price": format_amount(order.price)}
    if order.type.is_stop:
        rises = waits_for_a_rise(order.type, order.side)
        direction = next(name for name, is_rise in DIRECTIONS.items() if is_rise is rises)
        return {STOP: {**sizes, "stop_price": format_amount(order.stop_price), "stop_direction": direction}}
    name = CONFIGURATIONS[order.time_in_force]
    return {name: {**sizes, "post_only": order.type is OrderType.LIMIT_MAKER}}


def order(exchange: Exchange, row: Order) -> dict[str, Any]:
    """An order as `orders/historical` tells it."""
    fees, count = fees_of(exchange, row)
    after_fees = add(row.filled_quote, fees if row.side.value == "buy" else -fees)
    amounts = {
        "completion_percentage": completion(row),
        "filled_size": row.filled,
        "average_filled_price": average(row),
        "filled_value": row.filled_quote,
        "total_fees": fees,
        "total_value_after_fees": after_fees,
    }
    return {
        **_identity(row),
        **{name: format_amount(amount) for name, amount in amounts.items()},
        "number_of_fills": str(count),
        "last_fill_time": instant(row.updated_at_ms) if count else None,
    }


def _identity(row: Order) -> dict[str, Any]:
    return {
        "order_id": order_name(row.order_id),
        "product_id": product_name(row.symbol),
        "user_id": str(row.account_id),
        "order_configuration": configuration(row),
        "side": row.side.value.upper(),
        "client_order_id": row.client_order_id,
        "status": STATUS[row.status],
        "time_in_force": TIME_IN_FORCE[row.time_in_force],
        "created_time": instant(row.created_at_ms),
        "fee": "",
        "pending_cancel": False,
        "size_in_quote": bool(row.quote_quantity),
        "size_inclusive_of_fees": False,
        "trigger_status": trigger_status(row),
        "order_type": KINDS[row.type],
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "settled": not row.status.is_open,
        "product_type": "SPOT",
        "reject_message": "",
        "cancel_message": "User requested cancel" if row.status is OrderStatus.CANCELLED else "",
        "order_placement_source": "RETAIL_ADVANCED",
        "is_liquidation": False,
    }


def trigger_status(row: Order) -> str:
    """Whether a stop has begun."""
    if not row.type.is_stop:
        return "INVALID_ORDER_TYPE"
    return "STOP_PENDING" if row.is_waiting else "STOP_TRIGGERED"


def completion(row: Order) -> Decimal:
    """How much of it is filled, in percent."""
    return (row.filled / row.quantity * 100).quantize(Decimal("0.01")) if row.quantity else Decimal(100)


def average(row: Order) -> Decimal:
    """The average price of what was filled, to ten decimals; zero for nothing."""
    return (row.filled_quote / row.filled).quantize(Decimal("1e-10")) if row.filled else ZERO


def own_fill(products: Products, row: Fill) -> dict[str, Any]:
    """A fill as `orders/historical/fills` tells it."""
    name = products.trade_name(row.symbol, row.trade_id)
    return {
        "entry_id": name.replace("-", ""),
        "trade_id": name,
        "order_id": order_name(row.order_id),
        "trade_time": instant(row.at_ms),
        "trade_type": "FILL",
        "price": format_amount(row.price),
        "size": format_amount(row.quantity),
        "commission": format_amount(row.fee),
        "product_id": product_name(row.symbol),
        "sequence_timestamp": instant(row.at_ms),
        "liquidity_indicator": "MAKER" if row.is_maker else "TAKER",
        "size_in_quote": False,
        "user_id": str(row.account_id),
        "side": row.side.value.upper(),
    }
