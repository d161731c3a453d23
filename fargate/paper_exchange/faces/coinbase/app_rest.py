"""The App API: wallets and what came in and went out, by wallet.

Trades are left out of the transactions here; Coinbase lists them too, as `advanced_trade_fill`.

Source: https://docs.cdp.coinbase.com/coinbase-app/track-apis/transactions (…/accounts, …/transfer-apis), 2026-11.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.market.universe import PROFILES
from fargate.paper_exchange.engine.model import Balance, Transfer, TransferKind
from fargate.paper_exchange.engine.store.history import FOREVER_MS
from fargate.paper_exchange.faces.coinbase.account_rest import wallets
from fargate.paper_exchange.faces.coinbase.call import Call
from fargate.paper_exchange.faces.coinbase.errors import not_found
from fargate.paper_exchange.faces.coinbase.market_rest import name_of
from fargate.paper_exchange.faces.coinbase.names import FIAT, account_name, instant
from fargate.paper_exchange.faces.coinbase.reward_rest import Told, told
from nightdesk.kernel.money import add, format_amount

PAGE_DEFAULT, PAGE_MAX = 25, 100


def user(call: Call) -> Any:
    """`GET /v2/user`."""
    return {"data": {"id": str(call.account.account_id), "name": call.account.label, "resource": "user"}}


def accounts(call: Call) -> Any:
    """`GET /v2/accounts`: in pages that begin after a wallet."""
    rows = [_account(call, row) for row in wallets(call)]
    return _page(call, rows, "/v2/accounts")


def _account(call: Call, row: Balance) -> dict[str, Any]:
    owner, fiat = call.account, row.asset in FIAT
    total = format_amount(add(row.free, row.locked))
    return {
        "id": account_name(owner.account_id, row.asset),
        "name": f"{row.asset} Wallet",
        "primary": False,
        "type": "fiat" if fiat else "wallet",
        "currency": {"code": row.asset, "name": name_of(row.asset), "type": "fiat" if fiat else "crypto"},
        "balance": {"amount": total, "currency": row.asset},
        "created_at": instant(owner.created_at_ms),
        "updated_at": instant(owner.created_at_ms),
        "resource": "account",
        "allow_deposits": True,
        "allow_withdrawals": True,
    }


def transactions(call: Call) -> Any:
    """`GET /v2/accounts/{}/transactions`: newest first."""
    asset = _asset(call)
    moved = (Told(row.at_ms, row.transfer_id, _transaction(row)) for row in _transfers(call, asset))
    found = sorted((*moved, *told(call, asset)), key=lambda each: (each.at_ms, each.name), reverse=True)
    return _page(call, [each.row for each in found], f"/v2/accounts/{call.part}/transactions")


def deposits(call: Call) -> Any:
    """`GET /v2/accounts/{}/deposits`: of fiat wallets only."""
    return _bank(call, TransferKind.DEPOSIT)


def withdrawals(call: Call) -> Any:
    """`GET /v2/accounts/{}/withdrawals`: of fiat wallets only."""
    return _bank(call, TransferKind.WITHDRAWAL)


def _bank(call: Call, kind: TransferKind) -> Any:
    asset = _asset(call)
    rows = [_bank_transfer(row) for row in _transfers(call, asset) if row.kind is kind] if asset in FIAT else []
    return _page(call, rows, f"/v2/accounts/{call.part}/{kind.value}s")


def _asset(call: Call) -> str:
    account_id = call.account.account_id
    for row in wallets(call):
        if call.part in {row.asset, account_name(account_id, row.asset)}:
            return row.asset
    raise not_found("Account")


def _transfers(call: Call, asset: str) -> list[Transfer]:
    history, account_id, always = call.exchange.store.history, call.account.account_id, (0, FOREVER_MS)
    return [row for kind in TransferKind for row in history.transfers(account_id, kind, always, asset)]


def _page(call: Call, rows: Sequence[dict[str, Any]], path: str) -> dict[str, Any]:
    limit, after = min(call.number("limit", PAGE_DEFAULT), PAGE_MAX), call.text("starting_after")
    places = {row["id"]: place for place, row in enumerate(rows, start=1)}
    begin = places.get(after, 0)
    page = list(rows[begin : begin + limit])
    following = page[-1]["id"] if len(rows) > begin + limit else None
    pagination = {
        "ending_before": None,
        "starting_after": after or None,
        "limit": limit,
        "order": "desc",
        "previous_ending_before": None,
        "next_starting_after": following,
        "next_uri": f"{path}?limit={limit}&starting_after={following}" if following else None,
    }
    return {"pagination": pagination, "data": page}


def _transaction(row: Transfer) -> dict[str, Any]:
    incoming = row.kind is TransferKind.DEPOSIT
    whole = row.amount if incoming else -add(row.amount, row.fee)
    head = {
        "id": row.transfer_id,
        "type": "send",
        "status": "completed",
        "amount": _money(whole, row.asset),
        "description": None,
        "created_at": instant(row.at_ms),
        "updated_at": instant(row.at_ms),
        "resource": "transaction",
    }
    if row.asset in FIAT:
        return head | {"type": "fiat_deposit" if incoming else "fiat_withdrawal"}
    networks = PROFILES[row.asset].networks if row.asset in PROFILES else ()
    network = {"status": "confirmed", "hash": row.transaction, "network_name": networks[0].lower() if networks else ""}
    if incoming:
        return head | {"network": network, "from": {"resource": "address", "address": row.address}}
    costs = {"transaction_fee": _money(row.fee, row.asset), "transaction_amount": _money(row.amount, row.asset)}
    return head | {"network": {**network, **costs}, "to": {"resource": "address", "address": row.address}}


def _bank_transfer(row: Transfer) -> dict[str, Any]:
    return {
        "id": row.transfer_id,
        "status": "completed",
        "created_at": instant(row.at_ms),
        "updated_at": instant(row.at_ms),
        "resource": row.kind.value,
        "committed": True,
        "payout_at": instant(row.at_ms),
        "instant": False,
        "fee": _money(row.fee, row.asset),
        "amount": _money(row.amount, row.asset),
        "subtotal": _money(add(row.amount, row.fee), row.asset),
    }


def _money(amount: Decimal, asset: str) -> dict[str, str]:
    return {"amount": format_amount(amount), "currency": asset}
