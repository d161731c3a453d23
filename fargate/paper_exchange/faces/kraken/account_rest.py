"""The account over REST: balances, own trades, deposits and withdrawals, what a key may do.

Source: https://docs.kraken.com/api/docs/category/rest-api/account-data and …/funding, 2026-11.
"""

from __future__ import annotations

from typing import Any

from fargate.paper_exchange.engine.errors import UnknownOrder
from fargate.paper_exchange.engine.market.universe import PROFILES
from fargate.paper_exchange.engine.model import Fill, Permissions, Transfer, TransferKind
from fargate.paper_exchange.engine.settlement import FEE_RATIO
from fargate.paper_exchange.engine.store.history import FOREVER_MS, FillPage, FillQuery
from fargate.paper_exchange.faces.kraken import payloads
from fargate.paper_exchange.faces.kraken.call import Call
from fargate.paper_exchange.faces.kraken.errors import DENIED, KrakenError, invalid
from fargate.paper_exchange.faces.kraken.names import asset_name, asset_of
from fargate.paper_exchange.faces.kraken.tokens import LIFE_S
from fargate.paper_exchange.faces.numbers import positive
from nightdesk.kernel.money import add, format_amount

PAGE = 50
TRANSFERS_DEFAULT, TRANSFERS_MAX = 25, 500
_QUERIED_MAX = 20


def balance(call: Call) -> Any:
    """`POST /0/private/Balance`."""
    return {asset: row["balance"] for asset, row in balance_extended(call).items()}


def balance_extended(call: Call) -> Any:
    """`POST /0/private/BalanceEx`: total and what orders hold of it."""
    rows = call.exchange.store.accounts.balances(call.account.account_id)
    return {
        asset_name(row.asset): {
            "balance": format_amount(add(row.free, row.locked)),
            "hold_trade": format_amount(row.locked),
        }
        for row in rows
    }


def trades_history(call: Call) -> Any:
    """`POST /0/private/TradesHistory`: newest first, 50 a page; `start` excluded, `end` included."""
    since_ms, until_ms = window(call)
    asked = FillPage(PAGE, call.number("ofs", 0), since_ms=since_ms, until_ms=until_ms)
    history, account_id = call.exchange.store.history, call.account.account_id
    fills = history.page(account_id, asked)
    return {"trades": _named(call, fills), "count": history.count(account_id, asked)}


def query_trades(call: Call) -> Any:
    """`POST /0/private/QueryTrades`: up to twenty by name."""
    names = call.params.get("txid", "").split(",")
    if not names[0] or len(names) > _QUERIED_MAX:
        raise invalid("txid")
    return _named(call, [_fill(call, name) for name in names])


def _fill(call: Call, name: str) -> Fill:
    place = call.pairs.trade_of(name)
    if place is None:
        raise KrakenError("EQuery:Invalid transaction id")
    query = FillQuery(place[0], 1, from_id=place[1])
    found = call.exchange.store.history.fills(call.account.account_id, query)
    if not found or found[0].trade_id != place[1]:
        raise KrakenError("EQuery:Invalid transaction id")
    return found[0]


def _named(call: Call, fills: list[Fill]) -> dict[str, Any]:
    kinds: dict[int, str] = {}
    for fill in fills:
        if fill.order_id not in kinds:
            kinds[fill.order_id] = _order_type(call, fill)
    pairs = call.pairs
    return {
        pairs.trade_name(fill.symbol, fill.trade_id): payloads.own_trade(pairs, fill, kinds[fill.order_id])
        for fill in fills
    }


def _order_type(call: Call, fill: Fill) -> str:
    try:
        return payloads.order_type(call.exchange.store.orders.by_id(fill.account_id, fill.symbol, fill.order_id))
    except UnknownOrder:
        return "limit"


def window(call: Call) -> tuple[int, int]:
    """From after `start` until `end`: instants in seconds, or the names of trades.

    Raises:
        KrakenError: One of them is neither.
    """
    since_ms, until_ms = _instant(call, "start"), _instant(call, "end")
    return (0 if since_ms is None else since_ms + 1), (FOREVER_MS if until_ms is None else until_ms)


def _instant(call: Call, name: str) -> int | None:
    text = call.params.get(name)
    if not text or text == "0":
        return None
    if text.startswith("T"):
        return _fill(call, text).at_ms
    instant = positive(text)
    if instant is None:
        raise invalid(name)
    return int(instant * 1000)


def deposits(call: Call) -> Any:
    """`POST /0/private/DepositStatus`: newest first; in pages where a cursor is asked for."""
    return _transfers(call, TransferKind.DEPOSIT)


def withdrawals(call: Call) -> Any:
    """`POST /0/private/WithdrawStatus`: newest first; in pages where a cursor is asked for."""
    return _transfers(call, TransferKind.WITHDRAWAL)


def _transfers(call: Call, kind: TransferKind) -> Any:
    since_ms, until_ms = _instant(call, "start") or 0, _instant(call, "end") or FOREVER_MS
    asset = asset_of(call.params["asset"]) if call.params.get("asset") else None
    found = call.exchange.store.history.transfers(call.account.account_id, kind, (since_ms, until_ms), asset)
    cursor = call.params.get("cursor", "false").lower()
    if cursor == "false":
        return [_transfer(row) for row in found[:TRANSFERS_MAX]]
    offset = int(cursor) if cursor.isdecimal() else 0
    limit = min(call.number("limit", TRANSFERS_DEFAULT), TRANSFERS_MAX)
    page = {payloads.MOVES[kind]: [_transfer(row) for row in found[offset : offset + limit]]}
    return {**page, "next_cursor": str(offset + limit) if len(found) > offset + limit else None}


def _transfer(row: Transfer) -> dict[str, Any]:
    networks = PROFILES[row.asset].networks if row.asset in PROFILES else ()
    return {
        "method": f"{row.asset} transfer",
        "network": networks[0] if networks else "Bank",
        "aclass": "currency",
        "asset": asset_name(row.asset),
        "refid": row.transfer_id[:24].upper(),
        "txid": row.transaction,
        "info": row.address,
        "amount": format_amount(row.amount),
        "fee": format_amount(row.fee),
        "time": row.at_ms // 1000,
        "status": "Success",
    }


def key_info(call: Call) -> Any:
    """`POST /0/private/GetApiKeyInfo`."""
    account = call.account
    created = str(account.created_at_ms // 1000)
    return {
        "api_key_name": account.label,
        "api_key": account.key,
        "nonce": call.params["nonce"],
        "nonce_window": 0,
        "permissions": _permissions(account.permissions),
        "iban": f"AA{account.account_id % 100:02} N84G {account.account_id:08}",
        "valid_until": "0",
        "query_from": "0",
        "query_to": "0",
        "created_time": created,
        "modified_time": created,
        "ip_allowlist": [],
        "last_used": str(call.exchange.clock.wall_ms() // 1000),
    }


def withdraw_info(call: Call) -> Any:
    """`POST /0/private/WithdrawInfo`: what a withdrawal would cost; only for keys that may withdraw."""
    if not call.account.permissions.withdraw:
        raise KrakenError(DENIED)
    raise KrakenError("EFunding:Unknown withdraw key")


def _permissions(may: Permissions) -> list[str]:
    reading = ["query-funds", "query-open-trades", "query-closed-trades", "query-ledger", "access-websockets-api"]
    return [
        *(reading if may.read else []),
        *(["modify-trades", "close-trades"] if may.trade else []),
        *(["withdraw-funds"] if may.withdraw else []),
    ]


def trade_volume(call: Call) -> Any:
    """`POST /0/private/TradeVolume`: the same fee for all."""
    names = [name for name in call.params.get("pair", "").split(",") if name]
    fee = {"fee": format_amount(FEE_RATIO * 100), "minfee": "0", "maxfee": "0.4", "nextfee": None, "nextvolume": None,
           "tiervolume": "0.0000"}  # fmt: skip
    fees = dict.fromkeys(names, fee)
    return {"currency": "ZUSD", "volume": "0.0000", "fees": fees, "fees_maker": fees}


def open_positions(_call: Call) -> Any:
    """`POST /0/private/OpenPositions`: there is no margin here."""
    return {}


def websockets_token(call: Call) -> Any:
    """`POST /0/private/GetWebSocketsToken`."""
    return {"token": call.venue.tokens.make(call.account.account_id), "expires": LIFE_S}


def require_reading(call: Call) -> None:
    """Refuse keys that may not read.

    Raises:
        KrakenError: This one may not.
    """
    if not call.account.permissions.read:
        raise KrakenError(DENIED)
