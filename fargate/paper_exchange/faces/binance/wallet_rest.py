"""The wallet over REST: coins, deposits, withdrawals, what a key may do.

Source: https://developers.binance.com/docs/wallet, November 2025.
"""

from __future__ import annotations

from typing import Any

from fargate.paper_exchange.engine.market.port import DAY_MS
from fargate.paper_exchange.engine.market.universe import PROFILES
from fargate.paper_exchange.engine.model import Balance, Transfer, TransferKind
from fargate.paper_exchange.engine.wallets.model import Wallet
from fargate.paper_exchange.faces.binance.call import Call
from fargate.paper_exchange.faces.binance.errors import BinanceError
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import ZERO, format_amount

WINDOW_MAX_MS = 90 * DAY_MS
_DEPOSIT_DONE = 1
_WITHDRAWAL_DONE = 6
_FIAT = frozenset({"EUR"})


def system_status(_call: Call) -> Any:
    """`GET /sapi/v1/system/status`."""
    return {"status": 0, "msg": "normal"}


def account_status(_call: Call) -> Any:
    """`GET /sapi/v1/account/status`."""
    return {"data": "Normal"}


def nothing(_call: Call) -> Any:
    """A list that is empty here: no margin pairs."""
    return []


def restrictions(call: Call) -> Any:
    """`GET /sapi/v1/account/apiRestrictions`."""
    permissions, kept = call.account.permissions, call.exchange.wallets.kept
    return {
        "ipRestrict": False,
        "createTime": call.account.created_at_ms,
        "enableReading": permissions.read,
        "enableWithdrawals": permissions.withdraw,
        "enableInternalTransfer": False,
        "enableMargin": kept.has_opened(call.account.account_id, Wallet.MARGIN),
        "enableFutures": kept.has_opened(call.account.account_id, Wallet.FUTURES),
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": True,
        "enableSpotAndMarginTrading": permissions.trade,
        "enablePortfolioMarginTrading": False,
    }


def funding_assets(call: Call) -> Any:
    """`POST /sapi/v1/asset/get-funding-asset`."""
    held = call.exchange.wallets.kept.balances(call.account.account_id, Wallet.FUNDING)
    rest = {"locked": "0", "freeze": "0", "withdrawing": "0", "btcValuation": "0"}
    return [{"asset": row.asset, "free": format_amount(row.free), **rest} for row in held if row.free]


def coins(call: Call) -> Any:
    """`GET /sapi/v1/capital/config/getall`."""
    held = {row.asset: row for row in call.exchange.store.accounts.balances(call.account.account_id)}
    return [_coin(asset, held.get(asset, Balance(asset, ZERO, ZERO))) for asset in PROFILES]


def _coin(asset: str, balance: Balance) -> dict[str, Any]:
    profile = PROFILES[asset]
    return {
        "coin": asset,
        "depositAllEnable": True,
        "withdrawAllEnable": True,
        "name": profile.name,
        "free": format_amount(balance.free),
        "locked": format_amount(balance.locked),
        "freeze": "0",
        "withdrawing": "0",
        "ipoing": "0",
        "ipoable": "0",
        "storage": "0",
        "isLegalMoney": asset in _FIAT,
        "trading": asset not in _FIAT,
        "networkList": [_network(asset, network, number == 0) for number, network in enumerate(profile.networks)],
    }


def _network(asset: str, network: str, is_default: bool) -> dict[str, Any]:  # noqa: FBT001 - a column
    return {
        "network": network,
        "coin": asset,
        "withdrawIntegerMultiple": "0.00000001",
        "isDefault": is_default,
        "depositEnable": True,
        "withdrawEnable": True,
        "depositDesc": "",
        "withdrawDesc": "",
        "name": network,
        "withdrawFee": "0.001",
        "withdrawMin": "0.002",
        "withdrawMax": "9999999999.99999999",
        "minConfirm": 1,
        "unLockConfirm": 0,
        "sameAddress": False,
        "estimatedArrivalTime": 5,
        "busy": False,
    }


def deposits(call: Call) -> Any:
    """`GET /sapi/v1/capital/deposit/hisrec`: newest first, at most 90 days at once."""
    return [_deposit(row) for row in _page(call, TransferKind.DEPOSIT)]


def withdrawals(call: Call) -> Any:
    """`GET /sapi/v1/capital/withdraw/history`: newest first, at most 90 days at once."""
    return [_withdrawal(row) for row in _page(call, TransferKind.WITHDRAWAL)]


def trade_fees(call: Call) -> Any:
    """`GET /sapi/v1/asset/tradeFee`."""
    names = [call.text("symbol")] if "symbol" in call.params else call.symbols.names
    return [{"symbol": name, "makerCommission": "0.001", "takerCommission": "0.001"} for name in names]


def _page(call: Call, kind: TransferKind) -> list[Transfer]:
    until_ms = call.number("endTime")
    since_ms = call.number("startTime")
    until = until_ms if until_ms is not None else call.now_ms()
    since = since_ms if since_ms is not None else until - WINDOW_MAX_MS
    if since > until or until - since > WINDOW_MAX_MS:
        raise BinanceError(-4047, "Time interval must be within 0-90 days")
    offset, limit = call.number("offset") or 0, call.limit(default=1000, most=1000)
    rows = call.exchange.store.history.transfers(call.account.account_id, kind, (since, until), call.params.get("coin"))
    wanted = call.number("status")
    done = _DEPOSIT_DONE if kind is TransferKind.DEPOSIT else _WITHDRAWAL_DONE
    return rows[offset : offset + limit] if wanted in (None, done) else []


def _network_of(asset: str) -> str:
    networks = PROFILES[asset].networks if asset in PROFILES else ()
    return networks[0] if networks else "FIAT"


def _deposit(transfer: Transfer) -> dict[str, Any]:
    return {
        "id": transfer.transfer_id,
        "amount": format_amount(transfer.amount),
        "coin": transfer.asset,
        "network": _network_of(transfer.asset),
        "status": _DEPOSIT_DONE,
        "address": transfer.address,
        "addressTag": "",
        "txId": transfer.transaction,
        "insertTime": transfer.at_ms,
        "completeTime": transfer.at_ms,
        "transferType": 0,
        "confirmTimes": "1/1",
        "unlockConfirm": 0,
        "walletType": 0,
    }


def _withdrawal(transfer: Transfer) -> dict[str, Any]:
    at = f"{from_ms(transfer.at_ms):%Y-%m-%d %H:%M:%S}"
    return {
        "id": transfer.transfer_id,
        "amount": format_amount(transfer.amount),
        "transactionFee": format_amount(transfer.fee),
        "coin": transfer.asset,
        "status": _WITHDRAWAL_DONE,
        "address": transfer.address,
        "txId": transfer.transaction,
        "applyTime": at,
        "completeTime": at,
        "network": _network_of(transfer.asset),
        "transferType": 0,
        "info": "",
        "confirmNo": 1,
        "walletType": 0,
        "txKey": "",
    }
