"""Binance, by its REST protocol through ccxt's client: spot here, the other wallets in `binance_wallets`.

Rows are taken from ccxt's direct methods, because its unified ones turn some digits into other digits. History is by
market: own trades by ids, movements by windows of 90 days.

Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api (2026-11).
"""

from __future__ import annotations

from collections.abc import Iterable
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
    Skip,
    StreamStart,
)
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.currency_codes import known_code
from nightdesk.adapters.exchange.venues import binance_rows as rows
from nightdesk.adapters.exchange.venues import binance_wallets
from nightdesk.adapters.exchange.venues.binance_clock import times_ms
from nightdesk.kernel.assets import Instrument, VenueId, asset_id
from nightdesk.kernel.errors import InvalidInput, NotFound, RateLimited
from nightdesk.kernel.instants import from_ms, to_ms
from nightdesk.kernel.money import parse_amount
from nightdesk.ledger.model import Fact
from nightdesk.markets.model import Price

VENUE: Final = VenueId("binance")
WEIGHT_LIMIT: Final = 5_400
"""A tenth of the venue's 6,000 a minute is left for others at the same address."""

USED_HEADER: Final = "x-mbx-used-weight-1m"
ACCOUNT_WEIGHT_LIMIT: Final = 180_000
WITHDRAWALS_WEIGHT: Final = 18_000

HISTORY_HORIZON: Final[timedelta | None] = HORIZONS.get(VENUE)
"""Own trades are told from the account's beginning."""

KEY_CODES: Final = frozenset({-1022, -2008, -2014, -2015})
"""Signature wrong, key unknown, key malformed, key or address or right refused."""

OPTIONS: Final[dict[str, Any]] = {
    "options": {"fetchMarkets": {"types": ["spot"]}, "fetchMargins": False, "recvWindow": 10_000},
}

OPENED_AT_MS: Final = 1_498_867_200_000  # 2017-07-01: nobody has a history before
DAY_MS: Final = 86_400_000
WINDOW_MS: Final = 90 * DAY_MS - 1
OVERLAP_MS: Final = DAY_MS
PAGE_ROWS: Final = 1_000
WINDOWS_A_CALL: Final = 12

TRADES: Final = "trades:"
DEPOSITS: Final = "deposits"
WITHDRAWALS: Final = "withdrawals"


async def permissions(client: VenueClient) -> KeyPermissions:
    """What the key may do, as the venue says; a key of another secret fails here."""
    said = _object(await client.call("sapi_get_account_apirestrictions"))
    return KeyPermissions(
        may_read=_flag(said, "enableReading"),
        may_trade=_flag(said, "enableSpotAndMarginTrading"),
        may_withdraw=_flag(said, "enableWithdrawals"),
        ip_bound=_flag(said, "ipRestrict"),
        checked_at=client.now(),
    )


async def balances(client: VenueClient) -> tuple[ReportedBalance, ...]:
    """What the account holds in all its wallets; assets of which it holds nothing are left out."""
    said = _object(await client.call("private_get_account", {"omitZeroBalances": "true"}, weight=20))
    found = (_balance(client, row) for row in _list(said.get("balances")))
    spot = tuple(balance for balance in found if balance is not None)
    return (*spot, *await binance_wallets.balances(client))


async def streams(client: VenueClient, known: KnownHistory) -> tuple[StreamStart, ...]:
    """Deposits, then every market of which the account ever held the base or the quote, then withdrawals.

    To trade in a market one must have held one of the two; the caller asks again with what an import has brought to
    light, until there is no new stream. Markets of which both are known come first. Withdrawals weigh so much that
    looking through all the years takes minutes; they come late and begin with the account's first known event, for
    before it there was nothing to withdraw. What the other wallets have comes after them.
    """
    held = known.assets | {balance.asset for balance in await balances(client)}
    found = []
    for symbol, market in sorted(client.raw.markets.items()):
        matches = (market["base"] in held) + (market["quote"] in held)
        if matches and market["spot"]:
            found.append((-matches, f"{TRADES}{symbol}"))
    trades = [StreamStart(stream=stream) for _, stream in sorted(found)]
    if DEPOSITS not in known.streams:
        return (StreamStart(stream=DEPOSITS), *trades)
    if any(start.stream not in known.streams for start in trades) or known.earliest_at is None:
        return tuple(trades)
    withdrawals = StreamStart(stream=WITHDRAWALS, cursor={"from_ms": to_ms(known.earliest_at)})
    symbols = [start.stream.removeprefix(TRADES) for start in trades]
    return (*trades, withdrawals, *await binance_wallets.streams(client, known, symbols))


async def history_page(client: VenueClient, stream: str, cursor: Cursor) -> HistoryPage:
    """A page of own trades of one market, of movements, or of what happened in the other wallets.

    Raises:
        NotFound: `import.stream_unknown`.
    """
    if stream.startswith(TRADES):
        return await _trades(client, stream.removeprefix(TRADES), cursor)
    if stream in {DEPOSITS, WITHDRAWALS}:
        return await _movements(client, stream, cursor)
    if binance_wallets.has(stream):
        return await binance_wallets.page(client, stream, cursor)
    raise NotFound("import.stream_unknown", "There is no such stream of history.")


async def tickers(client: VenueClient) -> tuple[Price, ...]:
    """Every market's last price; markets of unknown names or that never traded are left out."""
    said = _list(await client.call("public_get_ticker_24hr", weight=80))
    return tuple(price for row in said if (price := _price(client, row)) is not None)


async def _trades(client: VenueClient, symbol: str, cursor: Cursor) -> HistoryPage:
    market = client.raw.markets.get(symbol)
    if market is None:  # delisted since it was found: nothing can be asked of it
        return HistoryPage(facts=(), skips=(), cursor=cursor, finished=True, done_ratio=1.0)
    ask = {"symbol": str(market["id"])}
    newest_ms = _whole(cursor.get("newest_ms"))
    if newest_ms is None:
        last = _list(await client.call("private_get_mytrades", ask | {"limit": "1"}, weight=20))
        if not last:
            return HistoryPage(facts=(), skips=(), cursor=cursor, finished=True, done_ratio=1.0)
        newest_ms = int(last[0]["time"])
    from_id = _whole(cursor.get("from_id")) or 0
    page = ask | {"fromId": str(from_id), "limit": str(PAGE_ROWS)}
    said = _list(await client.call("private_get_mytrades", page, weight=20))
    return _trades_page(client, sorted(said, key=lambda row: int(row["id"])), cursor, newest_ms)


def _trades_page(client: VenueClient, said: list[rows.Row], cursor: Cursor, newest_ms: int) -> HistoryPage:
    facts, skips = _sorted_out(rows.trade(row, _instrument(client, row), _code(client)) for row in said)
    finished = len(said) < PAGE_ROWS
    first_ms = _whole(cursor.get("first_ms")) or (int(said[0]["time"]) if said else newest_ms)
    last_ms = int(said[-1]["time"]) if said else newest_ms
    from_id = int(said[-1]["id"]) + 1 if said else cursor.get("from_id")
    return HistoryPage(
        facts=tuple(facts),
        skips=tuple(skips),
        # At the end of the stream only the id stays: the next import looks for the newest again.
        cursor={"from_id": from_id} if finished else {"from_id": from_id, "first_ms": first_ms, "newest_ms": newest_ms},
        finished=finished,
        done_ratio=1.0 if finished else _ratio(first_ms, last_ms, newest_ms),
    )


async def _movements(client: VenueClient, stream: str, cursor: Cursor) -> HistoryPage:
    scan = _Scan(cursor, await times_ms(client))
    for turn in range(WINDOWS_A_CALL):
        try:
            said = await _window(client, stream, scan)
        except RateLimited:
            if turn == 0:
                raise
            break  # what was looked through so far is not lost
        facts, skips, pending_ms = _settled(client, stream, said)
        scan.take(facts, skips, pending_ms)
        if said or scan.ended:
            break
    return scan.page()


class _Scan:
    """Windows of at most 90 days, looked through one after another."""

    def __init__(self, cursor: Cursor, times_ms: tuple[int, int]) -> None:
        self.from_ms = _whole(cursor.get("from_ms")) or OPENED_AT_MS
        self.offset = _whole(cursor.get("offset")) or 0
        self.ended = False
        self._held_ms = _whole(cursor.get("held_ms"))
        self._first_ms, self._last_ms = min(times_ms), max(times_ms)
        self._facts: list[Fact] = []
        self._skips: list[Skip] = []

    @property
    def until_ms(self) -> int:
        """The end of the present window."""
        return max(min(self.from_ms + WINDOW_MS, self._last_ms), self.from_ms)

    def take(self, facts: list[Fact], skips: list[Skip], pending_ms: list[int]) -> None:
        """Keep what the window held and go on to the next page of it, or to the next window."""
        self._facts, self._skips = facts, skips
        self._held_ms = min([*pending_ms, *([] if self._held_ms is None else [self._held_ms])], default=None)
        if len(facts) + len(skips) + len(pending_ms) == PAGE_ROWS:
            self.offset += PAGE_ROWS
        elif self.until_ms >= self._last_ms:
            self.ended = True
        else:
            self.from_ms, self.offset = self.until_ms + 1, 0

    def page(self) -> HistoryPage:
        """What the last window held, and where to go on."""
        return HistoryPage(
            facts=tuple(self._facts),
            skips=tuple(self._skips),
            cursor=self._again() if self.ended else self._next(),
            finished=self.ended,
            done_ratio=1.0 if self.ended else _ratio(OPENED_AT_MS, self.from_ms, self._last_ms),
        )

    def _next(self) -> Cursor:
        return {"from_ms": self.from_ms, "offset": self.offset, "held_ms": self._held_ms}

    def _again(self) -> Cursor:
        """The next import looks again from a day before, or from the oldest movement still pending."""
        again_ms = self._first_ms - OVERLAP_MS
        return {"from_ms": max(again_ms if self._held_ms is None else min(again_ms, self._held_ms), OPENED_AT_MS)}


async def _window(client: VenueClient, stream: str, scan: _Scan) -> list[rows.Row]:
    ask = {
        "startTime": str(scan.from_ms),
        "endTime": str(scan.until_ms),
        "offset": str(scan.offset),
        "limit": str(PAGE_ROWS),
    }
    if stream == DEPOSITS:
        return _list(await client.call("sapi_get_capital_deposit_hisrec", ask))
    weight = WITHDRAWALS_WEIGHT
    return _list(await client.call("sapi_get_capital_withdraw_history", ask, weight=0, account_weight=weight))


def _settled(client: VenueClient, stream: str, said: list[rows.Row]) -> tuple[list[Fact], list[Skip], list[int]]:
    """The facts and skips of a window, oldest first, and when each movement began that is still pending."""
    movement_of, book = (
        (rows.deposit_state, rows.deposit) if stream == DEPOSITS else (rows.withdrawal_state, rows.withdrawal)
    )
    try:
        movements = sorted((movement_of(row) for row in said), key=lambda movement: movement.at_ms)
    except (KeyError, TypeError, ValueError):
        raise errors.malformed() from None
    settled = (
        book(movement.row, _code(client))
        if movement.fate is rows.Fate.BOOKED
        else rows.not_executed(stream.removesuffix("s"), movement.row)
        for movement in movements
        if movement.fate is not rows.Fate.PENDING
    )
    facts, skips = _sorted_out(settled)
    return facts, skips, [movement.at_ms for movement in movements if movement.fate is rows.Fate.PENDING]


def _sorted_out(results: Iterable[Fact | Skip]) -> tuple[list[Fact], list[Skip]]:
    facts: list[Fact] = []
    skips: list[Skip] = []
    for result in results:
        if isinstance(result, Fact):
            facts.append(result)
        else:
            skips.append(result)
    return facts, skips


def _instrument(client: VenueClient, row: rows.Row) -> Instrument | None:
    """The spot market of a row's raw id; ccxt would pass an unknown id off as a symbol."""
    for market in client.raw.markets_by_id.get(row.get("symbol"), ()):
        if market["spot"] and "/" in market["symbol"]:
            try:
                return Instrument(VENUE, asset_id(market["base"]), asset_id(market["quote"]))
            except InvalidInput:
                return None
    return None


def _balance(client: VenueClient, row: rows.Row) -> ReportedBalance | None:
    try:
        asset = asset_id(_code(client)(str(row["asset"])))
        free, locked = parse_amount(_text(row["free"])), parse_amount(_text(row["locked"]))
    except (InvalidInput, KeyError):
        return None
    return ReportedBalance(asset=asset, free=free, locked=locked) if free or locked else None


def _price(client: VenueClient, row: rows.Row) -> Price | None:
    instrument = _instrument(client, row)
    try:
        last = parse_amount(_text(row["lastPrice"]))
    except (InvalidInput, KeyError):
        return None
    if instrument is None or last <= Decimal(0):
        return None
    return Price(instrument=instrument, last=last, at=from_ms(int(row["closeTime"])))


def _code(client: VenueClient) -> rows.Code:
    return known_code(client.raw)


def _ratio(first_ms: int, here_ms: int, last_ms: int) -> float:
    return min(max((here_ms - first_ms) / max(last_ms - first_ms, 1), 0.0), 1.0)


def _whole(value: str | int | None) -> int | None:
    return None if value is None else int(value)


def _flag(said: dict[str, Any], name: str) -> bool:
    return said.get(name) is True


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise errors.malformed()
    return value


def _object(said: object) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise errors.malformed()
    return said


def _list(said: object) -> list[rows.Row]:
    if not isinstance(said, list) or not all(isinstance(row, dict) for row in said):
        raise errors.malformed()
    return said
