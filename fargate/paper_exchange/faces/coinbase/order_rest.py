"""Orders over REST.

Source: https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/orders, 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.errors import EngineError, UnknownOrder
from fargate.paper_exchange.engine.model import Instrument, Order, OrderRequest, OrderType, Side
from fargate.paper_exchange.engine.store.history import FOREVER_MS
from fargate.paper_exchange.faces.coinbase import payloads
from fargate.paper_exchange.faces.coinbase.call import Call
from fargate.paper_exchange.faces.coinbase.errors import invalid, rejection, unknown_order
from fargate.paper_exchange.faces.coinbase.names import order_name, order_of, product_name, symbol_name
from fargate.paper_exchange.faces.coinbase.payloads import STOP
from fargate.paper_exchange.faces.numbers import positive

ORDERS_DEFAULT, ORDERS_MAX = 100, 1000
CANCELLED_MAX = 100
_SCANNED = 5_000
_TIMES = {name: time for time, name in payloads.CONFIGURATIONS.items()}
_CLIENT_ID_MAX = 128


def create(call: Call) -> Any:
    """`POST /api/v3/brokerage/orders`: a client's id that was used before returns that order."""
    call.require_trading()
    configuration, known = call.body.get("order_configuration"), _known(call)
    if known is not None:
        return _created(known)
    row = call.product(str(call.body.get("product_id", "")))
    request = _request(call, row, configuration)
    try:
        executed = call.exchange.trading.submit(call.account.account_id, request, rules=row)
    except EngineError as error:
        return {"success": False, "error_response": rejection(error), "order_configuration": configuration}
    return _created(executed.order)


def _known(call: Call) -> Order | None:
    client_id = call.body.get("client_order_id")
    if not isinstance(client_id, str) or not 0 < len(client_id) <= _CLIENT_ID_MAX:
        raise invalid("client_order_id is required")
    try:
        return call.exchange.store.orders.by_client_id(call.account.account_id, client_id)
    except UnknownOrder:
        return None


def _created(order: Order) -> dict[str, Any]:
    told = {
        "order_id": order_name(order.order_id),
        "product_id": product_name(order.symbol),
        "side": order.side.value.upper(),
        "client_order_id": order.client_order_id,
    }
    return {"success": True, "success_response": told, "order_configuration": payloads.configuration(order)}


def _request(call: Call, row: Instrument, configuration: Any) -> OrderRequest:
    side, client_id = str(call.body.get("side", "")), str(call.body["client_order_id"])
    if side not in {"BUY", "SELL"}:
        raise invalid("side is required")
    if not isinstance(configuration, dict) or len(configuration) != 1:
        raise invalid("order_configuration is required")
    name, asked = next(iter(configuration.items()))
    if name == "market_market_ioc":
        sizes = _market_sizes(asked)
        return OrderRequest(
            row.symbol, Side(side.lower()), OrderType.MARKET, sizes[0], quote_quantity=sizes[1],
            client_order_id=client_id,
        )  # fmt: skip
    if name == STOP:
        return _stop(row, Side(side.lower()), client_id, asked)
    if name not in _TIMES:
        raise invalid(f"order_configuration {name} is not supported")
    kind = OrderType.LIMIT_MAKER if asked.get("post_only") is True else OrderType.LIMIT
    size, price = _amount(asked, "base_size"), _amount(asked, "limit_price")
    return OrderRequest(row.symbol, Side(side.lower()), kind, size, price, None, _TIMES[name], client_id)


def _stop(row: Instrument, side: Side, client_id: str, asked: Mapping[str, Any]) -> OrderRequest:
    direction = asked.get("stop_direction")
    if direction not in payloads.DIRECTIONS:
        raise invalid("stop_direction is required")
    rises = payloads.DIRECTIONS[direction]
    kind = OrderType.STOP_LOSS_LIMIT if rises == (side is Side.BUY) else OrderType.TAKE_PROFIT_LIMIT
    return OrderRequest(
        row.symbol,
        side,
        kind,
        _amount(asked, "base_size"),
        _amount(asked, "limit_price"),
        client_order_id=client_id,
        stop_price=_amount(asked, "stop_price"),
    )


def _market_sizes(asked: Mapping[str, Any]) -> tuple[Decimal | None, Decimal | None]:
    if "quote_size" in asked:
        return None, _amount(asked, "quote_size")
    return _amount(asked, "base_size"), None


def _amount(asked: Mapping[str, Any], name: str) -> Decimal:
    amount = positive(asked.get(name))
    if amount is None:
        raise invalid(f"{name} must be a positive number")
    return amount


def cancel(call: Call) -> Any:
    """`POST /api/v3/brokerage/orders/batch_cancel`: each by itself."""
    call.require_trading()
    names = call.body.get("order_ids")
    if not isinstance(names, list) or not 0 < len(names) <= CANCELLED_MAX:
        raise invalid("order_ids is required")
    return {"results": [_cancelled(call, str(name)) for name in names]}


def _cancelled(call: Call, name: str) -> dict[str, Any]:
    try:
        call.exchange.trading.cancel(call.account.account_id, _named(call, name))
    except UnknownOrder:
        return {"success": False, "failure_reason": "UNKNOWN_CANCEL_ORDER", "order_id": name}
    return {"success": True, "failure_reason": "UNKNOWN_CANCEL_FAILURE_REASON", "order_id": name}


def _named(call: Call, name: str) -> Order:
    number = order_of(name)
    if number is None:
        raise UnknownOrder("That is no order's UUID.")
    return call.exchange.store.orders.by_number(call.account.account_id, number)


def historical(call: Call) -> Any:
    """`GET /api/v3/brokerage/orders/historical/{}`."""
    try:
        return {"order": payloads.order(call.exchange, _named(call, call.part))}
    except UnknownOrder:
        raise unknown_order() from None


def batch(call: Call) -> Any:
    """`GET /api/v3/brokerage/orders/historical/batch`: newest first, in pages."""
    limit, offset = min(call.number("limit", ORDERS_DEFAULT), ORDERS_MAX), call.number("cursor", 0)
    window = (call.instant("start_date") or 0, call.instant("end_date") or FOREVER_MS)
    product = call.text("product_id") or call.text("product_ids")
    symbol = symbol_name(product) if product else None
    statuses = set(call.params.get("order_status", ()))
    found = call.exchange.store.orders.page(call.account.account_id, window, limit=_SCANNED, symbol=symbol)
    rows = [row for row in found if not statuses or payloads.STATUS[row.status] in statuses]
    page, more = rows[offset : offset + limit], len(rows) > offset + limit
    shown = [payloads.order(call.exchange, row) for row in page]
    return {"orders": shown, "sequence": "0", "has_next": more, "cursor": str(offset + limit) if more else ""}
