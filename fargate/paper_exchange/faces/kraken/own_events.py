"""The private channels of websockets v2: `executions` and `balances`.

Source: https://docs.kraken.com/api/docs/websocket-v2/executions and …/balances, 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fargate.paper_exchange.engine.events import BalanceMoved, BalancesChanged, Event, Execution, OrderChanged
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Fill, Order, OrderStatus, OrderType, TimeInForce
from fargate.paper_exchange.engine.store.history import FillPage
from fargate.paper_exchange.faces.kraken.names import Pairs, order_name
from fargate.paper_exchange.faces.kraken.payloads import USER_REFERENCE, average, order_type
from fargate.paper_exchange.faces.kraken.streams import instant
from fargate.paper_exchange.faces.numbers import number
from nightdesk.kernel.money import ZERO, add

_SNAPSHOT_TRADES = 50
_STATUS = {
    OrderStatus.NEW: "new",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELLED: "canceled",
    OrderStatus.EXPIRED: "expired",
}
_KINDS = {Execution.CANCELLED: "canceled", Execution.EXPIRED: "expired"}
_TIMES = {TimeInForce.IMMEDIATE_OR_CANCEL: "IOC"}


def executions(pairs: Pairs, event: Event) -> Iterator[list[dict[str, Any]]]:
    """The messages' data that an event makes: a fill first, then what it did to the order.

    After its first message only what has changed of an order is told.
    """
    if not isinstance(event, OrderChanged):
        return
    if event.fill is not None:
        yield [_fill_row(pairs, event.order, event.fill)]
        if event.order.status is OrderStatus.FILLED:
            yield [_change_row(event.order, "filled")]
    elif event.execution is Execution.NEW:
        yield [_order_row(event.order, "new")]
    else:
        yield [_change_row(event.order, _KINDS[event.execution])]


def open_orders(exchange: Exchange, account_id: int) -> list[dict[str, Any]]:
    """The open orders as a subscription begins with them."""
    orders = exchange.store.orders.open_orders(account_id)
    return [_order_row(order, _STATUS[order.status]) for order in orders]


def latest_trades(exchange: Exchange, pairs: Pairs, account_id: int) -> list[dict[str, Any]]:
    """The last fifty fills, newest first."""
    fills = exchange.store.history.page(account_id, FillPage(_SNAPSHOT_TRADES))
    orders = exchange.store.orders
    return [_fill_row(pairs, orders.by_id(account_id, fill.symbol, fill.order_id), fill) for fill in fills]


def _order_row(order: Order, kind: str) -> dict[str, Any]:
    client_id = order.client_order_id
    named: dict[str, Any] = {}
    if client_id.startswith(USER_REFERENCE):
        named = {"order_userref": int(client_id.removeprefix(USER_REFERENCE))}
    elif client_id:
        named = {"cl_ord_id": client_id}
    return {
        "order_id": order_name(order.order_id),
        **named,
        "symbol": order.symbol,
        "side": order.side.value,
        "order_type": order_type(order),
        "order_qty": number(order.quantity),
        **({"limit_price": number(order.price)} if order.price else {}),
        **({"triggers": _trigger(order)} if order.type.is_stop else {}),
        "time_in_force": _TIMES.get(order.time_in_force, "GTC"),
        "post_only": order.type is OrderType.LIMIT_MAKER,
        "order_status": _STATUS[order.status],
        "exec_type": kind,
        "cum_qty": number(order.filled),
        "cum_cost": number(order.filled_quote),
        "avg_price": number(average(order)),
        "timestamp": instant(order.updated_at_ms),
    }


def _change_row(order: Order, kind: str) -> dict[str, Any]:
    return {
        "order_id": order_name(order.order_id),
        "order_status": _STATUS[order.status],
        "exec_type": kind,
        "cum_qty": number(order.filled),
        "cum_cost": number(order.filled_quote),
        "avg_price": number(average(order)),
        "timestamp": instant(order.updated_at_ms),
    }


def _trigger(order: Order) -> dict[str, Any]:
    status = "untriggered" if order.is_waiting else "triggered"
    return {"reference": "last", "price": number(order.stop_price), "price_type": "static", "status": status}


def _fill_row(pairs: Pairs, order: Order, fill: Fill) -> dict[str, Any]:
    return _order_row(order, "trade") | {
        "exec_id": pairs.trade_name(fill.symbol, fill.trade_id),
        "trade_id": fill.trade_id,
        "last_qty": number(fill.quantity),
        "last_price": number(fill.price),
        "cost": number(fill.quote_quantity),
        "liquidity_ind": "m" if fill.is_maker else "t",
        "fees": [{"asset": fill.fee_asset, "qty": number(fill.fee)}],
        "timestamp": instant(fill.at_ms),
    }


def balances(exchange: Exchange, account_id: int) -> list[dict[str, Any]]:
    """Every balance as a subscription begins with them."""
    rows = exchange.store.accounts.balances(account_id)
    return [_balance(row.asset, number(add(row.free, row.locked))) for row in rows]


def _balance(asset: str, total: Any) -> dict[str, Any]:
    wallets = [{"type": "spot", "id": "main", "balance": total}]
    return {"asset": asset, "asset_class": "currency", "balance": total, "wallets": wallets}


def balance_changes(exchange: Exchange, event: Event) -> list[dict[str, Any]]:
    """The balances that an event changed; none for orders, whose fills are told by what follows them."""
    if isinstance(event, BalanceMoved):
        kind = "deposit" if event.delta > 0 else "withdrawal"
        return [_moved(exchange, event, event.asset, kind) | {"amount": number(event.delta)}]
    if isinstance(event, BalancesChanged):
        return [_moved(exchange, event, asset, "trade") for asset in event.assets]
    return []


def _moved(exchange: Exchange, event: BalanceMoved | BalancesChanged, asset: str, kind: str) -> dict[str, Any]:
    row = exchange.store.accounts.balance(event.account_id, asset)
    return {
        "asset": asset,
        "asset_class": "currency",
        "amount": number(ZERO),
        "balance": number(add(row.free, row.locked)),
        "fee": number(ZERO),
        "type": kind,
        "subtype": "",
        "category": kind,
        "wallet_type": "spot",
        "wallet_id": "main",
        "timestamp": instant(event.at_ms),
    }
