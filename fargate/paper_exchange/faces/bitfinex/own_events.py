"""The account's channel 0: wallets, orders and trades as they change.

Source: https://docs.bitfinex.com/reference/ws-auth-orders (…-trades, …-wallets), 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fargate.paper_exchange.engine.events import BalanceMoved, Event, OrderChanged
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import OrderStatus
from fargate.paper_exchange.faces.bitfinex import payloads
from fargate.paper_exchange.faces.bitfinex.names import Pairs, currency_name

Named = tuple[str, list[Any]]


def snapshots(exchange: Exchange, account_id: int) -> Iterator[Named]:
    """What authentication is followed by: positions (none), wallets, open orders."""
    yield "ps", []
    yield "ws", [payloads.wallet(row) for row in exchange.store.accounts.balances(account_id)]
    yield "os", [payloads.order(row) for row in exchange.store.orders.open_orders(account_id)]


def updates(exchange: Exchange, pairs: Pairs, event: Event) -> Iterator[Named]:
    """The messages that an event makes: a trade is told twice, the second time with its fee."""
    if isinstance(event, OrderChanged):
        yield _order_event(event), payloads.order(event.order)
        if event.fill is not None:
            yield "te", payloads.own_trade(pairs, event.fill, event.order, with_fee=False)
            yield "tu", payloads.own_trade(pairs, event.fill, event.order)
        return
    moved = isinstance(event, BalanceMoved)
    assets = (event.asset,) if isinstance(event, BalanceMoved) else event.assets
    for asset in assets:
        change = f"{'Deposit' if moved else 'Exchange'} of {currency_name(asset)}"
        yield "wu", payloads.wallet(exchange.store.accounts.balance(event.account_id, asset), change)


def _order_event(event: OrderChanged) -> str:
    if event.order.status is OrderStatus.NEW:
        return "on"
    return "ou" if event.order.status.is_open else "oc"
