"""Orders over REST.

Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints, November 2025.
"""

from __future__ import annotations

import re
from secrets import token_hex
from typing import Any

from fargate.paper_exchange.engine.errors import UnknownOrder
from fargate.paper_exchange.engine.model import Order, OrderRequest, OrderType, Side, TimeInForce
from fargate.paper_exchange.engine.trading import Executed
from fargate.paper_exchange.faces.binance import payloads
from fargate.paper_exchange.faces.binance.account_rest import check_window
from fargate.paper_exchange.faces.binance.call import Call
from fargate.paper_exchange.faces.binance.errors import BinanceError, bad_combination, illegal, key_refused, missing
from fargate.paper_exchange.faces.binance.symbols import digits

_CLIENT_ID = re.compile(r"[a-zA-Z0-9_.:/-]{1,36}")
_TYPES = {kind.value.upper(): kind for kind in OrderType}
_SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
_TIMES = {name: value for value, name in payloads.TIME_IN_FORCE.items()}


def create(call: Call) -> Any:
    """`POST /api/v3/order`."""
    request = _request(call)
    short, day = call.limiter.count_order(call.account.account_id)
    call.headers.update({"X-MBX-ORDER-COUNT-10S": str(short), "X-MBX-ORDER-COUNT-1D": str(day)})
    executed = call.exchange.trading.submit(call.account.account_id, request)
    return _created(executed, call.params.get("newOrderRespType", "FULL"))


def create_test(call: Call) -> Any:
    """`POST /api/v3/order/test`: checked, not accepted."""
    call.exchange.trading.submit(call.account.account_id, _request(call), test_only=True)
    return {}


def query(call: Call) -> Any:
    """`GET /api/v3/order`."""
    return payloads.order(_named(call))


def cancel(call: Call) -> Any:
    """`DELETE /api/v3/order`."""
    _require_trading(call)
    return _cancelled(call, _named_open(call))


def cancel_all(call: Call) -> Any:
    """`DELETE /api/v3/openOrders`."""
    _require_trading(call)
    orders = call.exchange.store.orders.open_orders(call.account.account_id, call.symbol())
    if not orders:
        raise BinanceError(-2011, "Unknown order sent.")
    return [_cancelled(call, order) for order in orders]


def open_orders(call: Call) -> Any:
    """`GET /api/v3/openOrders`."""
    symbol = call.symbol() if "symbol" in call.params else None
    return [payloads.order(row) for row in call.exchange.store.orders.open_orders(call.account.account_id, symbol)]


def all_orders(call: Call) -> Any:
    """`GET /api/v3/allOrders`: from an id on, in a window of a day, or the latest."""
    symbol, limit = call.symbol(), call.limit(default=500, most=1000)
    since_ms, until_ms, from_id = call.number("startTime"), call.number("endTime"), call.number("orderId")
    check_window(since_ms, until_ms)
    orders, account_id = call.exchange.store.orders, call.account.account_id
    if from_id is None and (since_ms is not None or until_ms is not None):
        window = (since_ms or 0, until_ms if until_ms is not None else call.now_ms())
        rows = orders.between(account_id, symbol, window, limit)
    else:
        rows = orders.of_account(account_id, symbol, from_id=from_id, limit=limit)
    return [payloads.order(row) for row in rows]


def _require_trading(call: Call) -> None:
    if not call.account.permissions.trade:
        raise key_refused()


def _request(call: Call) -> OrderRequest:
    _require_trading(call)
    symbol = call.symbol()
    side, kind = _SIDES.get(call.text("side")), _TYPES.get(call.text("type"))
    if side is None:
        raise BinanceError(-1117, "Invalid side.")
    if kind is None:
        raise BinanceError(-1116, "Invalid orderType.")
    quantity, price, quote_quantity = call.amount("quantity"), call.amount("price"), call.amount("quoteOrderQty")
    if kind is OrderType.MARKET:
        _check_market(call, quantity is not None, quote_quantity is not None)
    else:
        _check_parameters(call, kind)
    return OrderRequest(
        symbol, side, kind, quantity, price, quote_quantity, _time_in_force(call), _client_id(call),
        call.amount("stopPrice"),
    )  # fmt: skip


def _check_market(call: Call, by_quantity: bool, by_quote: bool) -> None:  # noqa: FBT001 - which of two were sent
    _refuse(call, "price", "timeInForce", "stopPrice")
    if by_quantity and by_quote:
        raise bad_combination()
    if not (by_quantity or by_quote):
        raise missing("quantity")


def _check_parameters(call: Call, kind: OrderType) -> None:
    """What a type must name, and what it may not."""
    call.text("quantity")
    _refuse(call, "quoteOrderQty")
    if kind.is_market:
        _refuse(call, "price", "timeInForce")
    else:
        call.text("price")
    if kind not in {OrderType.LIMIT_MAKER, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT}:
        call.text("timeInForce")
    if kind.is_stop:
        if "trailingDelta" in call.params:
            raise BinanceError(-2010, "Trailing stop orders are not supported for this symbol.")
        call.text("stopPrice")
    else:
        _refuse(call, "stopPrice", "trailingDelta")


def _refuse(call: Call, *names: str) -> None:
    for name in names:
        if name in call.params:
            raise BinanceError(-1106, f"Parameter '{name}' sent when not required.")


def _time_in_force(call: Call) -> TimeInForce:
    name = call.params.get("timeInForce", "GTC")
    if name not in _TIMES:
        raise BinanceError(-1115, "Invalid timeInForce.")
    return _TIMES[name]


def _client_id(call: Call) -> str:
    sent = call.params.get("newClientOrderId")
    if sent is not None and not _CLIENT_ID.fullmatch(sent):
        raise illegal("newClientOrderId")
    return sent or token_hex(11)


def _named(call: Call) -> Order:
    orders, symbol = call.exchange.store.orders, call.symbol()
    order_id, client_id = call.number("orderId"), call.params.get("origClientOrderId")
    if order_id is not None:
        return orders.by_id(call.account.account_id, symbol, order_id)
    if client_id:
        order = orders.by_client_id(call.account.account_id, client_id)
        if order.symbol == symbol:
            return order
        raise UnknownOrder("It is an order of another symbol.")
    raise BinanceError(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")


def _named_open(call: Call) -> Order:
    try:
        return _named(call)
    except UnknownOrder:
        raise BinanceError(-2011, "Unknown order sent.") from None


def _cancelled(call: Call, order: Order) -> dict[str, Any]:
    client_id = _client_id(call)
    try:
        cancelled = call.exchange.trading.cancel(call.account.account_id, order, client_order_id=client_id)
    except UnknownOrder:
        raise BinanceError(-2011, "Unknown order sent.") from None
    shown = payloads.order(cancelled)
    left_out = ("icebergQty", "time", "updateTime", "isWorking", "workingTime")
    for name in left_out if order.type.is_stop else ("stopPrice", *left_out):
        del shown[name]
    identity = {"origClientOrderId": order.client_order_id, "clientOrderId": client_id}
    return {**shown, **identity, "transactTime": cancelled.updated_at_ms}


def _created(executed: Executed, form: str) -> dict[str, Any]:
    order = payloads.order(executed.order)
    head = {name: order[name] for name in ("symbol", "orderId", "orderListId", "clientOrderId")}
    head["transactTime"] = executed.order.updated_at_ms
    if form == "ACK":
        return head
    names = ["price", "origQty", "executedQty", "origQuoteOrderQty", "cummulativeQuoteQty", "status", "timeInForce",
             "type", "side", "selfTradePreventionMode"]  # fmt: skip
    names += ["stopPrice"] if executed.order.type.is_stop else []
    names += [] if executed.order.is_waiting else ["workingTime"]
    result = {**head, **{name: order[name] for name in names}}
    if form == "RESULT":
        return result
    fills = [
        {
            "price": digits(fill.price),
            "qty": digits(fill.quantity),
            "commission": digits(fill.fee),
            "commissionAsset": fill.fee_asset,
            "tradeId": fill.trade_id,
        }
        for fill in executed.fills
    ]
    return {**result, "fills": fills}
