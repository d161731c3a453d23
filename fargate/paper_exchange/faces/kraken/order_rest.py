"""Orders over REST.

Source: https://docs.kraken.com/api/docs/category/rest-api/trading, 2026-11.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.errors import UnknownOrder
from fargate.paper_exchange.engine.model import Order, OrderRequest, OrderType, Side, TimeInForce
from fargate.paper_exchange.faces.kraken import payloads
from fargate.paper_exchange.faces.kraken.account_rest import PAGE, window
from fargate.paper_exchange.faces.kraken.call import Call
from fargate.paper_exchange.faces.kraken.errors import DENIED, UNKNOWN_ORDER, KrakenError, invalid
from fargate.paper_exchange.faces.kraken.limits import cancel_cost
from fargate.paper_exchange.faces.kraken.names import Pair, order_name, order_of
from fargate.paper_exchange.faces.kraken.payloads import USER_REFERENCE

_CLIENT_ID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[ -~]{1,18}")
_TYPES: dict[str, OrderType] = {
    kind.value.replace("_", "-"): kind for kind in OrderType if kind is not OrderType.LIMIT_MAKER
}
_TIMES = {"GTC": TimeInForce.GOOD_TILL_CANCELLED, "IOC": TimeInForce.IMMEDIATE_OR_CANCEL}
_CLOSED_SCANNED = 5_000
_QUERIED_MAX = 50


def add_order(call: Call) -> Any:
    """`POST /0/private/AddOrder`."""
    require_trading(call)
    pair = call.pair()
    request = _request(call, pair)
    account_id, trading = call.account.account_id, call.exchange.trading
    call.venue.limiter.count_order(account_id, pair.name)
    test_only = call.flag("validate")
    order = trading.submit(account_id, request, test_only=test_only, rules=pair.instrument).order
    told = {"descr": {"order": payloads.description(order)["order"]}}
    return told if test_only else {**told, "txid": [order_name(order.order_id)]}


def cancel_order(call: Call) -> Any:
    """`POST /0/private/CancelOrder`: by its name, its client's id or the user's reference."""
    require_trading(call)
    found = [order for order in _named(call) if order.status.is_open]
    if not found:
        raise KrakenError(UNKNOWN_ORDER)
    for order in found:
        cost = cancel_cost(call.now_ms() - order.created_at_ms)
        call.venue.limiter.count_order(order.account_id, call.pairs.name_of(order.symbol), cost)
        call.exchange.trading.cancel(order.account_id, order)
    return {"count": len(found)}


def cancel_all(call: Call) -> Any:
    """`POST /0/private/CancelAll`."""
    require_trading(call)
    orders = call.exchange.store.orders.open_orders(call.account.account_id)
    for order in orders:
        call.exchange.trading.cancel(order.account_id, order)
    return {"count": len(orders)}


def open_orders(call: Call) -> Any:
    """`POST /0/private/OpenOrders`."""
    orders = [row for row in call.exchange.store.orders.open_orders(call.account.account_id) if _wanted(call, row)]
    return {"open": _shown(call, orders)}


def closed_orders(call: Call) -> Any:
    """`POST /0/private/ClosedOrders`: newest first, 50 a page."""
    orders, offset = call.exchange.store.orders, call.number("ofs", 0)
    found = orders.page(call.account.account_id, window(call), limit=_CLOSED_SCANNED)
    closed = [row for row in found if not row.status.is_open and _wanted(call, row)]
    return {"closed": _shown(call, closed[offset : offset + PAGE]), "count": len(closed)}


def query_orders(call: Call) -> Any:
    """`POST /0/private/QueryOrders`: up to fifty by name, or by the client's id."""
    return _shown(call, _named(call))


def require_trading(call: Call) -> None:
    """Refuse keys that may not trade.

    Raises:
        KrakenError: This one may not.
    """
    if not call.account.permissions.trade:
        raise KrakenError(DENIED)


def _request(call: Call, pair: Pair) -> OrderRequest:
    kind, side = _TYPES.get(call.params.get("ordertype", "")), call.params.get("type")
    if kind is None:
        raise invalid("ordertype")
    if side not in {"buy", "sell"}:
        raise invalid("type")
    volume, flags = call.amount("volume"), set(call.params.get("oflags", "").split(","))
    time_in_force = _TIMES.get(call.params.get("timeinforce", "GTC").upper())
    if time_in_force is None:
        raise invalid("timeinforce")
    if volume < pair.instrument.lot:
        raise KrakenError("EOrder:Order minimum not met")
    if kind is OrderType.MARKET:
        return _market(call, pair, Side(side), (volume, "viqc" in flags))
    if kind.is_stop:
        return _stop(call, pair, OrderRequest(pair.symbol, Side(side), kind, volume, None, None, time_in_force))
    kind = OrderType.LIMIT_MAKER if "post" in flags else kind
    price, client_id = _price(call, pair), _client_id(call)
    return OrderRequest(pair.symbol, Side(side), kind, volume, price, None, time_in_force, client_id)


def _stop(call: Call, pair: Pair, asked: OrderRequest) -> OrderRequest:
    """`price` starts it; with `price2` it is a limit order then."""
    price = None if asked.type.is_market else _price(call, pair, "price2")
    return replace(asked, stop_price=_price(call, pair), price=price, client_order_id=_client_id(call))


def _market(call: Call, pair: Pair, side: Side, wanted: tuple[Decimal, bool]) -> OrderRequest:
    volume, in_quote = wanted
    base, quote = (None, volume) if in_quote else (volume, None)
    return OrderRequest(
        pair.symbol, side, OrderType.MARKET, base, quote_quantity=quote, client_order_id=_client_id(call)
    )


def _price(call: Call, pair: Pair, name: str = "price") -> Decimal:
    price = call.amount(name)
    if price % pair.instrument.tick:
        raise KrakenError(
            f"EOrder:Invalid price:{pair.alternative} price can only be specified up to {pair.price_decimals} decimals."
        )
    return price


def _client_id(call: Call) -> str:
    sent, reference = call.params.get("cl_ord_id", ""), call.params.get("userref", "")
    if sent and not _CLIENT_ID.fullmatch(sent):
        raise invalid("cl_ord_id")
    if reference and not reference.lstrip("-").isdecimal():
        raise invalid("userref")
    return sent or (f"{USER_REFERENCE}{reference}" if reference else "")


def _named(call: Call) -> list[Order]:
    """The orders that are asked for by name or client's id.

    Raises:
        KrakenError: None is named, or one of them is unknown.
    """
    orders, account_id = call.exchange.store.orders, call.account.account_id
    names = [name for name in call.params.get("txid", "").split(",") if name]
    client_id = _client_id(call)
    if len(names) > _QUERIED_MAX or not (names or client_id):
        raise invalid("txid")
    try:
        if client_id:
            return [orders.by_client_id(account_id, client_id)]
        return [orders.by_number(account_id, _number(name)) for name in names]
    except UnknownOrder:
        raise KrakenError(UNKNOWN_ORDER) from None


def _number(name: str) -> int:
    number = order_of(name)
    if number is None or number >= 1 << 62:
        raise UnknownOrder("That is no order's name.")
    return number


def _wanted(call: Call, order: Order) -> bool:
    client_id = _client_id(call)
    return not client_id or order.client_order_id == client_id


def _shown(call: Call, orders: list[Order]) -> dict[str, Any]:
    with_trades = call.flag("trades")
    return {
        order_name(row.order_id): payloads.order(call.exchange, call.pairs, row, with_trades=with_trades)
        for row in orders
    }
