"""Bitfinex, by its REST protocol through ccxt's client.

Amounts come as JSON numbers in arrays: the answer is read so that no float comes near them. Own trades are of all
markets at once and read from the oldest on; movements and interest come newest first. Pages are cut by time, so the
rows of the last millisecond are asked for again and those that were read already are left out.

Source: https://docs.bitfinex.com/reference (rest-auth-trades, rest-auth-movements, rest-auth-ledgers,
rest-auth-key-permissions), 2026-11.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
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
from nightdesk.adapters.exchange.venues import bitfinex_rows as rows
from nightdesk.adapters.exchange.venues.reading import (
    code_of,
    digits,
    exact_json,
    sorted_out,
    spot_instrument,
    whole,
)
from nightdesk.kernel.assets import AssetId, VenueId, asset_id
from nightdesk.kernel.errors import InvalidInput, NotFound
from nightdesk.kernel.money import ZERO, add, subtract
from nightdesk.markets.model import Price

VENUE: Final = VenueId("bitfinex")
WEIGHT_LIMIT: Final = 81
"""90 requests a minute, endpoint and address; a tenth is left, and all endpoints are counted as one."""

ACCOUNT_WEIGHT_LIMIT: Final = 81
USED_HEADER: Final = ""
"""Bitfinex does not say what is used."""

POLL_EVERY_S: Final = 15.0
"""How often balances are asked for to follow an account: all that are followed share 90 a minute and address."""

HISTORY_HORIZON: Final[timedelta | None] = HORIZONS.get(VENUE)
"""Own trades are told from the account's beginning."""

KEY_CODES: Final[frozenset[int]] = frozenset()
OPTIONS: Final[dict[str, Any]] = {"on_json_response": exact_json}

TRADES: Final = "trades"
MOVEMENTS: Final = "movements"
INTEREST: Final = "interest"
TRADES_ROWS: Final = 2_500
MOVEMENTS_ROWS: Final = 1_000
LEDGER_ROWS: Final = 2_500
OVERLAP_MS: Final = 86_400_000
_INTEREST_CATEGORY: Final = 28
"""Ledger lines of "margin funding payment"."""

_OLDEST_FIRST: Final = 1
_READ, _WRITE = 1, 2


async def permissions(client: VenueClient) -> KeyPermissions:
    """What the key may do, as Bitfinex says; to which addresses it is bound, it does not say."""
    said = {str(row[0]): row for row in _listed(await _ask(client, "private_post_auth_r_permissions"))}
    reads = (_may(said, scope, _READ) for scope in ("wallets", "orders"))
    return KeyPermissions(
        may_read=all(reads),
        may_trade=_may(said, "orders", _WRITE),
        may_withdraw=_may(said, "withdraw", _WRITE),
        ip_bound=None,
        checked_at=client.now(),
    )


def _may(said: Mapping[str, rows.Listed], scope: str, place: int) -> bool:
    row = said.get(scope, ())
    return len(row) > place and row[place] == 1


async def balances(client: VenueClient) -> tuple[ReportedBalance, ...]:
    """What the account holds, its wallets together; assets of which it holds nothing are left out."""
    totals: defaultdict[AssetId, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for row in _listed(await _ask(client, "private_post_auth_r_wallets")):
        try:
            asset, total = asset_id(code_of(client)(str(row[1]))), digits(row[2])
            free = total if row[4] is None else digits(row[4])
        except (InvalidInput, IndexError, TypeError):
            continue
        known_free, known_locked = totals[asset]
        totals[asset] = [add(known_free, free), add(known_locked, subtract(total, free))]
    return tuple(
        ReportedBalance(asset=asset, free=free, locked=locked)
        for asset, (free, locked) in sorted(totals.items())
        if free or locked
    )


async def streams(client: VenueClient, known: KnownHistory) -> tuple[StreamStart, ...]:  # noqa: ARG001 - the same for all
    """Deposits and withdrawals, trades, interest: each of all assets and markets."""
    return tuple(StreamStart(stream=stream) for stream in (MOVEMENTS, TRADES, INTEREST))


async def history_page(client: VenueClient, stream: str, cursor: Cursor) -> HistoryPage:
    """A page of own trades, of movements, or of interest.

    Raises:
        NotFound: `import.stream_unknown`.
    """
    if stream == TRADES:
        return await _trades(client, cursor)
    if stream == MOVEMENTS:
        return await _movements(client, cursor)
    if stream == INTEREST:
        return await _interest(client, cursor)
    raise NotFound("import.stream_unknown", "There is no such stream of history.")


async def tickers(client: VenueClient) -> tuple[Price, ...]:
    """Every market's last price; markets of unknown names are left out. Bitfinex tells no time: it is now."""
    said = _listed(await client.call("public_get_tickers", {"symbols": "ALL"}))
    found = (_price(client, row) for row in said)
    return tuple(price for price in found if price is not None)


async def _trades(client: VenueClient, cursor: Cursor) -> HistoryPage:
    """The oldest that were not read yet."""
    from_ms, seen = whole(cursor.get("from_ms")), _seen(cursor)
    ask: dict[str, str | int] = {"limit": TRADES_ROWS, "sort": _OLDEST_FIRST, "start": from_ms or 0}
    said = [rows.trade_row(row) for row in _listed(await _ask(client, "private_post_auth_r_trades_hist", ask))]
    fresh = sorted((row for row in said if rows.place(row) not in seen), key=rows.place)
    code = code_of(client)
    facts, skips = sorted_out(rows.trade(row, spot_instrument(client, VENUE, row.get("pair")), code) for row in fresh)
    newest_ms = max((rows.place(row)[0] for row in said), default=from_ms)
    if len(said) < TRADES_ROWS:
        start: Cursor = {} if newest_ms is None else {"from_ms": max(newest_ms - OVERLAP_MS, 0)}
        return HistoryPage(facts=facts, skips=skips, cursor=start, finished=True, done_ratio=1.0)
    _require_progress(fresh)
    onwards: Cursor = {"from_ms": newest_ms, "seen": _at_edge(said, newest_ms)}
    return HistoryPage(facts=facts, skips=skips, cursor=onwards, finished=False, done_ratio=0.5)


async def _movements(client: VenueClient, cursor: Cursor) -> HistoryPage:
    ask = _backwards(cursor, MOVEMENTS_ROWS)
    said = [rows.movement_row(row) for row in _listed(await _ask(client, "private_post_auth_r_movements_hist", ask))]
    code = code_of(client)
    return _going_back(said, cursor, MOVEMENTS_ROWS, lambda row: rows.movement(row, code))


async def _interest(client: VenueClient, cursor: Cursor) -> HistoryPage:
    ask = _backwards(cursor, LEDGER_ROWS) | {"category": _INTEREST_CATEGORY}
    said = [rows.ledger_row(row) for row in _listed(await _ask(client, "private_post_auth_r_ledgers_hist", ask))]
    code = code_of(client)
    done = [{**row, "status": rows.DONE} for row in said]
    return _going_back(done, cursor, LEDGER_ROWS, lambda row: rows.payment(row, code))


def _backwards(cursor: Cursor, limit: int) -> dict[str, str | int]:
    """The newest rows until where the last page ended."""
    since_ms, until_ms = whole(cursor.get("since_ms")), whole(cursor.get("until_ms"))
    ask: dict[str, str | int] = {"limit": limit}
    if since_ms is not None:
        ask["start"] = since_ms
    return ask if until_ms is None else {**ask, "end": until_ms}


def _going_back(said: list[dict[str, Any]], cursor: Cursor, limit: int, book: rows.Book) -> HistoryPage:
    """A page of rows that come newest first; the next import begins a day before the newest, or at what is pending."""
    seen = _seen(cursor)
    fresh = sorted((row for row in said if rows.place(row) not in seen), key=rows.place)
    facts, skips = sorted_out(book(row) for row in fresh if not rows.is_pending(row))
    pending = [rows.place(row)[0] for row in fresh if rows.is_pending(row)]
    again_ms = whole(cursor.get("again_ms"))
    newest = [max(rows.place(fresh[-1])[0] - OVERLAP_MS, 0)] if fresh and again_ms is None else []
    again_ms = min([*newest, *pending, *([] if again_ms is None else [again_ms])], default=None)
    if len(said) < limit:
        since_ms = cursor.get("since_ms") if again_ms is None else again_ms
        start: Cursor = {} if since_ms is None else {"since_ms": since_ms}
        return HistoryPage(facts=facts, skips=skips, cursor=start, finished=True, done_ratio=1.0)
    _require_progress(fresh)
    oldest_ms = min(rows.place(row)[0] for row in said)
    edge: Cursor = {"until_ms": oldest_ms, "seen": _at_edge(said, oldest_ms), "again_ms": again_ms}
    onwards = {**edge, "since_ms": cursor.get("since_ms")}
    return HistoryPage(facts=facts, skips=skips, cursor=onwards, finished=False, done_ratio=0.5)


def _seen(cursor: Cursor) -> frozenset[tuple[int, str]]:
    """The rows of the edge's millisecond that were read already."""
    edge_ms = whole(cursor.get("from_ms")) if "from_ms" in cursor else whole(cursor.get("until_ms"))
    names = str(cursor.get("seen") or "")
    return frozenset((edge_ms, name) for name in names.split(",") if edge_ms is not None and name)


def _at_edge(said: Iterable[dict[str, Any]], edge_ms: int | None) -> str:
    return ",".join(number for at_ms, number in map(rows.place, said) if at_ms == edge_ms)


def _require_progress(fresh: list[dict[str, Any]]) -> None:
    """Refuse to go on at the same place for ever: a whole page within one millisecond can't be passed.

    Raises:
        Unavailable: `venue.answer_malformed`.
    """
    if not fresh:
        raise errors.malformed()


async def _ask(client: VenueClient, method: str, ask: dict[str, str | int] | None = None) -> Any:
    """Signed calls count against the address, as all do."""
    return await client.call(method, ask)


def _listed(said: object) -> list[rows.Listed]:
    """The list of arrays that was answered.

    Raises:
        Unavailable: `venue.answer_malformed`.
    """
    if not isinstance(said, list) or not all(isinstance(row, list) for row in said):
        raise errors.malformed()
    return said


def _price(client: VenueClient, row: rows.Listed) -> Price | None:
    """A ticker of a pair has its last price at the seventh place after its name; those of funding begin with an f."""
    instrument = spot_instrument(client, VENUE, row[0] if row else None)
    try:
        last = digits(row[7])
    except (InvalidInput, IndexError, TypeError):
        return None
    if instrument is None or last <= ZERO:
        return None
    return Price(instrument=instrument, last=last, at=client.now())
