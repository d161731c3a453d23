"""Bitfinex's arrays of orders, fills, wallets and movements.

Source: https://docs.bitfinex.com/reference/rest-auth-retrieve-orders (…-trades, …-movements), 2026-11.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.market.universe import PROFILES
from fargate.paper_exchange.engine.model import (
    Balance,
    Fill,
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    Transfer,
    TransferKind,
)
from fargate.paper_exchange.faces.bitfinex.names import Pairs, currency_name, symbol_name
from fargate.paper_exchange.faces.numbers import number
from nightdesk.kernel.money import ZERO, add, format_amount

POST_ONLY = 4096
_WALLET = "exchange"
_NAMED = {
    OrderType.MARKET: "EXCHANGE MARKET",
    OrderType.STOP_LOSS: "EXCHANGE STOP",
    OrderType.STOP_LOSS_LIMIT: "EXCHANGE STOP LIMIT",
}
_EXPIRED = {TimeInForce.IMMEDIATE_OR_CANCEL: "IOC CANCELED", TimeInForce.FILL_OR_KILL: "FILLORKILL CANCELED"}
_TIMED = {TimeInForce.IMMEDIATE_OR_CANCEL: "EXCHANGE IOC", TimeInForce.FILL_OR_KILL: "EXCHANGE FOK"}


def order_type(row: Order) -> str:
    """`EXCHANGE LIMIT` and its like."""
    if row.type in _NAMED:
        return _NAMED[row.type]
    return _TIMED.get(row.time_in_force, "EXCHANGE LIMIT")


def order(row: Order) -> list[Any]:
    """The 32 fields of an order; amounts of sells are negative."""
    sign = 1 if row.side is Side.BUY else -1
    flags = POST_ONLY if row.type is OrderType.LIMIT_MAKER else 0
    client_id = int(row.client_order_id) if row.client_order_id.isdecimal() else None
    head = [row.order_id, None, client_id, symbol_name(row.symbol), row.created_at_ms, row.updated_at_ms]
    amounts = [number(row.remaining * sign), number(row.quantity * sign)]
    kind = [order_type(row), None, None, None, flags, _status(row), None, None]
    price, beyond = (row.stop_price, row.price) if row.type.is_stop else (row.price, ZERO)
    prices = [number(price), number(average(row)), 0, number(beyond)]
    return [*head, *amounts, *kind, *prices, None, None, None, 0, 0, None, None, None, "API>BFX", None, None, {}]


def _status(row: Order) -> str:
    filled = f"@ {format_amount(average(row))}({format_amount(row.filled)})"
    if row.status is OrderStatus.FILLED:
        return f"EXECUTED {filled}"
    if row.status is OrderStatus.PARTIALLY_FILLED:
        return f"PARTIALLY FILLED {filled}"
    if row.status is OrderStatus.NEW:
        return "ACTIVE"
    closed = "CANCELED" if row.status is OrderStatus.CANCELLED else _EXPIRED.get(row.time_in_force, "CANCELED")
    return f"{closed} was: PARTIALLY FILLED {filled}" if row.filled else closed


def average(row: Order) -> Decimal:
    """The average price of what was filled, to ten decimals; zero for nothing."""
    return (row.filled_quote / row.filled).quantize(Decimal("1e-10")) if row.filled else ZERO


def own_trade(pairs: Pairs, fill: Fill, row: Order | None, *, with_fee: bool = True) -> list[Any]:
    """The fields of an own trade; amounts of sells and all fees are negative."""
    sign = 1 if fill.side is Side.BUY else -1
    fee = [number(-fill.fee), currency_name(fill.fee_asset)] if with_fee else [None, None]
    ordered = [order_type(row), number(row.price)] if row else ["EXCHANGE LIMIT", number(fill.price)]
    client_id = int(row.client_order_id) if row and row.client_order_id.isdecimal() else None
    return [
        pairs.numbers.number(fill.symbol, fill.trade_id),
        symbol_name(fill.symbol),
        fill.at_ms,
        fill.order_id,
        number(fill.quantity * sign),
        number(fill.price),
        *ordered,
        1 if fill.is_maker else -1,
        *fee,
        client_id,
    ]


def wallet(row: Balance, change: str | None = None) -> list[Any]:
    """Type, currency, total, unsettled interest, available, last change, details of it."""
    total = add(row.free, row.locked)
    return [_WALLET, currency_name(row.asset), number(total), 0, number(row.free), change, None]


def movement(row: Transfer) -> list[Any]:
    """The 22 fields of a deposit or withdrawal; what goes out and all fees are negative."""
    outgoing = row.kind is TransferKind.WITHDRAWAL
    profile = PROFILES.get(row.asset)
    method = profile.name.upper() if profile and profile.networks else "WIRE"
    identity = [int(row.transfer_id[:12], 16), currency_name(row.asset), method, None, None]
    amounts = [number(-row.amount if outgoing else row.amount), number(-row.fee)]
    times = [row.at_ms, row.at_ms, None, None]
    addresses = [row.address, None, None, None, row.transaction, None]
    return [*identity, *times, "COMPLETED", None, None, *amounts, None, None, *addresses]
