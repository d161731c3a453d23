"""The account over REST: balances, own trades, deposits and withdrawals, what a key may do.

Source: https://huobiapi.github.io/docs/spot/v1/en/#account (…#search-match-results, …#search-for-existed-withdraws-and-
deposits), 2026-11.
"""

from __future__ import annotations

from typing import Any

from fargate.paper_exchange.engine.errors import UnknownOrder
from fargate.paper_exchange.engine.model import Fill, TransferKind
from fargate.paper_exchange.engine.store.history import FOREVER_MS, FillPage
from fargate.paper_exchange.faces.htx import payloads
from fargate.paper_exchange.faces.htx.call import Call
from fargate.paper_exchange.faces.htx.errors import HtxError, denied, invalid
from fargate.paper_exchange.faces.htx.names import record_at_ms, record_id
from nightdesk.kernel.money import format_amount

TRADES_DEFAULT, TRADES_MAX, TRADES_DAYS = 100, 500, 120
TRANSFERS_DEFAULT, TRANSFERS_MAX = 100, 500
_KINDS = {"deposit": TransferKind.DEPOSIT, "withdraw": TransferKind.WITHDRAWAL}


def accounts(call: Call) -> Any:
    """`GET /v1/account/accounts`: the spot account only."""
    rows = [{"id": call.account.account_id, "type": "spot", "subtype": "", "state": "working"}]
    return {"status": "ok", "data": rows}


def balance(call: Call) -> Any:
    """`GET /v1/account/accounts/{}/balance`: what is free and what is frozen, row by row."""
    require_own(call, call.part)
    rows = [
        {"currency": row.asset.lower(), "type": kind, "balance": format_amount(amount), "seq-num": "1"}
        for row in call.exchange.store.accounts.balances(call.account.account_id)
        for kind, amount in (("trade", row.free), ("frozen", row.locked))
    ]
    head = {"id": call.account.account_id, "type": "spot", "state": "working"}
    return {"status": "ok", "data": {**head, "list": rows}}


def require_own(call: Call, account_id: str) -> None:
    """Refuse other people's accounts.

    Raises:
        HtxError: It is not the signer's.
    """
    if account_id != str(call.account.account_id):
        raise HtxError("account-get-balance-account-inexistent-error", "account for id is not exist")


def match_results(call: Call) -> Any:
    """`GET /v1/order/matchresults`: newest first, from a record on, in windows of 48 hours of the last 120 days."""
    since_ms, until_ms = call.window(TRADES_DAYS)
    symbol = call.symbol().symbol if call.text("symbol") else None
    size = call.number("size", TRADES_DEFAULT, most=TRADES_MAX)
    begin, older = call.number("from", 0), (call.text("direct") or "next") == "next"
    if begin:
        edge_ms = record_at_ms(begin)
        since_ms, until_ms = (since_ms, min(until_ms, edge_ms)) if older else (max(since_ms, edge_ms), until_ms)
    asked = FillPage(
        size + TRADES_MAX, symbol=symbol, since_ms=since_ms, until_ms=until_ms, newest_first=older or not begin
    )
    found = call.exchange.store.history.page(call.account.account_id, asked)
    following = [fill for fill in found if not begin or _follows(record_id(fill), begin, older=older)]
    # Of one millisecond the numbers come in another order than the fills: pages are cut by number.
    cut = sorted(following, key=record_id, reverse=older or not begin)[:size]
    newest = sorted(cut, key=record_id, reverse=True)
    return {"status": "ok", "data": _shown(call, newest)}


def _follows(number: int, begin: int, *, older: bool) -> bool:
    return number <= begin if older else number >= begin


def order_match_results(call: Call) -> Any:
    """`GET /v1/order/orders/{}/matchresults`: the trades of one order."""
    number = int(call.part) if call.part.isdecimal() else 0
    asked = FillPage(TRADES_MAX, order_id=number)
    return {"status": "ok", "data": _shown(call, call.exchange.store.history.page(call.account.account_id, asked))}


def _shown(call: Call, fills: list[Fill]) -> list[Any]:
    kinds = {fill.order_id: _kind(call, fill) for fill in fills}
    return [payloads.match_result(fill, kinds[fill.order_id]) for fill in fills]


def _kind(call: Call, fill: Fill) -> str:
    try:
        return payloads.order_type(call.exchange.store.orders.by_id(fill.account_id, fill.symbol, fill.order_id))
    except UnknownOrder:
        return f"{fill.side.value}-limit"


def transfers(call: Call) -> Any:
    """`GET /v1/query/deposit-withdraw`: `next` from the newest or a number downwards, `prev` upwards."""
    kind = _KINDS.get(call.text("type"))
    if kind is None:
        raise invalid("type")
    asset = call.text("currency").upper() or None
    history, account_id = call.exchange.store.history, call.account.account_id
    found = history.transfers(account_id, kind, (0, FOREVER_MS))[::-1]
    numbered = [(place, row) for place, row in enumerate(found, start=1) if asset in {None, row.asset}]
    begin, older = call.number("from", 0), (call.text("direct") or "prev") == "next"
    wanted = [pair for pair in numbered if not begin or (pair[0] <= begin if older else pair[0] >= begin)]
    page = (wanted[::-1] if older else wanted)[: call.number("size", TRANSFERS_DEFAULT, most=TRANSFERS_MAX)]
    return {"status": "ok", "data": [payloads.transfer(place, row) for place, row in page]}


def cancel_withdrawal(call: Call) -> Any:
    """`POST /v1/dw/withdraw-virtual/{}/cancel`: every withdrawal here is done at once, so there is none to cancel."""
    if not call.account.permissions.withdraw:
        raise denied()
    raise HtxError("dw-withdraw-not-found", "withdraw not found")


def user_number(call: Call) -> Any:
    """`GET /v2/user/uid`."""
    return {"code": 200, "data": call.account.account_id}


def key_information(call: Call) -> Any:
    """`GET /v2/user/api-key`: of the key that asks."""
    may = call.account.permissions
    named = (("readOnly", may.read), ("trade", may.trade), ("withdraw", may.withdraw))
    row = {
        "accessKey": call.account.key,
        "status": "normal",
        "note": call.account.label,
        "permission": ",".join(name for name, granted in named if granted),
        "ipAddresses": "",
        "validDays": -1,
        "createTime": call.account.created_at_ms,
        "updateTime": call.account.created_at_ms,
    }
    return {"code": 200, "data": [row]}
