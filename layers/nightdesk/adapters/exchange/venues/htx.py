"""HTX spot, by its REST protocol through ccxt's client.

Own trades are told for the last 120 days only, in windows of 48 hours, newest first; an import goes through the
windows from the oldest to the newest. Deposits and withdrawals are numbered, and read upwards from a number.

Source: https://huobiapi.github.io/docs/spot/v1/en/#search-match-results (…#search-for-existed-withdraws-and-deposits,
…#api-key-query), 2026-11.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from nightdesk.accounts.horizon import HORIZONS, SLACK
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
from nightdesk.adapters.exchange.venues import htx_rows as rows
from nightdesk.adapters.exchange.venues.reading import (
    Row,
    code_of,
    digits,
    exact_json,
    object_of,
    rows_of,
    sorted_out,
    spot_instrument,
    whole,
)
from nightdesk.kernel.assets import AssetId, VenueId, asset_id
from nightdesk.kernel.errors import InvalidInput, NotFound
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import ZERO, add
from nightdesk.markets.model import Price

VENUE: Final = VenueId("htx")
WEIGHT_LIMIT: Final = 2_160
"""120 public calls in three seconds and address; a tenth is left for others at the same address."""

ACCOUNT_WEIGHT_LIMIT: Final = 540
"""Ten private calls a second and key, less a tenth."""

USED_HEADER: Final = ""
"""What is left is told by the second, not what is used by the minute."""

POLL_EVERY_S: Final = 5.0
"""How often balances are asked for to follow an account."""

KEY_CODES: Final[frozenset[int]] = frozenset()
OPTIONS: Final[dict[str, Any]] = {
    "options": {"fetchMarkets": {"types": {"spot": True, "linear": False, "inverse": False}}, "defaultType": "spot"},
    "on_json_response": exact_json,
}

TRADES: Final = "trades"
DEPOSITS: Final = "deposits"
WITHDRAWALS: Final = "withdrawals"
PAGE_ROWS: Final = 500
WINDOWS_A_CALL: Final = 12

HISTORY_HORIZON: Final = HORIZONS[VENUE]
"""Own trades older than this are not told."""

_HOUR_MS: Final = 3_600_000
WINDOW_MS: Final = 48 * _HOUR_MS - 1
HORIZON_MS: Final = (HISTORY_HORIZON - SLACK) // timedelta(milliseconds=1)

OVERLAP_MS: Final = 24 * _HOUR_MS
_LOCKED: Final = frozenset({"frozen", "lock", "bank"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """At most 48 hours of trades.

    Attributes:
        before: Only records below this number are left of it.
    """

    from_ms: int
    until_ms: int
    before: int | None = None


async def permissions(client: VenueClient) -> KeyPermissions:
    """What the key may do, as the venue says; a key of another secret fails here."""
    user = object_of(await _ask(client, "spot_private_get_v2_user_uid")).get("data")
    ask: dict[str, str | int] = {"uid": str(user), "accessKey": str(client.raw.apiKey)}
    said = rows_of(object_of(await _ask(client, "spot_private_get_v2_user_api_key", ask)).get("data"))
    row = next((row for row in said if row.get("accessKey") == client.raw.apiKey), None)
    if row is None:
        raise errors.malformed()
    granted = {name.strip() for name in str(row.get("permission")).split(",")}
    return KeyPermissions(
        may_read="readOnly" in granted,
        may_trade="trade" in granted,
        may_withdraw="withdraw" in granted,
        ip_bound=bool(row.get("ipAddresses")),
        checked_at=client.now(),
    )


async def balances(client: VenueClient) -> tuple[ReportedBalance, ...]:
    """What the spot account holds; assets of which it holds nothing are left out."""
    said = rows_of(object_of(await _ask(client, "spot_private_get_v1_account_accounts")).get("data"))
    totals: defaultdict[AssetId, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for account in said:
        if account.get("type") != "spot":
            continue
        method = "spot_private_get_v1_account_accounts_account_id_balance"
        held = object_of(object_of(await _ask(client, method, {"account-id": str(account["id"])})).get("data"))
        for row in rows_of(held.get("list")):
            _count(client, row, totals)
    return tuple(
        ReportedBalance(asset=asset, free=free, locked=locked)
        for asset, (free, locked) in sorted(totals.items())
        if free or locked
    )


def _count(client: VenueClient, row: Row, totals: defaultdict[AssetId, list[Decimal]]) -> None:
    kind = row.get("type")
    try:
        asset, amount = asset_id(code_of(client)(str(row["currency"]))), digits(row["balance"])
    except (InvalidInput, KeyError, TypeError):
        return
    if kind == "trade":
        totals[asset][0] = add(totals[asset][0], amount)
    elif kind in _LOCKED:
        totals[asset][1] = add(totals[asset][1], amount)


async def streams(client: VenueClient, known: KnownHistory) -> tuple[StreamStart, ...]:  # noqa: ARG001 - the same for all
    """Deposits, trades, withdrawals: each of all assets and markets."""
    return tuple(StreamStart(stream=stream) for stream in (DEPOSITS, TRADES, WITHDRAWALS))


async def history_page(client: VenueClient, stream: str, cursor: Cursor) -> HistoryPage:
    """A page of own trades, or of transfers.

    Raises:
        NotFound: `import.stream_unknown`.
    """
    if stream == TRADES:
        return await _trades(client, cursor)
    if stream in {DEPOSITS, WITHDRAWALS}:
        return await _transfers(client, "deposit" if stream == DEPOSITS else "withdraw", cursor)
    raise NotFound("import.stream_unknown", "There is no such stream of history.")


async def tickers(client: VenueClient) -> tuple[Price, ...]:
    """Every market's last price; markets of unknown names are left out."""
    said = object_of(await client.call("spot_public_get_market_tickers"))
    at_ms = _ms(said.get("ts"))
    found = (_price(client, row, at_ms) for row in rows_of(said.get("data")))
    return tuple(price for price in found if price is not None)


async def _trades(client: VenueClient, cursor: Cursor) -> HistoryPage:
    now_ms = await _market_ms(client)
    oldest_ms = now_ms - HORIZON_MS
    window = _window(cursor, oldest_ms, now_ms)
    for turn in range(WINDOWS_A_CALL):
        page, following = await _window_page(client, window)
        if following is None and window.until_ms >= now_ms:
            start: Cursor = {"from_ms": max(window.until_ms - OVERLAP_MS, oldest_ms)}
            return _trades_page(client, page, start, 1.0)
        window = following or _Window(from_ms=window.until_ms + 1, until_ms=_end(window.until_ms + 1, now_ms))
        if page or turn == WINDOWS_A_CALL - 1:
            break
    onwards: Cursor = {"from_ms": window.from_ms, "until_ms": window.until_ms, "before": window.before}
    return _trades_page(client, page, onwards, min((window.from_ms - oldest_ms) / HORIZON_MS, 0.999))


def _window(cursor: Cursor, oldest_ms: int, now_ms: int) -> _Window:
    from_ms = max(whole(cursor.get("from_ms")) or 0, oldest_ms)
    return _Window(
        from_ms=from_ms,
        until_ms=max(whole(cursor.get("until_ms")) or _end(from_ms, now_ms), from_ms),
        before=whole(cursor.get("before")),
    )


def _end(from_ms: int, now_ms: int) -> int:
    return max(min(from_ms + WINDOW_MS, now_ms), from_ms)


async def _window_page(client: VenueClient, window: _Window) -> tuple[list[Row], _Window | None]:
    """The newest records of a window, and what is left of it."""
    ask: dict[str, str | int] = {
        "start-time": str(window.from_ms),
        "end-time": str(window.until_ms),
        "size": str(PAGE_ROWS),
    }
    if window.before is not None:
        ask |= {"from": str(window.before), "direct": "next"}
    said = rows_of(object_of(await _ask(client, "spot_private_get_v1_order_matchresults", ask)).get("data"))
    fresh = [row for row in said if window.before is None or _number(row) < window.before]
    if len(said) < PAGE_ROWS or not fresh:
        return fresh, None
    return fresh, _Window(from_ms=window.from_ms, until_ms=window.until_ms, before=min(map(_number, fresh)))


def _trades_page(client: VenueClient, page: list[Row], cursor: Cursor, done_ratio: float) -> HistoryPage:
    code = code_of(client)
    oldest_first = sorted(page, key=_number)
    found = (rows.trade(row, spot_instrument(client, VENUE, row.get("symbol")), code) for row in oldest_first)
    facts, skips = sorted_out(found)
    return HistoryPage(facts=facts, skips=skips, cursor=cursor, finished=done_ratio == 1, done_ratio=done_ratio)


async def _transfers(client: VenueClient, kind: str, cursor: Cursor) -> HistoryPage:
    begin, held = whole(cursor.get("from")), whole(cursor.get("held"))
    ask: dict[str, str | int] = {"type": kind, "direct": "prev", "size": str(PAGE_ROWS)}
    if begin is not None:
        ask["from"] = str(begin)
    said = rows_of(object_of(await _ask(client, "spot_private_get_v1_query_deposit_withdraw", ask)).get("data"))
    oldest_first = sorted(said, key=_number)
    pending = [_number(row) for row in oldest_first if rows.is_pending(row)]
    facts, skips = sorted_out(rows.transfer(row, code_of(client)) for row in oldest_first if not rows.is_pending(row))
    held = min([*pending, *([] if held is None else [held])], default=None)
    last = _number(oldest_first[-1]) if oldest_first else begin
    finished = len(said) < PAGE_ROWS or last == begin
    start: Cursor = {"from": last if held is None else held}
    onwards: Cursor = {"from": last, "held": held}
    done_ratio = 1.0 if finished else 0.5
    cursor = start if finished else onwards
    return HistoryPage(facts=facts, skips=skips, cursor=cursor, finished=finished, done_ratio=done_ratio)


async def _market_ms(client: VenueClient) -> int:
    """The time of the venue's markets; a venue that replays the past has another clock besides."""
    names = [str(market["id"]) for market in client.raw.markets.values() if market["spot"] and market["active"]]
    if not names:
        raise errors.malformed()
    name = "btcusdt" if "btcusdt" in names else min(names)
    return _ms(object_of(await client.call("spot_public_get_market_detail_merged", {"symbol": name})).get("ts"))


async def _ask(client: VenueClient, method: str, ask: dict[str, str | int] | None = None) -> Any:
    """Signed calls count against the key."""
    return await client.call(method, ask, weight=0, account_weight=1)


def _number(row: Row) -> int:
    """A record's number, by which pages are cut.

    Raises:
        Unavailable: `venue.answer_malformed`.
    """
    return _ms(row.get("id"))


def _ms(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise errors.malformed() from None


def _price(client: VenueClient, row: Row, at_ms: int) -> Price | None:
    instrument = spot_instrument(client, VENUE, row.get("symbol"))
    try:
        last = digits(row["close"])
    except (InvalidInput, KeyError, TypeError):
        return None
    if instrument is None or last <= ZERO:
        return None
    return Price(instrument=instrument, last=last, at=from_ms(at_ms))
