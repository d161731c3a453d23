"""Orders over REST.

Source: https://huobiapi.github.io/docs/spot/v1/en/#trading, 2026-11.
"""

from __future__ import annotations

import re
from typing import Any

from fargate.paper_exchange.engine.errors import UnknownOrder
from fargate.paper_exchange.engine.model import Instrument, Order, OrderRequest, OrderType, Side, TimeInForce
from fargate.paper_exchange.faces.htx import payloads
from fargate.paper_exchange.faces.htx.account_rest import require_own
from fargate.paper_exchange.faces.htx.call import Call
from fargate.paper_exchange.faces.htx.errors import HtxError, invalid

ORDERS_DEFAULT, ORDERS_MAX, ORDERS_DAYS = 100, 500, 180
_SCANNED = 5_000
_CLIENT_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_TYPES = {
    "limit": (OrderType.LIMIT, TimeInForce.GOOD_TILL_CANCELLED),
    "limit-maker": (OrderType.LIMIT_MAKER, TimeInForce.GOOD_TILL_CANCELLED),
    "ioc": (OrderType.LIMIT, TimeInForce.IMMEDIATE_OR_CANCEL),
    "limit-fok": (OrderType.LIMIT, TimeInForce.FILL_OR_KILL),
    "stop-limit": (OrderType.STOP_LOSS_LIMIT, TimeInForce.GOOD_TILL_CANCELLED),
    "market": (OrderType.MARKET, TimeInForce.GOOD_TILL_CANCELLED),
}
_CANCELLED_CODE = 10


def place(call: Call) -> Any:
    """`POST /v1/order/orders/place`: a market buy's amount is what it spends."""
    call.require_trading()
    require_own(call, call.text("account-id"))
    request = _request(call, call.symbol())
    order = call.exchange.trading.submit(call.account.account_id, request).order
    return {"status": "ok", "data": str(order.order_id)}


def _request(call: Call, row: Instrument) -> OrderRequest:
    side, _, name = call.text("type").partition("-")
    if side not in {"buy", "sell"} or name not in _TYPES:
        raise invalid("type")
    (kind, time_in_force), amount = _TYPES[name], call.amount("amount")
    client_id = call.text("client-order-id")
    if client_id and not _CLIENT_ID.fullmatch(client_id):
        raise invalid("client-order-id")
    if kind is OrderType.MARKET:
        spends = side == "buy"
        base, quote = (None, amount) if spends else (amount, None)
        return OrderRequest(row.symbol, Side(side), kind, base, quote_quantity=quote, client_order_id=client_id)
    price, stop_price = call.amount("price"), None
    if kind is OrderType.STOP_LOSS_LIMIT:
        kind, stop_price = _stop(call, Side(side)), call.amount("stop-price")
    return OrderRequest(row.symbol, Side(side), kind, amount, price, None, time_in_force, client_id, stop_price)


def _stop(call: Call, side: Side) -> OrderType:
    operator = call.text("operator")
    if operator not in payloads.OPERATORS:
        raise invalid("operator")
    loss = payloads.OPERATORS[operator] == (side is Side.BUY)
    return OrderType.STOP_LOSS_LIMIT if loss else OrderType.TAKE_PROFIT_LIMIT


def cancel(call: Call) -> Any:
    """`POST /v1/order/orders/{}/submitcancel`."""
    call.require_trading()
    order = _by_number(call, call.part)
    _cancel(call, order)
    return {"status": "ok", "data": str(order.order_id)}


def cancel_by_client_id(call: Call) -> Any:
    """`POST /v1/order/orders/submitCancelClientOrder`."""
    call.require_trading()
    _cancel(call, _by_client_id(call, call.text("client-order-id")))
    return {"status": "ok", "data": _CANCELLED_CODE}


def _cancel(call: Call, order: Order) -> None:
    try:
        call.exchange.trading.cancel(call.account.account_id, order)
    except UnknownOrder:
        raise HtxError("order-orderstate-error", "the order state is error") from None


def query(call: Call) -> Any:
    """`GET /v1/order/orders/{}`."""
    return {"status": "ok", "data": payloads.order(call.exchange, _by_number(call, call.part))}


def query_by_client_id(call: Call) -> Any:
    """`GET /v1/order/orders/getClientOrder`."""
    order = _by_client_id(call, call.text("clientOrderId"))
    return {"status": "ok", "data": payloads.order(call.exchange, order)}


def _by_number(call: Call, number: str) -> Order:
    if not number.isdecimal():
        raise invalid("order-id")
    return call.exchange.store.orders.by_number(call.account.account_id, int(number))


def _by_client_id(call: Call, client_id: str) -> Order:
    if not client_id:
        raise HtxError("validation-constraints-required", "Field is missing: client-order-id.")
    return call.exchange.store.orders.by_client_id(call.account.account_id, client_id)


def open_orders(call: Call) -> Any:
    """`GET /v1/order/openOrders`: newest first."""
    symbol = call.symbol().symbol if call.text("symbol") else None
    found = call.exchange.store.orders.open_orders(call.account.account_id, symbol)[::-1]
    page = found[: call.number("size", ORDERS_DEFAULT, most=ORDERS_MAX)]
    return {"status": "ok", "data": [payloads.order(call.exchange, row, prefix="filled") for row in page]}


def search(call: Call) -> Any:
    """`GET /v1/order/orders`: of a symbol, by states, in windows of 48 hours of the last 180 days."""
    symbol, states = call.symbol().symbol, set(call.text("states").split(","))
    if not call.text("states"):
        raise HtxError("validation-constraints-required", "Field is missing: states.")
    orders, window = call.exchange.store.orders, call.window(ORDERS_DAYS)
    found = orders.page(call.account.account_id, window, limit=_SCANNED, symbol=symbol)
    page = [row for row in found if payloads.state(row) in states]
    size = call.number("size", ORDERS_DEFAULT, most=ORDERS_MAX)
    return {"status": "ok", "data": [payloads.order(call.exchange, row) for row in page[:size]]}
