"""The streamer of one share of a venue's markets: connects, follows, repairs, publishes; and connects again.

One loop publishes every 100 ms what changed since: prices, forming bars, closed bars. The venue's side lives and
dies beside it; while it is away the last prices stand and nothing is closed. What the stream in Valkey could not
take is kept and sent again, the newest state of each bar.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from fargate.market_streamer.books import Book, Books
from fargate.market_streamer.clocks import MarketClocks
from fargate.market_streamer.repair import Repair
from fargate.market_streamer.unsent import UnsentBars
from nightdesk.candles.gaps import Gap
from nightdesk.candles.ports import StoredBars
from nightdesk.candles.sharing import Share
from nightdesk.candles.stream_ports import CandleSink, MarketStream, Ticker, TickerSink, TradeListener, VenueStatus
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import NightdeskError, RateLimited, Unavailable
from nightdesk.kernel.instants import Clock
from nightdesk.kernel.tasks import abreast
from nightdesk.runtime.service import Part, until

BACKOFF_FIRST_S: Final = 0.5
BACKOFF_MAX_S: Final = 30.0
CLOCK_EVERY_S: Final = 1.0
HOLES_EVERY_S: Final = 0.5
PRICES_EVERY_S: Final = 10.0
STATUS_EVERY_S: Final = 5.0
DOUBT_AFTER_S: Final = 3.0
"""A clock is doubted when it differs from the other venues' for so long: they are not asked at the same moment."""

AUDIT_EVERY_S: Final = 60.0
CHECK_EVERY_S: Final = 0.5
"""Between two markets whose bars are compared with the venue's own; each page holds hours of one."""

AUDIT_WINDOW: Final = timedelta(hours=6)
QUOTES: Final = ("USDT", "USD", "USDC", "FDUSD", "BTC", "ETH", "BNB", "EUR")
REST: Final = 1 + len(QUOTES)
"""The rank of a market that is neither named nor of a held asset."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is streamed and how often it is published.

    Attributes:
        share: Which markets of which venue.
        symbols: Always streamed.
        markets_max: A venue of no more markets is streamed whole; of a larger one the markets of held assets.
        flush_s: Between two publications.
        stale_after_s: Silence after which the venue is called stale.
        backfill_bars: Minutes fetched for a series that has none.
    """

    share: Share
    symbols: frozenset[str] = frozenset()
    markets_max: int = 200
    flush_s: float = 0.1
    stale_after_s: float = 5.0
    backfill_bars: int = 1500

    @property
    def venue(self) -> VenueId:
        """The share's venue."""
        return self.share.venue


class MarketStreamer:
    """Follows one share of a venue.

    Args:
        policy: What is streamed.
        make_stream: Makes one life of the venue's connections.
        clocks: Of all venues that this process follows.
        listening: Stands between the stream's trades and the bars.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        make_stream: Callable[[VenueId], MarketStream],
        clocks: MarketClocks,
        stored: StoredBars,
        candles: CandleSink,
        tickers: TickerSink,
        clock: Clock,
        listening: Callable[[TradeListener], TradeListener] = lambda listener: listener,
    ) -> None:
        self._policy = policy
        self._make_stream = make_stream
        self._clocks = clocks
        self._stored = stored
        self._candles = candles
        self._tickers = tickers
        self._clock = clock
        self._books = Books()
        self._arrive = listening(self._books.arrive)
        self._unsent = UnsentBars(candles)
        self._stream: MarketStream | None = None
        self._chosen: frozenset[Instrument] = frozenset()
        self._streamed: tuple[Instrument, ...] = ()
        self._doubt: str | None = None
        self._doubted_s: float | None = None
        self._status = VenueStatus(venue=policy.venue, state="down", since=clock.now(), last_message_at=None)

    def parts(self) -> Sequence[Part]:
        """What has to run; one part's death is not another's."""
        return [Part("venue", self.follow), Part("publisher", self.publish), Part("status", self.tell_status)]

    async def follow(self, stopping: asyncio.Event) -> None:
        """Live through connections, one after the other, with a growing pause between those that break early."""
        loop = asyncio.get_running_loop()
        backoff_s = BACKOFF_FIRST_S
        while not stopping.is_set():
            started_s = loop.time()
            try:
                await self._live(stopping)
            except* NightdeskError as group:
                first = _first(group)
                _log.warning(
                    "stream ended", extra={"venue": self._policy.venue, "code": first.code, "retry_s": backoff_s}
                )
                if loop.time() - started_s > BACKOFF_MAX_S:
                    backoff_s = BACKOFF_FIRST_S
                await _pause(stopping, _wait_s(first, backoff_s))
                backoff_s = min(2 * backoff_s, BACKOFF_MAX_S)

    async def publish(self, stopping: asyncio.Event) -> None:
        """Publish what changed, many times a second."""
        while not stopping.is_set():
            await _pause(stopping, self._policy.flush_s)
            try:
                await self._flush()
            except Unavailable as error:
                _log.warning("publishing waits", extra={"code": error.code, "unsent": len(self._unsent)})
                await _pause(stopping, 0.5)
        await self._flush()

    async def tell_status(self, stopping: asyncio.Event) -> None:
        """Say how the venue is heard, at every change and every five seconds."""
        told_s = 0.0
        while not stopping.is_set():
            await _pause(stopping, 0.5)
            status, now_s = self._present_status(), asyncio.get_running_loop().time()
            if status.state != self._status.state or now_s - told_s >= STATUS_EVERY_S:
                self._status, told_s = status, now_s
                try:
                    await self._tickers.publish_status(status)
                except Unavailable as error:
                    _log.warning("status waits", extra={"code": error.code})

    def health(self) -> dict[str, Any]:
        """The venue's state and what waits to be sent."""
        return {
            "venue": {"name": self._policy.venue, "state": self._status.state, "markets": len(self._streamed)},
            "note": self._status.note,
            "unsent_bars": len(self._unsent),
            "series_given_up": self._unsent.given_up,
        }

    async def _live(self, stopping: asyncio.Event) -> None:
        """One life of the venue's connections."""
        stream = self._make_stream(self._policy.venue)
        try:
            await stream.open()
            self._chosen = frozenset(chosen := await self._choose(stream))
            self._streamed = tuple(filter(self._policy.share.has, chosen))
            self._stream = stream
            books = [self._books.of(instrument) for instrument in self._streamed]
            repair = Repair(stream, self._stored, self._unsent.keep, backfill_bars=self._policy.backfill_bars)
            works = abreast(
                stream.run(self._streamed, self._arrive) if self._streamed else stopping.wait(),
                self._mend(stream, repair),
                self._audit(repair),
                self._check(repair),
                self._refresh_prices(stream),
                self._make_whole(repair, books),
            )
            await until(stopping, works)
        finally:
            self._stream = None
            self._books.interrupt()
            await stream.close()

    async def _make_whole(self, repair: Repair, books: Sequence[Book]) -> None:
        await repair.make_whole(books)
        share = self._policy.share
        _log.info("live", extra={"venue": share.venue, "share": share.name, "markets": len(books)})

    async def _choose(self, stream: MarketStream) -> tuple[Instrument, ...]:
        """The markets to stream, what matters first: all of a small venue, else those named or of held assets."""
        known = stream.instruments()
        held = await asyncio.to_thread(self._stored.held_assets)
        ranked = sorted((_rank(one, self._policy.symbols, held), one) for one in known)
        if len(known) <= self._policy.markets_max:
            return tuple(one for _, one in ranked)
        return tuple(one for rank, one in ranked if rank < REST)[: self._policy.markets_max]

    async def _mend(self, stream: MarketStream, repair: Repair) -> None:
        """Follow the market's clock and fill holes."""
        loop = asyncio.get_running_loop()
        polled_s = -CLOCK_EVERY_S
        while True:
            busiest = max(self._books, key=lambda book: book.taken, default=None)
            if busiest is not None and loop.time() - polled_s >= CLOCK_EVERY_S:
                polled_s = loop.time()
                self._hear_clock(await stream.market_time(busiest.instrument), loop.time())
            for book in self._books:
                await repair.fill_holes(book, loop.time())
                await repair.fetch_beyond(book)
            await self._fetch_given_up(repair)
            await asyncio.sleep(HOLES_EVERY_S)

    def _hear_clock(self, market_at: datetime, now_s: float) -> None:
        """Follow the venue's clock, unless it can't be true; once it can again, begin anew.

        Raises:
            Unavailable: What was heard meanwhile is not to be relied on.
        """
        self._clocks.tell(self._policy.venue, market_at, now_s)
        self._doubt = self._clocks.doubt(self._policy.venue, now_s)
        if self._doubt is None:
            self._doubted_s = None
            if self._books.is_held:
                self._books.begin_anew()
                raise Unavailable("venue.clock_mended", "The venue's clock can be true again.")
            self._books.polled(market_at, now_s)
            return
        self._doubted_s = now_s if self._doubted_s is None else self._doubted_s
        if now_s - self._doubted_s >= DOUBT_AFTER_S and not self._books.is_held:
            self._books.is_held = True
            _log.error("clock is wrong", extra={"venue": self._policy.venue, "reason": self._doubt})

    async def _fetch_given_up(self, repair: Repair) -> None:
        """Fetch the bars of one series that could not wait until they were sent."""
        books = {book.series: book for book in self._books if book.is_whole}
        if (told := self._unsent.to_fetch(books.__contains__)) is not None:
            series, gap = told
            await repair.fetch_gap(books[series], gap)
            self._unsent.fetched(series, gap)

    async def _audit(self, repair: Repair) -> None:
        """Look for bars that are missing in the store and fetch those that are missing twice."""
        before: set[tuple[str, Gap]] = set()
        while True:
            await asyncio.sleep(AUDIT_EVERY_S)
            until = self._books.market_at
            if until is None:
                continue
            found: set[tuple[str, Gap]] = set()
            for book in [book for book in self._books if book.is_whole]:
                gaps = await asyncio.to_thread(
                    self._stored.gaps, book.series, since=until - AUDIT_WINDOW, until=until - timedelta(minutes=2)
                )
                for gap in gaps:
                    found.add((book.series, gap))
                    if (book.series, gap) in before:
                        _log.warning("bars were missing", extra={"market": book.series, "since": gap.since.isoformat()})
                        await repair.fetch_gap(book, gap)
            before = found

    async def _check(self, repair: Repair) -> None:
        """Compare bars with the venue's own where numbers prove nothing, those that wait longest first."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            waiting = [book for book in self._books if book.is_whole and len(book.given) > 1]
            if not waiting:
                continue
            try:
                await repair.check(min(waiting, key=lambda book: min(book.given)))
            except (RateLimited, Unavailable) as error:
                _log.warning("bars can't be compared", extra={"code": error.code})
                await asyncio.sleep(error.retry_after_s or PRICES_EVERY_S)

    async def _refresh_prices(self, stream: MarketStream) -> None:
        """Ask for the prices of the markets that are not streamed, and notice newly held assets."""
        while True:
            await asyncio.sleep(PRICES_EVERY_S)
            if len(stream.instruments()) > len(self._chosen):
                if self._policy.share.number == 0:
                    await stream.refresh_prices()
                if set(await self._choose(stream)) != self._chosen:
                    raise Unavailable("venue.markets_changed", "Other markets are held now.")

    async def _flush(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self._books.drain(now_s)
        await self._tickers.publish(self._prices())
        closed = self._books.settle(now_s, self._sure_s(now_s))
        self._unsent.keep(closed)
        await self._unsent.send()
        await self._candles.show(closed, is_closed=True)
        await self._candles.show(self._books.forming(), is_closed=False)

    def _prices(self) -> list[Ticker]:
        """What changed, of the markets that nobody else tells of; nothing while the clock is doubted."""
        changed = self._stream.tickers() if self._stream is not None else []
        return [] if self._books.is_held else [one for one in changed if self._tells_of(one.instrument)]

    def _tells_of(self, instrument: Instrument) -> bool:
        """Whether it is in the share; the first share tells of those, too, that are not streamed."""
        is_first = self._policy.share.number == 0
        return self._policy.share.has(instrument) or (is_first and instrument not in self._chosen)

    def _sure_s(self, now_s: float) -> float:
        """Until when nothing is missing, by the loop's clock."""
        heard_at = self._heard_at()
        return -math.inf if heard_at is None else now_s - (self._clock.now() - heard_at).total_seconds()

    def _heard_at(self) -> datetime | None:
        """Until when everything has arrived, in wall time; a share without a market misses nothing."""
        if self._stream is None:
            return None
        return self._stream.heard_at() if self._streamed else self._clock.now()

    def _present_status(self) -> VenueStatus:
        now = self._clock.now()
        heard_at = self._heard_at()
        state = "down" if self._stream is None else "live"
        if state == "live" and self._books.is_held:
            state = "stale"
        silent_s = self._policy.stale_after_s + (self._stream.silent_s if self._stream is not None else 0.0)
        if state == "live" and (heard_at is None or (now - heard_at).total_seconds() > silent_s):
            state = "stale"
        since = self._status.since if state == self._status.state else now
        return VenueStatus(
            venue=self._policy.venue,
            state=state,
            since=since,
            last_message_at=heard_at or self._status.last_message_at,
            note=self._doubt if self._books.is_held else None,
        )


def _rank(instrument: Instrument, symbols: frozenset[str], held: frozenset[AssetId]) -> int:
    """Named markets first, then held assets' markets by their quote, then the rest."""
    if instrument.symbol in symbols:
        return 0
    if instrument.base in held and instrument.quote in QUOTES:
        return 1 + QUOTES.index(instrument.quote)
    return REST


def _wait_s(error: NightdeskError, backoff_s: float) -> float:
    """A little less than the backoff, differently in each process; as long as a venue's limit or ban lasts."""
    limited_s = (error.retry_after_s or 0.0) if isinstance(error, RateLimited) else 0.0
    return max(backoff_s * random.uniform(0.5, 1.0), limited_s)  # noqa: S311


def _first(group: BaseExceptionGroup[NightdeskError]) -> NightdeskError:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


async def _pause(stopping: asyncio.Event, delay_s: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), delay_s)
    except TimeoutError:
        return
