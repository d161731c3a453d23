"""Conversions, small balances to BNB, and what the venue hands out, over REST.

Source: https://developers.binance.com/docs/convert/trade/Get-Convert-Trade-History,
https://developers.binance.com/docs/wallet/asset/dust-log, …/assets-divided-record, …/query-user-universal-transfer
and https://developers.binance.com/docs/simple_earn/flexible-locked/history (2026-11).
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from fargate.paper_exchange.engine.market.port import DAY_MS
from fargate.paper_exchange.engine.wallets.model import (
    Conversion,
    Dividend,
    DividendKind,
    DustSweep,
    EarnEvent,
    EarnKind,
    Wallet,
    WalletTransfer,
)
from fargate.paper_exchange.engine.wallets.store import Asked
from fargate.paper_exchange.faces.binance.call import Call
from fargate.paper_exchange.faces.binance.errors import illegal
from fargate.paper_exchange.faces.binance.pages import paged, window
from fargate.paper_exchange.faces.binance.symbols import digits
from nightdesk.kernel.money import add, divide, format_amount

DUST_ROWS = 100
EARN_ROWS = 100_000
HALF_YEAR_MS = 180 * DAY_MS
_NAMES = {Wallet.SPOT: "MAIN", Wallet.MARGIN: "MARGIN", Wallet.FUTURES: "UMFUTURE", Wallet.FUNDING: "FUNDING"}
_NOTES = {
    DividendKind.REWARD: "Launchpool",
    DividendKind.STAKING: "ETH 2.0 Staking",
    DividendKind.AIRDROP: "Airdrop Assets",
    DividendKind.INTEREST: "Flexible Interest",
}


def trade_flow(call: Call) -> Any:
    """`GET /sapi/v1/convert/tradeFlow`: at most 30 days at once, oldest first."""
    for name in ("startTime", "endTime"):
        call.text(name)
    since_ms, until_ms = window(call, most_ms=30 * DAY_MS)
    limit = call.limit(default=100, most=1000)
    asked = Asked(limit=limit + 1, since_ms=since_ms, until_ms=until_ms)
    found = call.exchange.wallets.kept.happenings(Conversion, call.account.account_id, asked)
    return {
        "list": [_conversion(row) for row in found[:limit]],
        "startTime": since_ms,
        "endTime": until_ms,
        "limit": limit,
        "moreData": len(found) > limit,
    }


def dribblet(call: Call) -> Any:
    """`GET /sapi/v1/asset/dribblet`: the last hundred sweeps, newest first."""
    since_ms, until_ms = call.number("startTime"), call.number("endTime")
    asked = Asked(
        limit=DUST_ROWS, since_ms=since_ms or 0, until_ms=until_ms or call.now_ms(), newest_first=True
    )  # fmt: skip
    found = call.exchange.wallets.kept.happenings(DustSweep, call.account.account_id, asked)
    groups = [_sweep(list(rows)) for _, rows in groupby(found, key=lambda row: row.operation)]
    return {"total": len(groups), "userAssetDribblets": groups}


def asset_dividend(call: Call) -> Any:
    """`GET /sapi/v1/asset/assetDividend`: at most 180 days at once, newest first."""
    since_ms, until_ms = window(call, most_ms=HALF_YEAR_MS, recent_ms=HALF_YEAR_MS)
    limit = call.limit(default=20, most=500)
    asked = Asked(
        limit=limit, key=call.params.get("asset"), since_ms=since_ms, until_ms=until_ms, newest_first=True
    )  # fmt: skip
    rows, account_id = call.exchange.wallets.kept, call.account.account_id
    found = rows.happenings(Dividend, account_id, asked)
    return {"rows": [_dividend(row) for row in found], "total": rows.count(Dividend, account_id, asked)}


def universal_transfers(call: Call) -> Any:
    """`GET /sapi/v1/asset/transfer`: of one kind, of the last six months, newest first."""
    kind = call.text("type")
    keys = {
        f"{source}_{target}": f"{one}:{other}" for one, source in _NAMES.items() for other, target in _NAMES.items()
    }
    if kind not in keys:
        raise illegal("type")
    since_ms, until_ms = window(call, most_ms=HALF_YEAR_MS, oldest_ms=HALF_YEAR_MS)
    return paged(call, WalletTransfer, (since_ms, until_ms), keys[kind], lambda row: _transfer(row, kind))


def earn_positions(call: Call) -> Any:
    """`GET /sapi/v1/simple-earn/flexible/position`."""
    held = call.exchange.wallets.kept.balances(call.account.account_id, Wallet.EARN)
    rows = [_earn_position(row.asset, digits(row.free)) for row in held if row.free]
    return {"rows": rows, "total": len(rows)}


def earn_subscriptions(call: Call) -> Any:
    """`GET /sapi/v1/simple-earn/flexible/history/subscriptionRecord`."""
    return _earned(call, EarnKind.SUBSCRIPTION)


def earn_redemptions(call: Call) -> Any:
    """`GET /sapi/v1/simple-earn/flexible/history/redemptionRecord`."""
    return _earned(call, EarnKind.REDEMPTION)


def earn_rewards(call: Call) -> Any:
    """`GET /sapi/v1/simple-earn/flexible/history/rewardsRecord`: rewards that accrue where they are earned."""
    if call.text("type") != "REALTIME":
        return {"rows": [], "total": 0}
    return _earned(call, EarnKind.REWARD)


def _earned(call: Call, kind: EarnKind) -> dict[str, Any]:
    since_ms, until_ms = window(call, most_ms=90 * DAY_MS)
    current, size = call.number("current") or 1, min(call.number("size") or 10, 100)
    asked = Asked(limit=EARN_ROWS, since_ms=since_ms, until_ms=until_ms, newest_first=True)
    every = call.exchange.wallets.kept.happenings(EarnEvent, call.account.account_id, asked)
    found = [row for row in every if row.kind is kind and call.params.get("asset") in {None, row.key}]
    page = found[(current - 1) * size : current * size]
    return {"rows": [_EARNED[kind](row) for row in page], "total": len(found)}


def _conversion(row: Conversion) -> dict[str, Any]:
    ratio, inverse = divide(row.to_amount, row.from_amount), divide(row.from_amount, row.to_amount)
    return {
        "quoteId": f"quote-{row.number}",
        "orderId": row.number,
        "orderStatus": "SUCCESS",
        "fromAsset": row.from_asset,
        "fromAmount": format_amount(row.from_amount),
        "toAsset": row.to_asset,
        "toAmount": format_amount(row.to_amount),
        "ratio": format_amount(ratio),
        "inverseRatio": format_amount(inverse),
        "createTime": row.at_ms,
    }


def _sweep(rows: list[DustSweep]) -> dict[str, Any]:
    received, charge = rows[0].received, rows[0].charge
    for row in rows[1:]:
        received, charge = add(received, row.received), add(charge, row.charge)
    return {
        "operateTime": rows[0].at_ms,
        "totalTransferedAmount": digits(received),
        "totalServiceChargeAmount": digits(charge),
        "transId": rows[0].operation,
        "userAssetDribbletDetails": [
            {
                "transId": row.number,
                "serviceChargeAmount": digits(row.charge),
                "amount": format_amount(row.amount),
                "operateTime": row.at_ms,
                "transferedAmount": digits(row.received),
                "fromAsset": row.key,
            }
            for row in rows
        ],
    }


def _dividend(row: Dividend) -> dict[str, Any]:
    return {
        "id": row.number,
        "amount": digits(row.amount),
        "asset": row.key,
        "divTime": row.at_ms,
        "enInfo": row.note or _NOTES[row.kind],
        "tranId": row.number,
        "direction": 1,
    }


def _transfer(row: WalletTransfer, kind: str) -> dict[str, Any]:
    return {
        "asset": row.asset,
        "amount": format_amount(row.amount),
        "type": kind,
        "status": "CONFIRMED",
        "tranId": row.number,
        "timestamp": row.at_ms,
    }


def _earn_position(asset: str, amount: str) -> dict[str, Any]:
    return {
        "asset": asset,
        "totalAmount": amount,
        "latestAnnualPercentageRate": "0.02599895",
        "canRedeem": True,
        "collateralAmount": "0",
        "productId": f"{asset}001",
        "yesterdayRealTimeRewards": "0",
        "autoSubscribe": False,
    }


def _subscription(row: EarnEvent) -> dict[str, Any]:
    return {
        "amount": digits(row.amount),
        "asset": row.key,
        "time": row.at_ms,
        "purchaseId": row.number,
        "productId": f"{row.key}001",
        "type": "NORMAL",
        "sourceAccount": "SPOT",
        "amtFromSpot": digits(row.amount),
        "amtFromFunding": "0",
        "status": "SUCCESS",
    }


def _redemption(row: EarnEvent) -> dict[str, Any]:
    return {
        "amount": digits(row.amount),
        "asset": row.key,
        "time": row.at_ms,
        "projectId": f"{row.key}001",
        "redeemId": row.number,
        "destAccount": "SPOT",
        "status": "PAID",
    }


def _reward(row: EarnEvent) -> dict[str, Any]:
    return {
        "asset": row.key,
        "rewards": digits(row.amount),
        "projectId": f"{row.key}001",
        "type": "REALTIME",
        "time": row.at_ms,
    }


_EARNED = {EarnKind.SUBSCRIPTION: _subscription, EarnKind.REDEMPTION: _redemption, EarnKind.REWARD: _reward}
