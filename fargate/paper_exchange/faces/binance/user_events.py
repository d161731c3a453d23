"""The engine's events in the form of the user data stream.

Source: https://developers.binance.com/docs/binance-spot-api-docs/user-data-stream, November 2025.
"""

from __future__ import annotations

from typing import Any

from fargate.paper_exchange.engine.events import BalanceMoved, BalancesChanged, Event, Execution, OrderChanged
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.faces.binance.payloads import STATUS, TIME_IN_FORCE
from fargate.paper_exchange.faces.binance.symbols import digits, name_of

_EXECUTIONS = {
    Execution.NEW: "NEW",
    Execution.TRADE: "TRADE",
    Execution.CANCELLED: "CANCELED",
    Execution.EXPIRED: "EXPIRED",
}
_ZERO = "0.00000000"


def user_event(exchange: Exchange, event: Event) -> dict[str, Any]:
    """The event's payload."""
    if isinstance(event, OrderChanged):
        return _execution_report(event, exchange.clock.now_ms())
    if isinstance(event, BalancesChanged):
        return _account_position(exchange, event)
    return _balance_update(event)


def _execution_report(event: OrderChanged, now_ms: int) -> dict[str, Any]:
    order = event.order
    working = {} if order.is_waiting else {"W": order.working_at_ms or order.created_at_ms}
    cancelled = event.execution is Execution.CANCELLED
    return {
        "e": "executionReport",
        "E": now_ms,
        "s": name_of(order.symbol),
        "c": event.cancelled_by if cancelled else order.client_order_id,
        "S": order.side.value.upper(),
        "o": order.type.value.upper(),
        "f": TIME_IN_FORCE[order.time_in_force],
        "q": digits(order.quantity),
        "p": digits(order.price),
        "P": digits(order.stop_price),
        "F": _ZERO,
        "g": -1,
        "C": order.client_order_id if cancelled else "",
        "x": _EXECUTIONS[event.execution],
        "X": STATUS[order.status],
        "r": "NONE",
        "i": order.order_id,
        **_fill_fields(event),
        "z": digits(order.filled),
        "T": order.updated_at_ms,
        "I": order.order_id,
        "w": order.status.is_open and not order.is_waiting,
        "M": False,
        "O": order.created_at_ms,
        "Z": digits(order.filled_quote),
        "Q": digits(order.quote_quantity),
        **working,
        "V": "NONE",
    }


def _fill_fields(event: OrderChanged) -> dict[str, Any]:
    fill = event.fill
    if fill is None:
        return {"l": _ZERO, "L": _ZERO, "n": "0", "N": None, "t": -1, "m": False, "Y": _ZERO}
    return {
        "l": digits(fill.quantity),
        "L": digits(fill.price),
        "n": digits(fill.fee),
        "N": fill.fee_asset,
        "t": fill.trade_id,
        "m": fill.is_maker,
        "Y": digits(fill.quote_quantity),
    }


def _account_position(exchange: Exchange, event: BalancesChanged) -> dict[str, Any]:
    rows = (exchange.store.accounts.balance(event.account_id, asset) for asset in event.assets)
    balances = [{"a": row.asset, "f": digits(row.free), "l": digits(row.locked)} for row in rows]
    return {"e": "outboundAccountPosition", "E": exchange.clock.now_ms(), "u": event.at_ms, "B": balances}


def _balance_update(event: BalanceMoved) -> dict[str, Any]:
    return {"e": "balanceUpdate", "E": event.at_ms, "a": event.asset, "d": digits(event.delta), "T": event.at_ms}
