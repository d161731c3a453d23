"""The account's channels on `/ws/v2`: `orders#…`, `trade.clearing#…#…`, `accounts.update#…`.

Source: https://huobiapi.github.io/docs/spot/v1/en/#websocket-asset-and-order, 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fargate.paper_exchange.engine.events import BalanceMoved, BalancesChanged, Event, Execution, OrderChanged
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Balance, Fill, Order
from fargate.paper_exchange.faces.htx.names import record_id, symbol_name
from fargate.paper_exchange.faces.htx.payloads import SOURCE, order_type, state
from nightdesk.kernel.money import add, format_amount

_EVENTS = {
    Execution.NEW: "creation",
    Execution.TRADE: "trade",
    Execution.CANCELLED: "cancellation",
    Execution.EXPIRED: "cancellation",
}


def orders(event: Event, symbol: str) -> Iterator[dict[str, Any]]:
    """What `orders#<symbol>` says of an event; `*` hears of all symbols."""
    if not isinstance(event, OrderChanged) or symbol not in {"*", symbol_name(event.order.symbol)}:
        return
    row = event.order
    told = {
        "eventType": _EVENTS[event.execution],
        "symbol": symbol_name(row.symbol),
        "accountId": row.account_id,
        "orderId": row.order_id,
        "clientOrderId": row.client_order_id,
        "orderSource": SOURCE,
        "type": order_type(row),
        "orderPrice": format_amount(row.price),
        "orderSize": format_amount(row.quantity),
        "orderStatus": state(row),
    }
    if event.execution is Execution.NEW:
        yield told | {"orderCreateTime": row.created_at_ms}
    elif event.fill is not None:
        yield told | _filled(row, event.fill)
    else:
        left = {"remainAmt": format_amount(row.remaining), "execAmt": format_amount(row.filled)}
        yield told | left | {"lastActTime": row.updated_at_ms}


def _filled(row: Order, fill: Fill) -> dict[str, Any]:
    return {
        "tradePrice": format_amount(fill.price),
        "tradeVolume": format_amount(fill.quantity),
        "tradeId": fill.trade_id,
        "tradeTime": fill.at_ms,
        "aggressor": not fill.is_maker,
        "remainAmt": format_amount(row.remaining),
        "execAmt": format_amount(row.filled),
        "totalTradeAmount": format_amount(row.filled_quote),
    }


def clearing(event: Event, symbol: str) -> Iterator[dict[str, Any]]:
    """What `trade.clearing#<symbol>#0` says of an event: fills, with their fees."""
    if not isinstance(event, OrderChanged) or event.fill is None:
        return
    row, fill = event.order, event.fill
    if symbol in {"*", symbol_name(fill.symbol)}:
        yield {
            "eventType": "trade",
            "symbol": symbol_name(fill.symbol),
            "orderId": fill.order_id,
            "clientOrderId": row.client_order_id,
            "tradePrice": format_amount(fill.price),
            "tradeVolume": format_amount(fill.quantity),
            "orderSide": fill.side.value,
            "orderType": order_type(row),
            "aggressor": not fill.is_maker,
            "tradeId": fill.trade_id,
            "tradeTime": fill.at_ms,
            "transactFee": format_amount(fill.fee),
            "feeCurrency": fill.fee_asset.lower(),
            "feeDeduct": "0",
            "feeDeductType": "",
            "accountId": fill.account_id,
            "source": SOURCE,
            "orderPrice": format_amount(row.price),
            "orderSize": format_amount(row.quantity),
            "orderCreateTime": row.created_at_ms,
            "orderStatus": state(row),
            "matchId": record_id(fill),
        }


def balances(exchange: Exchange, account_id: int) -> Iterator[dict[str, Any]]:
    """What `accounts.update#…` begins with."""
    for row in exchange.store.accounts.balances(account_id):
        yield _balance(row, account_id, None)


def balance_changes(exchange: Exchange, event: Event) -> Iterator[dict[str, Any]]:
    """What `accounts.update#…` says of an event."""
    if isinstance(event, BalanceMoved):
        yield _changed(exchange, event, event.asset, "deposit" if event.delta > 0 else "withdraw")
    elif isinstance(event, BalancesChanged):
        for asset in event.assets:
            yield _changed(exchange, event, asset, "order.match")


def _changed(exchange: Exchange, event: BalanceMoved | BalancesChanged, asset: str, kind: str) -> dict[str, Any]:
    row = exchange.store.accounts.balance(event.account_id, asset)
    return _balance(row, event.account_id, kind) | {"changeTime": event.at_ms}


def _balance(row: Balance, account_id: int, kind: str | None) -> dict[str, Any]:
    return {
        "currency": row.asset.lower(),
        "accountId": account_id,
        "balance": format_amount(add(row.free, row.locked)),
        "available": format_amount(row.free),
        "changeType": kind,
        "accountType": "trade",
        "changeTime": None,
    }
