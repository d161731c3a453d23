"""The account over REST: balances, own trades, commissions, limits.

Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/account-endpoints, November 2025.
"""

from __future__ import annotations

from typing import Any

from fargate.paper_exchange.engine.market.port import DAY_MS
from fargate.paper_exchange.engine.market.universe import PROFILES
from fargate.paper_exchange.engine.settlement import FEE_RATIO
from fargate.paper_exchange.engine.store.history import FillQuery
from fargate.paper_exchange.faces.binance import payloads
from fargate.paper_exchange.faces.binance.call import Call
from fargate.paper_exchange.faces.binance.errors import BinanceError, bad_combination
from fargate.paper_exchange.faces.binance.symbols import digits

_RATES = {"maker": digits(FEE_RATIO), "taker": digits(FEE_RATIO), "buyer": "0.00000000", "seller": "0.00000000"}


def account(call: Call) -> Any:
    """`GET /api/v3/account`."""
    permissions = call.account.permissions
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": _RATES,
        "canTrade": permissions.trade,
        "canWithdraw": permissions.withdraw,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": call.now_ms(),
        "accountType": "SPOT",
        "balances": _balances(call),
        "permissions": ["SPOT"],
        "uid": call.account.account_id,
    }


def _balances(call: Call) -> list[dict[str, str]]:
    held = {row.asset: payloads.balance(row) for row in call.exchange.store.accounts.balances(call.account.account_id)}
    if call.flag("omitZeroBalances"):
        return [row for row in held.values() if row["free"] != "0.00000000" or row["locked"] != "0.00000000"]
    listed = [held.get(asset) or payloads.zero_balance(asset) for asset in PROFILES]
    return [*listed, *(row for asset, row in held.items() if asset not in PROFILES)]


def my_trades(call: Call) -> Any:
    """`GET /api/v3/myTrades`: from an id or time on, oldest first; else the latest, oldest first too."""
    from_id, order_id = call.number("fromId"), call.number("orderId")
    since_ms, until_ms = call.number("startTime"), call.number("endTime")
    timed = since_ms is not None or until_ms is not None
    if timed and (from_id is not None or order_id is not None):
        raise bad_combination()
    check_window(since_ms, until_ms)
    query = FillQuery(call.symbol(), call.limit(default=500, most=1000), order_id, from_id, since_ms, until_ms)
    return [payloads.own_trade(fill) for fill in call.exchange.store.history.fills(call.account.account_id, query)]


def check_window(since_ms: int | None, until_ms: int | None) -> None:
    """Refuse windows of more than a day.

    Raises:
        BinanceError: -1127 too long, -1023 the wrong way round.
    """
    if since_ms is None or until_ms is None:
        return
    if since_ms > until_ms:
        raise BinanceError(-1023, "Start time is greater than end time.")
    if until_ms - since_ms > DAY_MS:
        raise BinanceError(-1127, "More than 24 hours between startTime and endTime.")


def commission(call: Call) -> Any:
    """`GET /api/v3/account/commission`."""
    none = dict.fromkeys(_RATES, "0.00000000")
    return {
        "symbol": call.text("symbol"),
        "standardCommission": _RATES,
        "taxCommission": none,
        "discount": {
            "enabledForAccount": bool(call.account.fee_asset),
            "enabledForSymbol": True,
            "discountAsset": call.account.fee_asset or "BNB",
            "discount": "0.75000000",
        },
    }


def order_limits(call: Call) -> Any:
    """`GET /api/v3/rateLimit/order`."""
    short, day = call.limiter.orders_used(call.account.account_id)
    limits = [row for row in payloads.rate_limits(call.limiter.limits) if row["rateLimitType"] == "ORDERS"]
    return [{**row, "count": count} for row, count in zip(limits, (short, day), strict=True)]
