"""What the streams did not bring, fetched over REST: the past, what a lost connection missed, holes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from fargate.market_streamer.books import Book
from nightdesk.candles.builder import BarBuilder
from nightdesk.candles.gaps import Gap, fill
from nightdesk.candles.model import Candle, CandleRow, CandleSource
from nightdesk.candles.ports import StoredBars
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.stream_ports import MarketHistory
from nightdesk.kernel.tasks import abreast

MINUTE: Final = Resolution.MINUTE.span
PAGE_ROWS: Final = 1000
PAGES_MAX: Final = 30
"""A market that traded more than 30,000 times while we were away begins anew from the venue's bars."""

AGAIN: Final = timedelta(hours=2)
"""So much of the stored past is fetched again at a start: a correction may have died with the process before."""

ABREAST: Final = 4
_log = logging.getLogger(__name__)

RowListener = Callable[[Sequence[CandleRow]], None]


class Repair:
    """Makes books whole over one life of a connection.

    Args:
        venue: Where to ask.
        stored: What is stored already.
        give: Takes the rows that are fetched.
        backfill_bars: So many bars of the past are fetched for a series that has none.
    """

    def __init__(self, venue: MarketHistory, stored: StoredBars, give: RowListener, *, backfill_bars: int) -> None:
        self._venue = venue
        self._stored = stored
        self._give = give
        self._backfill = backfill_bars * MINUTE

    async def make_whole(self, books: Sequence[Book]) -> None:
        """Fetch for each book what is missing up to now, four at a time.

        Raises:
            Unavailable: The venue or the database does not answer.
        """
        last = await asyncio.to_thread(self._stored.last_bars, [book.series for book in books])
        turn = asyncio.Semaphore(ABREAST)

        async def one(book: Book) -> None:
            async with turn:
                await self._one_whole(book, last.get(book.series))

        await abreast(*map(one, books))

    async def fill_holes(self, book: Book, now_s: float) -> None:
        """Fetch the trades whose numbers were left out; what the venue has not got counts as seen."""
        for first, last in book.missing(now_s):
            await self._fetch_from(book, first, last)
            if book.builder is not None:
                book.builder.ids.mark(first, last)
            book.holes.pop((first, last), None)

    async def fetch_beyond(self, book: Book) -> None:
        """Fetch the venue's bars where trades came too late to be built in, up to those that are built here."""
        if not book.beyond or book.builder is None or book.builder.floor is None:
            return
        late, floor = set(book.beyond), book.builder.floor
        await self.fetch_gap(book, Gap(min(late), max(floor, max(late) + MINUTE)))
        book.beyond -= late

    async def check(self, book: Book) -> None:
        """Compare given bars with the venue's own, which count; the newest waits until the venue must have it whole.

        Raises:
            Unavailable: The venue does not answer; they are compared the next time.
        """
        given = {at: candle for at, candle in book.given.items() if at < max(book.given)}
        if not given:
            return
        theirs = {bar.at: bar for bar in await self._past(book, min(given) - MINUTE, max(given) + MINUTE)}
        self._rows(book, [theirs[at] for at in sorted(given) if theirs.get(at, given[at]) != given[at]])
        for at, candle in given.items():
            if book.given.get(at) is candle:
                del book.given[at]

    async def fetch_gap(self, book: Book, gap: Gap) -> None:
        """Fetch bars that are missing in the store."""
        before = await self._past(book, gap.since - MINUTE, gap.until)
        self._rows(book, [bar for bar in before if bar.at >= gap.since])

    async def _one_whole(self, book: Book, last: Candle | None) -> None:
        book.is_numbered = self._venue.numbers_trades
        if (first := book.resume_from()) is not None and not await self._fetch_from(book, first, None):
            _log.warning("begins anew", extra={"market": book.series})
            book.forget()
        if book.builder is None:
            await self._begin(book, last)
        book.is_whole = True

    async def _begin(self, book: Book, last: Candle | None) -> None:
        """Give the past from the venue's bars, and begin to build with the bar that is forming."""
        newest = await self._venue.bars(book.instrument, None)
        if not newest:
            book.begin(BarBuilder())
            return
        forming = newest[-1].at
        since = last.at - AGAIN if last is not None else forming - self._backfill
        past = [bar for bar in newest if since <= bar.at < forming]
        if since < newest[0].at:
            past = await self._past(book, since, forming)
        past = fill(past, Resolution.MINUTE, until=forming)
        self._rows(book, past)
        builder = BarBuilder(since=forming, previous_close=past[-1].close if past else None)
        trades = await self._venue.trades_since(book.instrument, forming)
        for trade in trades or await self._venue.trades_since(book.instrument, None):
            builder.add(trade)  # an older one at least says which number comes next
        book.begin(builder)
        if (first := book.resume_from()) is not None:
            await self._fetch_from(book, first, None)

    async def _past(self, book: Book, since: datetime, until: datetime) -> list[Candle]:
        """The venue's bars of a range, page by page."""
        bars: list[Candle] = []
        while since < until:
            page = await self._venue.bars(book.instrument, since)
            bars += [bar for bar in page if since <= bar.at < until]
            if not page or page[-1].at < since:
                break
            since = page[-1].at + MINUTE
        return fill(bars, Resolution.MINUTE, until=min(until, since))

    async def _fetch_from(self, book: Book, first: int, last: int | None) -> bool:
        """Take the trades from a number on, up to the last or to the present; False when there are too many."""
        for _ in range(PAGES_MAX):
            page = await self._venue.trades_from(book.instrument, first)
            for trade in page:
                book.take(trade)
            first = (page[-1].identity or first) + 1 if page else first
            if len(page) < PAGE_ROWS or (last is not None and first > last):
                return True
        return False

    def _rows(self, book: Book, bars: Sequence[Candle]) -> None:
        if bars:
            self._give([book.row(bar, CandleSource.KLINES) for bar in bars])
