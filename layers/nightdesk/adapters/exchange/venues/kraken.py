"""Kraken spot, by its REST protocol through ccxt's client.

History is of all markets at once. Own trades come newest first, fifty a page; an import fixes the newest it will
read and goes through the pages from the last one to the first, so that trades made meanwhile shift nothing.
Deposits and withdrawals come in pages that name the next one.

Source: https://docs.kraken.com/api/docs/category/rest-api/account-data (…/funding), 2026-11.
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
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.currency_codes import known_code
from nightdesk.adapters.exchange.venues import kraken_ledgers
from nightdesk.adapters.exchange.venues import kraken_rows as rows
from nightdesk.adapters.exchange.venues.reading import Code, Row, exact, object_of, rows_of, sorted_out, whole
from nightdesk.kernel.assets import AssetId, Instrument, VenueId, asset_id
from nightdesk.kernel.errors import InvalidInput, NotFound
from nightdesk.kernel.money import ZERO, add, subtract
from nightdesk.markets.model import Price

VENUE: Final = VenueId("kraken")
WEIGHT_LIMIT: Final = 60
"""One public call a second and address."""

ACCOUNT_WEIGHT_LIMIT: Final = 18
"""The counter of the lowest tier sinks by twenty a minute."""

USED_HEADER: Final = ""
"""Kraken does not say what is used."""

POLL_EVERY_S: Final = 10.0
"""How often balances are asked for to follow an account: a call fills the counter by what sinks in three seconds."""

HISTORY_HORIZON: Final[timedelta | None] = HORIZONS.get(VENUE)
"""Own trades are told from the account's beginning."""

KEY_CODES: Final[frozenset[int]] = frozenset()
OPTIONS: Final[dict[str, Any]] = {}

TRADES: Final = "trades"
DEPOSITS: Final = "deposits"
WITHDRAWALS: Final = "withdrawals"
PAGE_ROWS: Final = 50
MOVEMENTS_ROWS: Final = 100
OVERLAP_S: Final = 86_400
_HISTORY_WEIGHT: Final = 2

_WALLETS: Final = frozenset({"S", "M", "F", "B", "P", "T", "HOLD"})
"""Suffixes of what is staked, earns rewards or is held back: the same asset in another wallet."""


async def permissions(client: VenueClient) -> KeyPermissions:
    """What the key may do, as the venue says; a key of another secret fails here."""
    said = object_of(await _ask(client, "private_post_getapikeyinfo"))
    granted = set(said.get("permissions") or ())
    return KeyPermissions(
        may_read={"query-funds", "query-closed-trades"} <= granted,
        may_trade="modify-trades" in granted,
        may_withdraw="withdraw-funds" in granted,
        ip_bound=bool(said.get("ip_allowlist")),
        checked_at=client.now(),
    )


async def balances(client: VenueClient) -> tuple[ReportedBalance, ...]:
    """What the account holds, wallets of one asset together; assets of which it holds nothing are left out."""
    said = object_of(await _ask(client, "private_post_balanceex"))
    totals: defaultdict[AssetId, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for name, row in said.items():
        try:
            asset = asset_id(_code(client)(name))
            total, held = exact(row["balance"]), exact(row.get("hold_trade", "0"))
        except (InvalidInput, KeyError, TypeError):
            continue
        free, locked = totals[asset]
        totals[asset] = [add(free, subtract(total, held)), add(locked, held)]
    return tuple(
        ReportedBalance(asset=asset, free=free, locked=locked)
        for asset, (free, locked) in sorted(totals.items())
        if free or locked
    )


async def streams(client: VenueClient, known: KnownHistory) -> tuple[StreamStart, ...]:  # noqa: ARG001 - the same for all
    """Deposits, trades, withdrawals, what was handed out: each of all assets and markets."""
    every = (DEPOSITS, TRADES, WITHDRAWALS, *kraken_ledgers.STREAMS)
    return tuple(StreamStart(stream=stream) for stream in every)


async def history_page(client: VenueClient, stream: str, cursor: Cursor) -> HistoryPage:
    """A page of own trades, of movements, or of what was handed out.

    Raises:
        NotFound: `import.stream_unknown`.
    """
    if stream == TRADES:
        return await _trades(client, cursor)
    if stream in {DEPOSITS, WITHDRAWALS}:
        return await _movements(client, stream, cursor)
    if stream in kraken_ledgers.STREAMS:
        ask = kraken_ledgers.asked(stream, cursor)
        said = object_of(await _ask(client, "private_post_ledgers", ask, weight=_HISTORY_WEIGHT))
        return kraken_ledgers.page(object_of(said.get("ledger")), cursor, _code(client))
    raise NotFound("import.stream_unknown", "There is no such stream of history.")


async def tickers(client: VenueClient) -> tuple[Price, ...]:
    """Every market's last price; markets of unknown names are left out. Kraken tells no time: it is now."""
    said = object_of(object_of(await client.call("public_get_ticker")).get("result"))
    found = (_price(client, name, row) for name, row in said.items())
    return tuple(price for price in found if price is not None)


async def _trades(client: VenueClient, cursor: Cursor) -> HistoryPage:
    window = _window(cursor)
    left, total = whole(cursor.get("left")), whole(cursor.get("total"))
    if left is None or total is None:
        said = await _trades_said(client, window)
        named = object_of(said.get("trades"))
        if not named:
            return HistoryPage(facts=(), skips=(), cursor=cursor, finished=True, done_ratio=1.0)
        newest_name, newest = max(named.items(), key=lambda pair: Decimal(str(pair[1]["time"])))
        left = total = int(said["count"])
        window |= {"end": newest_name}
        cursor = {**cursor, "until": newest_name, "again_s": int(Decimal(str(newest["time"]))) - OVERLAP_S}
    offset = max(left - PAGE_ROWS, 0)
    said = await _trades_said(client, window | {"ofs": str(offset)})
    unread = list(object_of(said.get("trades")).items())[: left - offset]
    facts, skips = sorted_out(rows.trade(name, row, _instrument(client, row.get("pair"))) for name, row in unread[::-1])
    if offset == 0:
        start = {"since_s": cursor.get("again_s")}
        return HistoryPage(facts=facts, skips=skips, cursor=start, finished=True, done_ratio=1.0)
    onwards: Cursor = {**cursor, "left": offset, "total": total}
    return HistoryPage(facts=facts, skips=skips, cursor=onwards, finished=False, done_ratio=1 - offset / total)


def _window(cursor: Cursor) -> dict[str, str]:
    """What has been fixed of the window so far."""
    asked = {"start": cursor.get("since_s"), "end": cursor.get("until")}
    return {name: str(value) for name, value in asked.items() if value is not None}


async def _trades_said(client: VenueClient, ask: dict[str, str]) -> dict[str, Any]:
    return object_of(await _ask(client, "private_post_tradeshistory", ask, weight=_HISTORY_WEIGHT))


async def _movements(client: VenueClient, stream: str, cursor: Cursor) -> HistoryPage:
    ask = {"cursor": str(cursor.get("next") or "true"), "limit": str(MOVEMENTS_ROWS)}
    if cursor.get("since_s") is not None:
        ask["start"] = str(cursor["since_s"])
    method, book = ("private_post_depositstatus", rows.deposit)
    if stream == WITHDRAWALS:
        method, book = ("private_post_withdrawstatus", rows.withdrawal)
    said = await _ask(client, method, ask)
    page, following = _movements_said(said)
    settled = [row for row in page if not rows.is_pending(row)]
    facts, skips = sorted_out(book(row, _code(client)) for row in reversed(settled))
    again_s = _again_s(cursor, page)
    if following is None:
        start: Cursor = {} if again_s is None else {"since_s": again_s}
        return HistoryPage(facts=facts, skips=skips, cursor=start, finished=True, done_ratio=1.0)
    onwards: Cursor = {**cursor, "next": following, "again_s": again_s}
    return HistoryPage(facts=facts, skips=skips, cursor=onwards, finished=False, done_ratio=0.5)


def _movements_said(said: object) -> tuple[list[Row], str | None]:
    """The rows and the name of the next page; a venue that pages not answers with the rows alone."""
    if isinstance(said, list):
        return rows_of(said), None
    answer = object_of(said)
    found = next((value for value in answer.values() if isinstance(value, list)), [])
    following = answer.get("next_cursor")
    return rows_of(found), str(following) if following else None


def _again_s(cursor: Cursor, page: list[Row]) -> int | None:
    """From when on the next import looks again: a day before the newest, or at the oldest that is pending."""
    times = [int(Decimal(str(row["time"]))) for row in page if "time" in row]
    pending = [int(Decimal(str(row["time"]))) for row in page if rows.is_pending(row) and "time" in row]
    known = whole(cursor.get("again_s"))
    newest = [max(times) - OVERLAP_S] if times and known is None else []
    candidates = [*newest, *pending, *([known] if known is not None else [])]
    return min(candidates, default=whole(cursor.get("since_s")))


async def _ask(client: VenueClient, method: str, ask: dict[str, str] | None = None, *, weight: int = 1) -> Any:
    """What stands in `result`; private calls count against the key."""
    return object_of(await client.call(method, ask, weight=0, account_weight=weight)).get("result")


def _instrument(client: VenueClient, name: object) -> Instrument | None:
    """The market of any of a pair's names; ccxt would pass an unknown one off as a symbol."""
    market = client.raw.find_market_by_altname_or_id(name)
    if not market or "/" not in str(market.get("symbol")):
        return None
    try:
        return Instrument(VENUE, asset_id(market["base"]), asset_id(market["quote"]))
    except InvalidInput:
        return None


def _price(client: VenueClient, name: str, row: Row) -> Price | None:
    instrument = _instrument(client, name)
    try:
        last = exact(row["c"][0])
    except (InvalidInput, KeyError, IndexError, TypeError):
        return None
    if instrument is None or last <= ZERO:
        return None
    return Price(instrument=instrument, last=last, at=client.now())


def _code(client: VenueClient) -> Code:
    known = known_code(client.raw)

    def code(name: str) -> str:
        asset, _, wallet = name.partition(".")
        return known(asset if wallet in _WALLETS else name)

    return code
