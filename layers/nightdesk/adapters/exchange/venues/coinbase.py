"""Coinbase's accounts, by Advanced Trade and the App API through ccxt's client.

Fills are of all products at once, newest first, in pages whose cursor new fills don't shift. Everything else that
moved a balance (deposits, withdrawals, conversions, rewards) is listed by wallet.

Source: https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api (accounts, orders, data), 2026-11.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from nightdesk.accounts.horizon import HORIZONS
from nightdesk.accounts.model import (
    Cursor,
    HistoryPage,
    KeyPermissions,
    KnownHistory,
    ReportedBalance,
    StreamStart,
)
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.venues import coinbase_rows as rows
from nightdesk.adapters.exchange.venues import coinbase_wallets
from nightdesk.adapters.exchange.venues.coinbase_keys import secrets
from nightdesk.adapters.exchange.venues.reading import (
    Row,
    code_of,
    exact,
    object_of,
    rows_of,
    sorted_out,
    spot_instrument,
)
from nightdesk.kernel.assets import AssetId, VenueId, asset_id
from nightdesk.kernel.errors import InvalidInput, NotFound
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import ZERO, add
from nightdesk.markets.model import Price

VENUE: Final = VenueId("coinbase")
WEIGHT_LIMIT: Final = 540
"""Ten public calls a second and address; a tenth is left for others at the same address."""

ACCOUNT_WEIGHT_LIMIT: Final = 1_620
"""Thirty a second and key, less a tenth."""

USED_HEADER: Final = ""
"""What is left is told by the second, not what is used by the minute."""

POLL_EVERY_S: Final = 5.0
"""How often balances are asked for to follow an account."""

HISTORY_HORIZON: Final[timedelta | None] = HORIZONS.get(VENUE)
"""Own trades are told from the account's beginning."""

KEY_CODES: Final[frozenset[int]] = frozenset()
OPTIONS: Final[dict[str, Any]] = {}

TRADES: Final = "trades"
WALLETS: Final = "wallets"
FILLS_ROWS: Final = 250
ACCOUNTS_ROWS: Final = 250
ACCOUNTS_PAGES_MAX: Final = 40
OVERLAP: Final = timedelta(days=1)

__all__ = ["balances", "history_page", "permissions", "secrets", "streams", "tickers"]


async def permissions(client: VenueClient) -> KeyPermissions:
    """What the key may do, as Coinbase says; to which addresses it is bound, it does not say."""
    said = object_of(await _ask(client, "v3_private_get_brokerage_key_permissions"))
    return KeyPermissions(
        may_read=said.get("can_view") is True,
        may_trade=said.get("can_trade") is True,
        may_withdraw=said.get("can_transfer") is True,
        ip_bound=None,
        checked_at=client.now(),
    )


async def balances(client: VenueClient) -> tuple[ReportedBalance, ...]:
    """What the account holds, wallets of one asset together; assets of which it holds nothing are left out."""
    totals: defaultdict[AssetId, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for row in await _accounts(client):
        try:
            asset = asset_id(code_of(client)(str(row["currency"])))
            free, locked = exact(row["available_balance"]["value"]), exact(row["hold"]["value"])
        except (InvalidInput, KeyError, TypeError):
            continue
        known_free, known_locked = totals[asset]
        totals[asset] = [add(known_free, free), add(known_locked, locked)]
    return tuple(
        ReportedBalance(asset=asset, free=free, locked=locked)
        for asset, (free, locked) in sorted(totals.items())
        if free or locked
    )


async def streams(client: VenueClient, known: KnownHistory) -> tuple[StreamStart, ...]:  # noqa: ARG001 - the same for all
    """What moved in the wallets, then the trades."""
    return tuple(StreamStart(stream=stream) for stream in (WALLETS, TRADES))


async def history_page(client: VenueClient, stream: str, cursor: Cursor) -> HistoryPage:
    """A page of own trades, or of one wallet's transactions.

    Raises:
        NotFound: `import.stream_unknown`.
    """
    if stream == TRADES:
        return await _trades(client, cursor)
    if stream == WALLETS:
        wallets = sorted(str(row.get("uuid")) for row in await _accounts(client))
        return await coinbase_wallets.page(client, wallets, cursor)
    raise NotFound("import.stream_unknown", "There is no such stream of history.")


async def tickers(client: VenueClient) -> tuple[Price, ...]:
    """Every product's last price; products of unknown names are left out. Coinbase tells no time: it is now."""
    said = object_of(await client.call("v3_public_get_brokerage_market_products", {"product_type": "SPOT"}))
    found = (_price(client, row) for row in rows_of(said.get("products")))
    return tuple(price for price in found if price is not None)


async def _trades(client: VenueClient, cursor: Cursor) -> HistoryPage:
    ask: dict[str, str | int] = {"limit": str(FILLS_ROWS)}
    if cursor.get("since"):
        ask["start_sequence_timestamp"] = str(cursor["since"])
    if cursor.get("next"):
        ask["cursor"] = str(cursor["next"])
    said = object_of(await _ask(client, "v3_private_get_brokerage_orders_historical_fills", ask))
    listed, following = rows_of(said.get("fills")), said.get("cursor")
    booked = (rows.fill(row, spot_instrument(client, VENUE, row.get("product_id"))) for row in reversed(listed))
    facts, skips = sorted_out(booked)
    again = cursor.get("again") or _again(listed) or cursor.get("since")
    if not following or not listed:
        start: Cursor = {"since": again} if again else {}
        return HistoryPage(facts=facts, skips=skips, cursor=start, finished=True, done_ratio=1.0)
    onwards: Cursor = {**cursor, "next": str(following), "again": again}
    return HistoryPage(facts=facts, skips=skips, cursor=onwards, finished=False, done_ratio=0.5)


def _again(listed: list[Row]) -> str | None:
    """From when on the next import looks again: a day before the newest."""
    if not listed:
        return None
    try:
        newest = parse_instant(str(listed[0].get("sequence_timestamp") or listed[0].get("trade_time")))
    except InvalidInput:
        raise errors.malformed() from None
    return format_instant(newest - OVERLAP)


async def _accounts(client: VenueClient) -> list[Row]:
    """Every wallet; Coinbase names the next page.

    Raises:
        Unavailable: `venue.answer_malformed`: there is no end to the pages.
    """
    found: list[Row] = []
    ask: dict[str, str | int] = {"limit": str(ACCOUNTS_ROWS)}
    for _ in range(ACCOUNTS_PAGES_MAX):
        said = object_of(await _ask(client, "v3_private_get_brokerage_accounts", ask))
        found += rows_of(said.get("accounts"))
        if not said.get("has_next"):
            return found
        ask["cursor"] = str(said.get("cursor"))
    raise errors.malformed()


async def _ask(client: VenueClient, method: str, ask: dict[str, str | int] | None = None) -> Any:
    """Signed calls count against the key."""
    return await client.call(method, ask, weight=0, account_weight=1)


def _price(client: VenueClient, row: Row) -> Price | None:
    instrument = spot_instrument(client, VENUE, row.get("product_id"))
    try:
        last = exact(row["price"])
    except (InvalidInput, KeyError, TypeError):
        return None
    if instrument is None or last <= ZERO:
        return None
    return Price(instrument=instrument, last=last, at=client.now())
