"""Orders over REST.

Source: https://docs.bitfinex.com/reference/rest-auth-submit-order (…/rest-auth-cancel-order), 2026-11.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.errors import UnknownOrder
from fargate.paper_exchange.engine.model import Instrument, Order, OrderRequest, OrderType, Side, TimeInForce
from fargate.paper_exchange.faces.bitfinex import payloads
from fargate.paper_exchange.faces.bitfinex.call import Call
from fargate.paper_exchange.faces.bitfinex.errors import GENERIC, BitfinexError, invalid
from fargate.paper_exchange.faces.bitfinex.names import cut
from fargate.paper_exchange.faces.numbers import positive
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import format_amount

ORDERS_DEFAULT, ORDERS_MAX = 25, 2500
_SCANNED = 5_000
_CID_MAX = 1 << 45
_TYPES = {
    "EXCHANGE LIMIT": (OrderType.LIMIT, TimeInForce.GOOD_TILL_CANCELLED),
    "EXCHANGE IOC": (OrderType.LIMIT, TimeInForce.IMMEDIATE_OR_CANCEL),
    "EXCHANGE FOK": (OrderType.LIMIT, TimeInForce.FILL_OR_KILL),
    "EXCHANGE MARKET": (OrderType.MARKET, TimeInForce.GOOD_TILL_CANCELLED),
    "EXCHANGE STOP": (OrderType.STOP_LOSS, TimeInForce.GOOD_TILL_CANCELLED),
    "EXCHANGE STOP LIMIT": (OrderType.STOP_LOSS_LIMIT, TimeInForce.GOOD_TILL_CANCELLED),
}


def submit(call: Call) -> Any:
    """`POST /v2/auth/w/order/submit`."""
    call.require_trading()
    row = call.pair(str(call.params.get("symbol", "")))
    order = call.exchange.trading.submit(call.account.account_id, _request(call, row), rules=row).order
    amount = format_amount(order.quantity if order.side is Side.BUY else -order.quantity)
    text = f"Submitting {payloads.order_type(order).lower()} {order.side.value} order for {amount} {row.base}."
    return [call.now_ms(), "on-req", None, None, [payloads.order(order)], None, "SUCCESS", text]


def _request(call: Call, row: Instrument) -> OrderRequest:
    kind, time_in_force = _TYPES.get(str(call.params.get("type", "")), (None, TimeInForce.GOOD_TILL_CANCELLED))
    if kind is None:
        raise invalid("type")
    signed = str(call.params.get("amount", ""))
    amount = positive(signed.removeprefix("-"))
    if amount is None:
        raise BitfinexError(GENERIC, "amount: invalid")
    if amount < call.pairs.lots[row.symbol]:
        least = format_amount(call.pairs.lots[row.symbol])
        raise BitfinexError(GENERIC, f"Invalid order: minimum size for {row.symbol} is {least}")
    side = Side.SELL if signed.startswith("-") else Side.BUY
    stop = _price(call, "price") if kind.is_stop else None
    price = None if kind.is_market else _price(call, "price_aux_limit" if kind.is_stop else "price")
    if kind is OrderType.LIMIT and call.number("flags", 0) & payloads.POST_ONLY:
        kind = OrderType.LIMIT_MAKER
    return OrderRequest(row.symbol, side, kind, amount, price, None, time_in_force, _client_id(call), stop)


def _price(call: Call, name: str) -> Decimal:
    price = positive(call.params.get(name))
    if price is None:
        raise BitfinexError(GENERIC, f"{name}: invalid")
    return cut(price)


def _client_id(call: Call) -> str:
    number = call.number("cid", 0)
    if not 0 <= number < _CID_MAX:
        raise invalid("cid")
    return str(number) if number else ""


def cancel(call: Call) -> Any:
    """`POST /v2/auth/w/order/cancel`: by id, or by the client's id and its day."""
    call.require_trading()
    order = call.exchange.trading.cancel(call.account.account_id, _named(call))
    text = f"Submitted for cancellation; waiting for confirmation (ID: {order.order_id})."
    return [call.now_ms(), "oc-req", None, None, payloads.order(order), None, "SUCCESS", text]


def _named(call: Call) -> Order:
    orders, account_id = call.exchange.store.orders, call.account.account_id
    if "id" in call.params:
        return orders.by_number(account_id, call.number("id", 0))
    order = orders.by_client_id(account_id, _client_id(call))
    try:
        day = date.fromisoformat(str(call.params.get("cid_date", "")))
    except ValueError:
        raise invalid("cid_date") from None
    if from_ms(order.created_at_ms).date() != day:
        raise UnknownOrder("It is of another day.")
    return order


def cancel_many(call: Call) -> Any:
    """`POST /v2/auth/w/order/cancel/multi`: those that are named and open, or all."""
    call.require_trading()
    wanted = set(call.params.get("id", ()))
    found = call.exchange.store.orders.open_orders(call.account.account_id)
    named = [row for row in found if call.params.get("all") == 1 or row.order_id in wanted]
    gone = [call.exchange.trading.cancel(row.account_id, row) for row in named]
    shown = [payloads.order(row) for row in gone]
    return [call.now_ms(), "oc_multi-req", None, None, shown, None, "SUCCESS", f"Submitting {len(gone)} cancellations."]


def active(call: Call) -> Any:
    """`POST /v2/auth/r/orders` and `…/orders/{}`: open ones only."""
    pair = call.part_pair()
    found = call.exchange.store.orders.open_orders(call.account.account_id, pair.symbol if pair else None)
    return [payloads.order(row) for row in reversed(found) if _wanted(call, row)]


def history(call: Call) -> Any:
    """`POST /v2/auth/r/orders/hist` and `…/orders/{}/hist`: closed ones, newest first."""
    pair, limit = call.part_pair(), min(call.number("limit", ORDERS_DEFAULT), ORDERS_MAX)
    symbol = pair.symbol if pair else None
    found = call.exchange.store.orders.page(call.account.account_id, call.window(), limit=_SCANNED, symbol=symbol)
    closed = [row for row in found if not row.status.is_open and _wanted(call, row)]
    return [payloads.order(row) for row in closed[:limit]]


def _wanted(call: Call, row: Order) -> bool:
    named = call.params.get("id")
    return not named or row.order_id in named
