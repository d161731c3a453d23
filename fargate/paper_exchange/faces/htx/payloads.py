"""HTX's shapes of orders, match results and transfers.

Source: https://huobiapi.github.io/docs/spot/v1/en/#trading (…#wallet), 2026-11.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import (
    Fill,
    Order,
    OrderStatus,
    OrderType,
    TimeInForce,
    Transfer,
    TransferKind,
)
from fargate.paper_exchange.engine.stops import waits_for_a_rise
from fargate.paper_exchange.engine.store.history import FillPage
from fargate.paper_exchange.faces.htx.names import chains_of, record_id, symbol_name
from fargate.paper_exchange.faces.numbers import number
from nightdesk.kernel.money import ZERO, format_amount

STATES = {
    OrderStatus.NEW: "submitted",
    OrderStatus.PARTIALLY_FILLED: "partial-filled",
    OrderStatus.FILLED: "filled",
}
OPERATORS = {"gte": True, "lte": False}
"""Whether the price has to rise."""

SOURCE = "spot-api"
_FILLS_MAX = 1000
_TIMED = {TimeInForce.IMMEDIATE_OR_CANCEL: "ioc", TimeInForce.FILL_OR_KILL: "limit-fok"}


def order_type(row: Order) -> str:
    """`buy-limit` and its like."""
    if row.type is OrderType.MARKET:
        kind = "market"
    elif row.type is OrderType.LIMIT_MAKER:
        kind = "limit-maker"
    elif row.type.is_stop:
        kind = "stop-limit"
    else:
        kind = _TIMED.get(row.time_in_force, "limit")
    return f"{row.side.value}-{kind}"


def operator(row: Order) -> str:
    """Which way the price has to go for a stop to begin."""
    rises = waits_for_a_rise(row.type, row.side)
    return next(name for name, is_rise in OPERATORS.items() if is_rise is rises)


def state(row: Order) -> str:
    """`submitted` and its like."""
    if row.is_waiting and row.status is OrderStatus.NEW:
        return "created"
    return STATES.get(row.status) or ("partial-canceled" if row.filled else "canceled")


def fees_of(exchange: Exchange, row: Order) -> Decimal:
    """What the order's fills cost in fees."""
    if not row.filled:
        return ZERO
    asked = FillPage(_FILLS_MAX, symbol=row.symbol, order_id=row.order_id)
    return sum((fill.fee for fill in exchange.store.history.page(row.account_id, asked)), ZERO)


def order(exchange: Exchange, row: Order, *, prefix: str = "field") -> dict[str, Any]:
    """An order; HTX writes `field-amount` for what is filled, but `filled-amount` where orders are open."""
    shown = {
        "id": row.order_id,
        "symbol": symbol_name(row.symbol),
        "account-id": row.account_id,
        "client-order-id": row.client_order_id,
        "amount": format_amount(row.quote_quantity or row.quantity),
        "price": format_amount(row.price),
        "created-at": row.created_at_ms,
        "type": order_type(row),
        f"{prefix}-amount": format_amount(row.filled),
        f"{prefix}-cash-amount": format_amount(row.filled_quote),
        f"{prefix}-fees": format_amount(fees_of(exchange, row)),
        "source": SOURCE,
        "state": state(row),
    }
    if row.type.is_stop:
        shown |= {"stop-price": format_amount(row.stop_price), "operator": operator(row)}
    if row.status.is_open:
        return shown
    gone = row.updated_at_ms if "canceled" in state(row) else 0
    return shown | {"finished-at": row.updated_at_ms, "canceled-at": gone}


def match_result(fill: Fill, kind: str) -> dict[str, Any]:
    """An own trade; `id` grows with time, `trade-id` is the symbol's."""
    return {
        "id": record_id(fill),
        "symbol": symbol_name(fill.symbol),
        "order-id": fill.order_id,
        "match-id": fill.trade_id,
        "trade-id": fill.trade_id,
        "type": kind,
        "source": SOURCE,
        "role": "maker" if fill.is_maker else "taker",
        "price": format_amount(fill.price),
        "filled-amount": format_amount(fill.quantity),
        "filled-fees": format_amount(fill.fee),
        "fee-currency": fill.fee_asset.lower(),
        "filled-points": "0.0",
        "fee-deduct-currency": "",
        "fee-deduct-state": "done",
        "created-at": fill.at_ms,
        "updated-at": fill.at_ms,
    }


def transfer(number_of: int, row: Transfer) -> dict[str, Any]:
    """A deposit or withdrawal."""
    incoming = row.kind is TransferKind.DEPOSIT
    return {
        "id": number_of,
        "type": "deposit" if incoming else "withdraw",
        "sub-type": "NORMAL",
        "currency": row.asset.lower(),
        "chain": next(iter(chains_of(row.asset)), ""),
        "tx-hash": row.transaction.removeprefix("0x"),
        "amount": number(row.amount),
        "fee": number(row.fee),
        "from-addr-tag": "",
        "address": row.address,
        "address-tag": "",
        "state": "safe" if incoming else "confirmed",
        "created-at": row.at_ms,
        "updated-at": row.at_ms,
    }
