"""What the streams did not bring, fetched from a scripted venue."""
# ruff: noqa: ARG002 - fakes have the arguments of what they stand for

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from fargate.market_streamer.books import HOLE_AFTER_S, Book
from fargate.market_streamer.repair import PAGE_ROWS, Repair
from nightdesk.candles.builder import BarBuilder
from nightdesk.candles.gaps import Gap
from nightdesk.candles.model import Candle, CandleRow, Trade
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.stream_ports import MarketHistory
from nightdesk.kernel.assets import AssetId, Instrument, VenueId

START = datetime(2026, 1, 1, tzinfo=UTC)
MARKET = Instrument(VenueId("binance"), AssetId("BTC"), AssetId("USDT"))


def minute(index: float) -> datetime:
    return START + timedelta(minutes=index)


@dataclass(slots=True)
class ScriptedVenue(MarketHistory):
    """A venue with a trade every 20 seconds, and none in minutes 3 and 4, whose bars it leaves out."""

    trades: list[Trade]
    numbers_trades: bool = True

    async def trades_from(self, instrument: Instrument, identity: int) -> list[Trade]:
        return [trade for trade in self.trades if (trade.identity or 0) >= identity][:PAGE_ROWS]

    async def trades_since(self, instrument: Instrument, since: datetime | None) -> list[Trade]:
        return [trade for trade in self.trades if since is None or trade.at >= since][:PAGE_ROWS]

    async def bars(self, instrument: Instrument, since: datetime | None) -> list[Candle]:
        builder = BarBuilder(keep=10**6)
        for trade in self.trades:
            builder.add(trade)
        traded = [bar for bar in builder.settle(self.trades[-1].at + timedelta(minutes=1)) if bar.volume > 0]
        return traded[-PAGE_ROWS:] if since is None else [bar for bar in traded if bar.at >= since][:PAGE_ROWS]


@dataclass(slots=True)
class StoredNothing:
    last: dict[str, Candle] = field(default_factory=dict)

    def last_bars(self, names: Collection[str]) -> dict[str, Candle]:
        return self.last

    def gaps(self, name: str, *, since: datetime, until: datetime) -> list[Gap]:
        return []

    def held_assets(self) -> frozenset[AssetId]:
        return frozenset()


def traded(minutes: float) -> list[Trade]:
    seconds = [one for one in range(0, int(minutes * 60), 20) if not 180 <= one < 300]
    return [
        Trade(START + timedelta(seconds=one), Decimal(100 + identity), Decimal(1), identity)
        for identity, one in enumerate(seconds, start=1)
    ]


def expected(minutes: int) -> list[tuple[int, float, float]]:
    """Minute, close, volume: three trades a minute, numbered on."""
    closes = [103, 106, 109, 109, 109, *range(112, 112 + 3 * minutes, 3)]
    return [(index, closes[index], 0.0 if index in {3, 4} else 3.0) for index in range(minutes)]


def seen(rows: list[CandleRow]) -> list[tuple[int, float, float]]:
    latest = {row.candle.at: row.candle for row in rows}
    return [(int((at - START).total_seconds() // 60), bar.close, bar.volume) for at, bar in sorted(latest.items())]


def repair(venue: ScriptedVenue, rows: list[CandleRow], stored: StoredNothing | None = None) -> Repair:
    return Repair(venue, stored or StoredNothing(), rows.extend, backfill_bars=5000)


def test_the_past_comes_from_the_venue_and_the_present_is_built() -> None:
    rows: list[CandleRow] = []
    book, venue = Book(MARKET), ScriptedVenue(traded(1300.5))
    asyncio.run(repair(venue, rows).make_whole([book]))
    assert (book.is_whole, book.resume_from()) == (True, len(venue.trades) + 1)
    rows += book.settle(minute(1301), now_s=1)
    assert seen(rows)[:-1] == expected(1300)
    assert seen(rows)[-1][2] == 2  # the last half minute


def test_goes_on_behind_what_is_stored() -> None:
    rows: list[CandleRow] = []
    stored = StoredNothing({str(MARKET): Candle(minute(600), 1, 1, 1, 1)})
    asyncio.run(repair(ScriptedVenue(traded(700)), rows, stored).make_whole([Book(MARKET)]))
    assert seen(rows) == expected(699)[480:]  # two hours again


def test_what_was_missed_between_two_connections_is_built_in() -> None:
    rows: list[CandleRow] = []
    book, venue = Book(MARKET), ScriptedVenue(traded(10))
    asyncio.run(repair(venue, rows).make_whole([book]))
    venue.trades = traded(20)
    book.is_whole = False
    book.take(venue.trades[-1])  # the new connection speaks first
    asyncio.run(repair(venue, rows).make_whole([book]))
    rows += book.settle(minute(20), now_s=1)
    assert seen(rows) == expected(20)


def test_holes_are_fetched_and_those_the_venue_has_not_are_forgotten() -> None:
    book, venue = Book(MARKET, builder=BarBuilder(since=START), is_whole=True), ScriptedVenue(traded(3))
    for trade in (venue.trades[0], venue.trades[4], Trade(minute(2.9), Decimal(1), Decimal(1), 20)):
        book.take(trade)
    assert book.missing(1.0) == []
    asyncio.run(repair(venue, []).fill_holes(book, 1.0 + HOLE_AFTER_S))
    assert book.builder is not None
    assert book.builder.ids.holes() == []
    assert book.missing(9.0) == []
    assert book.builder.settle(minute(2))[1].close == 106


def test_bars_of_trades_that_came_too_late_are_fetched_with_those_that_repeat_them() -> None:
    rows: list[CandleRow] = []
    book = Book(MARKET, builder=BarBuilder(Resolution.MINUTE, since=minute(6)), is_whole=True)
    venue = ScriptedVenue(traded(10))
    book.take(venue.trades[8])
    asyncio.run(repair(venue, rows).fetch_beyond(book))
    assert (seen(rows), book.beyond) == (expected(6)[2:], set())


def test_missing_bars_are_fetched_with_the_empty_ones() -> None:
    rows: list[CandleRow] = []
    asyncio.run(repair(ScriptedVenue(traded(10)), rows).fetch_gap(Book(MARKET), Gap(minute(3), minute(5))))
    assert seen(rows) == expected(6)[3:5]


def unnumbered(minutes: float, *, without: int) -> tuple[Book, ScriptedVenue, list[CandleRow]]:
    """A book that heard every trade but one, at a venue whose numbers tell nothing."""
    venue = ScriptedVenue(traded(minutes), numbers_trades=False)
    book = Book(MARKET, builder=BarBuilder(since=START), is_whole=True, is_numbered=False)
    for trade in venue.trades:
        if trade.identity != without:
            book.take(trade)
    return book, venue, book.settle(minute(minutes), now_s=1)


def test_without_numbers_holes_are_told_by_the_venues_own_bars() -> None:
    book, venue, rows = unnumbered(6, without=9)
    assert book.missing(99) == []
    assert seen(rows) != expected(6)
    asyncio.run(repair(venue, rows).check(book))
    assert seen(rows) == expected(6)
    assert len(rows) == 6 + 3  # the bar with the hole, and the two empty ones that repeat its close
    assert list(book.given) == [minute(5)]  # the newest waits: the venue may not have it whole yet
    asyncio.run(repair(venue, rows).check(book))
    assert len(rows) == 9


def test_without_numbers_a_new_connection_begins_anew_with_the_venues_bars() -> None:
    book, venue, _ = unnumbered(6, without=9)
    book.is_whole = False
    book.forget()
    venue.trades = traded(20.5)
    book.take(venue.trades[-1])  # the new connection speaks first
    rows: list[CandleRow] = []
    asyncio.run(repair(venue, rows, StoredNothing({str(MARKET): Candle(minute(5), 1, 1, 1, 1)})).make_whole([book]))
    rows += book.settle(minute(21), now_s=1)
    assert seen(rows)[:-1] == expected(20)
    assert seen(rows)[-1][2] == 2  # the last half minute
