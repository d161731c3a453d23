"""Kraken's shapes of orders and fills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Fill, Order, OrderStatus, OrderType, TransferKind
from fargate.paper_exchange.engine.store.history import FillPage
from fargate.paper_exchange.faces.kraken.names import Pairs, alternative_name, order_name
from fargate.paper_exchange.faces.numbers import number
from nightdesk.kernel.money import ZERO, format_amount

USER_REFERENCE = "userref:"
"""Marks a client order id that is one of Kraken's numbers, not one of its texts."""

FILLS_AN_ORDER_MAX = 1000
_STATUS = {
    OrderStatus.NEW: "open",
    OrderStatus.PARTIALLY_FILLED: "open",
    OrderStatus.FILLED: "closed",
    OrderStatus.CANCELLED: "canceled",
    OrderStatus.EXPIRED: "expired",
}


def seconds(at_ms: int) -> Any:
    """An instant as a JSON number of seconds."""
    return number(Decimal(at_ms) / 1000)


def order_type(order: Order) -> str:
    """`market`, `limit`, `stop-loss-limit` and their like."""
    kind = OrderType.LIMIT if order.type is OrderType.LIMIT_MAKER else order.type
    return kind.value.replace("_", "-")


def fills_of(exchange: Exchange, order: Order) -> list[Fill]:
    """The order's fills, oldest first."""
    if not order.filled:
        return []
    asked = FillPage(FILLS_AN_ORDER_MAX, symbol=order.symbol, order_id=order.order_id, newest_first=False)
    return exchange.store.history.page(order.account_id, asked)


def alternative_of(symbol: str) -> str:
    """`XBTUSD` for BTC/USD."""
    base, _, quote = symbol.partition("/")
    return alternative_name(base) + alternative_name(quote)


def description(order: Order) -> dict[str, Any]:
    """What was ordered, in words too."""
    pair, kind, price = alternative_of(order.symbol), order_type(order), format_amount(order.price)
    at = f" @ limit {price}" if order.price else " @ market"
    beyond = "0"
    if order.type.is_stop:
        price, beyond = format_amount(order.stop_price), price
        at = f" @ {kind.removesuffix('-limit').replace('-', ' ')} {price}"
    return {
        "pair": pair,
        "type": order.side.value,
        "ordertype": kind,
        "price": price,
        "price2": beyond,
        "leverage": "none",
        "order": f"{order.side.value} {order.quantity:.8f} {pair}{at}",
        "close": "",
    }


def order(exchange: Exchange, pairs: Pairs, row: Order, *, with_trades: bool = False) -> dict[str, Any]:
    """An order as `OpenOrders`, `ClosedOrders` and `QueryOrders` tell it."""
    fills = fills_of(exchange, row)
    reference, client_id = 0, row.client_order_id
    if client_id.startswith(USER_REFERENCE):
        reference, client_id = int(client_id.removeprefix(USER_REFERENCE)), ""
    shown = {
        "refid": None,
        "userref": reference,
        **({"cl_ord_id": client_id} if client_id else {}),
        "status": _STATUS[row.status],
        "opentm": seconds(row.created_at_ms),
        "starttm": 0,
        "expiretm": 0,
        "descr": description(row),
        "vol": f"{row.quantity:.8f}",
        "vol_exec": f"{row.filled:.8f}",
        "cost": format_amount(row.filled_quote),
        "fee": format_amount(sum((fill.fee for fill in fills), ZERO)),
        "price": format_amount(average(row)),
        "stopprice": "0.00000",
        "limitprice": "0.00000",
        "misc": "",
        "oflags": "post,fciq" if row.type is OrderType.LIMIT_MAKER else "fciq",
    }
    if with_trades:
        shown["trades"] = [pairs.trade_name(fill.symbol, fill.trade_id) for fill in fills]
    if not row.status.is_open:
        reason = "User requested" if row.status is OrderStatus.CANCELLED else None
        shown |= {"closetm": seconds(row.updated_at_ms), "reason": reason}
    return shown


def average(row: Order) -> Decimal:
    """The average price of what was filled, to ten decimals; zero for nothing."""
    return (row.filled_quote / row.filled).quantize(Decimal("1e-10")) if row.filled else ZERO


def own_trade(pairs: Pairs, fill: Fill, kind: str) -> dict[str, Any]:
    """A fill as `TradesHistory` and `QueryTrades` tell it."""
    return {
        "ordertxid": order_name(fill.order_id),
        "postxid": pairs.trade_name(fill.symbol, fill.trade_id),
        "pair": pairs.name_of(fill.symbol),
        "time": seconds(fill.at_ms),
        "type": fill.side.value,
        "ordertype": kind,
        "price": format_amount(fill.price),
        "cost": format_amount(fill.quote_quantity),
        "fee": format_amount(fill.fee),
        "vol": format_amount(fill.quantity),
        "margin": "0.00000",
        "leverage": "0",
        "misc": "",
        "trade_id": fill.trade_id,
        "maker": fill.is_maker,
    }


MOVES = {TransferKind.DEPOSIT: "deposit", TransferKind.WITHDRAWAL: "withdrawals"}
