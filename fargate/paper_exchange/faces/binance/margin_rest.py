"""Cross margin over REST: what is held and owed, loans, interest, trades.

Source: https://developers.binance.com/docs/margin_trading/account/Query-Cross-Margin-Account-Details,
…/borrow-and-repay/Query-Borrow-Repay, …/borrow-and-repay/Get-Interest-History,
…/trade/Query-Margin-Account-Trade-List (2026-11).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.market.port import DAY_MS
from fargate.paper_exchange.engine.model import Balance
from fargate.paper_exchange.engine.wallets.model import InterestAccrual, Loan, LoanKind, MarginFill, Wallet
from fargate.paper_exchange.engine.wallets.store import Asked
from fargate.paper_exchange.faces.binance.account_rest import check_window
from fargate.paper_exchange.faces.binance.call import Call
from fargate.paper_exchange.faces.binance.errors import BinanceError, bad_combination, illegal
from fargate.paper_exchange.faces.binance.pages import ROWS_MOST, paged, window
from fargate.paper_exchange.faces.binance.symbols import digits, name_of
from nightdesk.kernel.money import ZERO, add, format_amount, subtract

MONTH_MS = 30 * DAY_MS
LOANS_MOST = 100_000
_MARGIN_LEVEL_FREE = "999"


def account(call: Call) -> Any:
    """`GET /sapi/v1/margin/account`."""
    rows = _assets(call)
    level = call.exchange.wallets.margin.level(call.account.account_id)
    return {
        "created": True,
        "borrowEnabled": True,
        "marginLevel": _MARGIN_LEVEL_FREE if level is None else f"{level:.8f}",
        "collateralMarginLevel": _MARGIN_LEVEL_FREE if level is None else f"{level:.8f}",
        "tradeEnabled": call.account.permissions.trade,
        "transferInEnabled": True,
        "transferOutEnabled": True,
        "accountType": "MARGIN_1",
        "userAssets": rows,
    }


def _assets(call: Call) -> list[dict[str, str]]:
    kept, account_id = call.exchange.wallets.kept, call.account.account_id
    if not kept.has_opened(account_id, Wallet.MARGIN):
        raise BinanceError(-3003, "Margin account does not exist.")
    held, principal, interest = (
        {row.asset: row.free for row in kept.balances(account_id, wallet)}
        for wallet in (Wallet.MARGIN, Wallet.PRINCIPAL, Wallet.INTEREST)
    )
    names = sorted(held.keys() | principal.keys())
    return [
        _asset(Balance(name, held.get(name, ZERO), ZERO), principal.get(name, ZERO), interest.get(name, ZERO))
        for name in names
    ]


def _asset(held: Balance, principal: Decimal, interest: Decimal) -> dict[str, str]:
    return {
        "asset": held.asset,
        "borrowed": digits(principal),
        "free": digits(held.free),
        "interest": digits(interest),
        "locked": digits(held.locked),
        "netAsset": digits(subtract(subtract(held.free, principal), interest)),
    }


def loans(call: Call) -> Any:
    """`GET /sapi/v1/margin/borrow-repay`: loans or repayments, at most 30 days at once, newest first."""
    kind = call.text("type")
    if kind not in {"BORROW", "REPAY"}:
        raise illegal("type")
    since_ms, until_ms = window(call, most_ms=MONTH_MS)
    asset = call.params.get("asset")
    asked = Asked(limit=LOANS_MOST, key=asset, since_ms=since_ms, until_ms=until_ms, newest_first=True)
    every = call.exchange.wallets.kept.happenings(Loan, call.account.account_id, asked)
    found = [row for row in every if row.kind is LoanKind(kind.lower())]
    current, size = call.number("current") or 1, min(call.number("size") or 10, ROWS_MOST)
    page = found[(current - 1) * size : current * size]
    return {"rows": [_loan(row) for row in page], "total": len(found)}


def _loan(row: Loan) -> dict[str, Any]:
    return {
        "isolatedSymbol": "",
        "amount": format_amount(add(row.principal, row.interest)),
        "asset": row.key,
        "interest": format_amount(row.interest),
        "principal": format_amount(row.principal),
        "status": "CONFIRMED",
        "timestamp": row.at_ms,
        "txId": row.number,
        "type": "MANUAL",
    }


def interest_history(call: Call) -> Any:
    """`GET /sapi/v1/margin/interestHistory`: at most 30 days at once, newest first."""
    return paged(call, InterestAccrual, window(call, most_ms=MONTH_MS), call.params.get("asset"), _interest)


def _interest(row: InterestAccrual) -> dict[str, Any]:
    return {
        "txId": row.number,
        "interestAccuredTime": row.at_ms,
        "asset": row.key,
        "rawAsset": row.key,
        "principal": digits(row.principal),
        "interest": digits(row.interest),
        "interestRate": digits(row.rate),
        "type": "ON_BORROW" if row.on_borrow else "PERIODIC",
        "isolatedSymbol": "",
    }


def my_trades(call: Call) -> Any:
    """`GET /sapi/v1/margin/myTrades`: from an id or time on, oldest first; else the latest, oldest first too."""
    from_id, since_ms, until_ms = call.number("fromId"), call.number("startTime"), call.number("endTime")
    if from_id is not None and (since_ms, until_ms) != (None, None):
        raise bad_combination()
    check_window(since_ms, until_ms)
    latest = from_id is None and since_ms is None
    asked = Asked(
        limit=call.limit(default=500, most=1000), key=call.symbol(), since_ms=since_ms or 0,
        until_ms=until_ms or call.now_ms(), from_number=from_id or 0, newest_first=latest,
    )  # fmt: skip
    found = call.exchange.wallets.kept.happenings(MarginFill, call.account.account_id, asked)
    return [_trade(row) for row in (reversed(found) if latest else found)]


def _trade(row: MarginFill) -> dict[str, Any]:
    return {
        "commission": digits(row.fee),
        "commissionAsset": row.fee_asset,
        "id": row.number,
        "isBestMatch": True,
        "isBuyer": row.side == "buy",
        "isMaker": row.is_maker,
        "orderId": row.order_id,
        "price": digits(row.price),
        "qty": digits(row.quantity),
        "quoteQty": digits(row.quote_quantity),
        "symbol": name_of(row.key),
        "isIsolated": False,
        "time": row.at_ms,
    }
