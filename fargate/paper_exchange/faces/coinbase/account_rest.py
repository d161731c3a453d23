"""The account over REST: wallets, own fills, fees, what a key may do.

Source: https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api (accounts, orders, data), 2026-11.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from fargate.paper_exchange.engine.model import Account, Balance
from fargate.paper_exchange.engine.settlement import FEE_RATIO
from fargate.paper_exchange.engine.store.history import FOREVER_MS, FillPage
from fargate.paper_exchange.faces.coinbase import payloads
from fargate.paper_exchange.faces.coinbase.call import Call
from fargate.paper_exchange.faces.coinbase.errors import invalid, not_found
from fargate.paper_exchange.faces.coinbase.names import FIAT, account_name, instant, order_of, symbol_name
from nightdesk.kernel.money import ZERO, format_amount

ACCOUNTS_DEFAULT, ACCOUNTS_MAX = 49, 250
FILLS_DEFAULT, FILLS_MAX = 100, 250
_PORTFOLIOS = UUID("0b3c9f6e-4c55-4c7a-8b7e-0b8f6a2d9d11")


def accounts(call: Call) -> Any:
    """`GET /api/v3/brokerage/accounts`: a wallet for everything that is traded or was held, in pages."""
    offset, limit = call.number("cursor", 0), min(call.number("limit", ACCOUNTS_DEFAULT), ACCOUNTS_MAX)
    rows = wallets(call)
    page = [_account(call.account, row) for row in rows[offset : offset + limit]]
    more = len(rows) > offset + limit
    return {"accounts": page, "has_next": more, "cursor": str(offset + limit) if more else "", "size": len(page)}


def account(call: Call) -> Any:
    """`GET /api/v3/brokerage/accounts/{}`."""
    for row in wallets(call):
        if account_name(call.account.account_id, row.asset) == call.part:
            return {"account": _account(call.account, row)}
    raise not_found("Account")


def wallets(call: Call) -> list[Balance]:
    """What is held, and everything that could be."""
    held = {row.asset: row for row in call.exchange.store.accounts.balances(call.account.account_id)}
    missing = (Balance(asset, ZERO, ZERO) for asset in call.products.assets if asset not in held)
    return sorted((*held.values(), *missing), key=lambda row: row.asset)


def portfolio_name(account: Account) -> str:
    """The UUID of the only portfolio."""
    return str(uuid5(_PORTFOLIOS, str(account.account_id)))


def _account(owner: Account, row: Balance) -> dict[str, Any]:
    opened = instant(owner.created_at_ms)
    return {
        "uuid": account_name(owner.account_id, row.asset),
        "name": f"{row.asset} Wallet",
        "currency": row.asset,
        "available_balance": {"value": format_amount(row.free), "currency": row.asset},
        "default": True,
        "active": True,
        "created_at": opened,
        "updated_at": opened,
        "deleted_at": None,
        "type": "ACCOUNT_TYPE_FIAT" if row.asset in FIAT else "ACCOUNT_TYPE_CRYPTO",
        "ready": True,
        "hold": {"value": format_amount(row.locked), "currency": row.asset},
        "retail_portfolio_id": portfolio_name(owner),
        "platform": "ACCOUNT_PLATFORM_CONSUMER",
    }


def fills(call: Call) -> Any:
    """`GET /api/v3/brokerage/orders/historical/fills`: newest first, in pages that new fills don't shift."""
    limit = min(call.number("limit", FILLS_DEFAULT) or FILLS_DEFAULT, FILLS_MAX)
    until_ms, offset = _cursor(call)
    product = call.text("product_id") or call.text("product_ids")
    asked = FillPage(
        limit + 1,
        offset,
        symbol_name(product) if product else None,
        _order_asked(call),
        call.instant("start_sequence_timestamp") or 0,
        until_ms,
    )
    rows = call.exchange.store.history.page(call.account.account_id, asked)
    cursor = f"{until_ms}.{offset + limit}" if len(rows) > limit else ""
    return {"fills": [payloads.own_fill(call.products, row) for row in rows[:limit]], "cursor": cursor}


def _order_asked(call: Call) -> int | None:
    name = call.text("order_id") or call.text("order_ids")
    number = order_of(name) if name else None
    if name and number is None:
        raise invalid("order_id must be a UUID")
    return number


def _cursor(call: Call) -> tuple[int, int]:
    """Until when and from where on: a cursor keeps the end of its first page."""
    cursor = call.text("cursor")
    if not cursor:
        until_ms = call.instant("end_sequence_timestamp")
        return min(until_ms if until_ms is not None else FOREVER_MS, call.now_ms()), 0
    until, _, offset = cursor.partition(".")
    if not until.isdecimal() or not offset.isdecimal():
        raise invalid("invalid cursor")
    return int(until), int(offset)


def transaction_summary(_call: Call) -> Any:
    """`GET /api/v3/brokerage/transaction_summary`: one tier for all."""
    rate = format_amount(FEE_RATIO)
    tier = {"pricing_tier": "Advanced 1", "usd_from": "0", "usd_to": "", "taker_fee_rate": rate, "maker_fee_rate": rate}
    return {"total_volume": 0, "total_fees": 0, "fee_tier": tier, "total_balance": "0"}


def key_permissions(call: Call) -> Any:
    """`GET /api/v3/brokerage/key_permissions`."""
    may = call.account.permissions
    return {
        "can_view": may.read,
        "can_trade": may.trade,
        "can_transfer": may.withdraw,
        "portfolio_uuid": portfolio_name(call.account),
        "portfolio_type": "DEFAULT",
    }
