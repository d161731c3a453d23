"""The account over REST: wallets, own trades, movements, what a key may do.

Source: https://docs.bitfinex.com/reference (rest-auth-…), 2026-11.
"""

from __future__ import annotations

from typing import Any

from fargate.paper_exchange.engine.errors import UnknownOrder
from fargate.paper_exchange.engine.model import Fill, Order, TransferKind
from fargate.paper_exchange.engine.store.history import FillPage
from fargate.paper_exchange.faces.bitfinex import payloads
from fargate.paper_exchange.faces.bitfinex.call import Call
from fargate.paper_exchange.faces.bitfinex.names import asset_of

TRADES_DEFAULT, TRADES_MAX = 125, 2500
MOVEMENTS_DEFAULT, MOVEMENTS_MAX = 25, 1000


def wallets(call: Call) -> Any:
    """`POST /v2/auth/r/wallets`: those that were ever used."""
    return [payloads.wallet(row) for row in call.exchange.store.accounts.balances(call.account.account_id)]


def trades(call: Call) -> Any:
    """`POST /v2/auth/r/trades/hist` and `…/trades/{}/hist`: newest first unless sorted otherwise, 2,500 at most."""
    pair, (since_ms, until_ms) = call.part_pair(), call.window()
    asked = FillPage(
        min(call.number("limit", TRADES_DEFAULT), TRADES_MAX),
        symbol=pair.symbol if pair else None,
        since_ms=since_ms,
        until_ms=until_ms,
        newest_first=call.newest_first(),
    )
    return _shown(call, call.exchange.store.history.page(call.account.account_id, asked))


def order_trades(call: Call) -> Any:
    """`POST /v2/auth/r/order/{}:{}/trades`: the trades of one order."""
    name, _, order_id = call.parts[0].rpartition(":")
    number = int(order_id) if order_id.isdecimal() else -1
    asked = FillPage(TRADES_MAX, symbol=call.pair(name).symbol, order_id=number)
    return _shown(call, call.exchange.store.history.page(call.account.account_id, asked))


def _shown(call: Call, fills: list[Fill]) -> list[Any]:
    orders = {fill.order_id: _order(call, fill) for fill in fills}
    return [payloads.own_trade(call.pairs, fill, orders[fill.order_id]) for fill in fills]


def _order(call: Call, fill: Fill) -> Order | None:
    try:
        return call.exchange.store.orders.by_id(fill.account_id, fill.symbol, fill.order_id)
    except UnknownOrder:
        return None


def movements(call: Call) -> Any:
    """`POST /v2/auth/r/movements/hist` and `…/movements/{}/hist`: newest first, 1,000 at most."""
    asset, history = (asset_of(call.parts[0]) if call.parts else None), call.exchange.store.history
    limit = min(call.number("limit", MOVEMENTS_DEFAULT), MOVEMENTS_MAX)
    account_id, window = call.account.account_id, call.window()
    found = [row for kind in TransferKind for row in history.transfers(account_id, kind, window, asset)]
    newest = sorted(found, key=lambda row: (row.at_ms, row.transfer_id), reverse=True)
    return [payloads.movement(row) for row in newest[:limit]]


def permissions(call: Call) -> Any:
    """`POST /v2/auth/r/permissions`: scope, may read, may write."""
    may = call.account.permissions
    read, trade, withdraw = int(may.read), int(may.trade), int(may.withdraw)
    scopes = (
        ("account", read, 0),
        ("orders", read, trade),
        ("funding", 0, 0),
        ("settings", read, 0),
        ("wallets", read, 0),
        ("withdraw", 0, withdraw),
        ("positions", read, 0),
    )
    return [list(scope) for scope in scopes]


def user_info(call: Call) -> Any:
    """`POST /v2/auth/r/info/user`: the user's number, e-mail address, name, when the account was made, and more."""
    account = call.account
    return [account.account_id, "", account.label, account.created_at_ms, 1, 1, None, "UTC"]


def positions(_call: Call) -> Any:
    """`POST /v2/auth/r/positions`: there is no margin here."""
    return []
