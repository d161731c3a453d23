"""The streamer: connects, follows, repairs, publishes; and connects again.

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

from fargate.market_streamer.books import Books
from fargate.market_streamer.repair import Repair
from nightdesk.candles.gaps import Gap
from nightdesk.candles.model import CandleRow
from nightdesk.candles.ports import StoredBars
from nightdesk.candles.stream_ports import CandleSink, MarketStream, TickerSink, VenueStatus
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import NightdeskError, RateLimited, Unavailable
from nightdesk.kernel.instants import Clock

BACKOFF_FIRST_S: Final = 0.5
BACKOFF_MAX_S: Final = 30.0
CLOCK_EVERY_S: Final = 1.0
HOLES_EVERY_S: Final = 0.5
PRICES_EVERY_S: Final = 10.0
STATUS_EVERY_S: Final = 5.0
AUDIT_EVERY_S: Final = 60.0
AUDIT_WINDOW: Final = timedelta(hours=6)
QUOTES: Final = ("USDT", "USDC", "FDUSD", "BTC", "ETH", "BNB", "EUR")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is streamed and how often it is published.

    Attributes:
        symbols: Always streamed.
        markets_max: A venue of no more markets is streamed whole; of a larger one the markets of held assets.
        flush_s: Between two publications.
        stale_after_s: Silence after which the venue is called stale.
        backfill_bars: Minutes fetched for a series that has none.
    """

    venue: VenueId
    symbols: frozenset[str] = frozenset()
    markets_max: int = 200
    flush_s: float = 0.1
    stale_after_s: float = 5.0
    backfill_bars: int = 1500


class MarketStreamer:
    """Follows one venue."""

    def __init__(
        self,
        policy: Policy,
        *,
        make_stream: Callable[[], MarketStream],
        stored: StoredBars,
        candles: CandleSink,
        tickers: TickerSink,
        clock: Clock,
    ) -> None:
        self._policy = policy
        self._make_stream = make_stream
        self._stored = stored
        self._candles = candles
        self._tickers = tickers
        self._clock = clock
        self._books = Books()
        self._unsent: dict[tuple[str, datetime], CandleRow] = {}
        self._stream: MarketStream | None = None
        self._streamed: tuple[Instrument, ...] = ()
        self._status = VenueStatus(venue=policy.venue, state="down", since=clock.now(), last_message_at=None)

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
                _log.warning("stream ended", extra={"code": first.code, "retry_s": backoff_s})
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
            "unsent_bars": len(self._unsent),
        }

    async def _live(self, stopping: asyncio.Event) -> None:
        """One life of the venue's connections."""
        stream = self._make_stream()
        try:
            await stream.open()
            self._streamed = await self._choose(stream)
            self._stream = stream
            books = [self._books.of(instrument) for instrument in self._streamed]
            repair = Repair(stream, self._stored, self._keep, backfill_bars=self._policy.backfill_bars)
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(stream.run(self._streamed, self._books.arrive)),
                    group.create_task(self._mend(stream, repair)),
                    group.create_task(self._audit(repair)),
                    group.create_task(self._refresh_prices(stream)),
                ]
                await repair.make_whole(books)
                _log.info("live", extra={"venue": self._policy.venue, "markets": len(books)})
                await stopping.wait()
                for task in tasks:
                    task.cancel()
        finally:
            self._stream = None
            self._books.interrupt()
            await stream.close()

    async def _choose(self, stream: MarketStream) -> tuple[Instrument, ...]:
        """The markets to stream: all of a small venue; else those named, then those of held assets."""
        known = stream.instruments()
        if len(known) <= self._policy.markets_max:
            return known
        held = await asyncio.to_thread(self._stored.held_assets)
        ranks = ((_rank(one, self._policy.symbols, held), one) for one in known)
        ranked = sorted((rank, one) for rank, one in ranks if rank is not None)
        return tuple(one for _, one in ranked)[: self._policy.markets_max]

    async def _mend(self, stream: MarketStream, repair: Repair) -> None:
        """Follow the market's clock and fill holes."""
        loop = asyncio.get_running_loop()
        polled_s = -CLOCK_EVERY_S
        while True:
            busiest = max(self._books, key=lambda book: book.taken, default=None)
            if busiest is not None and loop.time() - polled_s >= CLOCK_EVERY_S:
                polled_s = loop.time()
                self._books.polled(await stream.market_time(busiest.instrument), loop.time())
            for book in self._books:
                await repair.fill_holes(book, loop.time())
                await repair.fetch_beyond(book)
            await asyncio.sleep(HOLES_EVERY_S)

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

    async def _refresh_prices(self, stream: MarketStream) -> None:
        """Ask for the prices of the markets that are not streamed, and notice newly held assets."""
        while True:
            await asyncio.sleep(PRICES_EVERY_S)
            if len(stream.instruments()) > len(self._streamed):
                await stream.refresh_prices()
                if set(await self._choose(stream)) != set(self._streamed):
                    raise Unavailable("venue.markets_changed", "Other markets are held now.")

    async def _flush(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self._books.drain(now_s)
        if self._stream is not None:
            await self._tickers.publish(self._stream.tickers())
        closed = self._books.settle(now_s, self._sure_s(now_s))
        self._keep(closed)
        await self._send()
        await self._candles.show(closed, is_closed=True)
        await self._candles.show(self._books.forming(), is_closed=False)

    def _sure_s(self, now_s: float) -> float:
        """Until when nothing is missing, by the loop's clock."""
        heard_at = self._stream.heard_at() if self._stream is not None else None
        return -math.inf if heard_at is None else now_s - (self._clock.now() - heard_at).total_seconds()

    def _keep(self, rows: Sequence[CandleRow]) -> None:
        for row in rows:
            self._unsent[row.series, row.candle.at] = row

    async def _send(self) -> None:
        rows = list(self._unsent.values())
        if not rows:
            return
        await self._candles.append(rows)
        for row in rows:
            if self._unsent.get((row.series, row.candle.at)) is row:
                del self._unsent[row.series, row.candle.at]

    def _present_status(self) -> VenueStatus:
        now = self._clock.now()
        heard_at = self._stream.heard_at() if self._stream is not None else None
        state = "down" if self._stream is None else "live"
        if state == "live" and (heard_at is None or (now - heard_at).total_seconds() > self._policy.stale_after_s):
            state = "stale"
        since = self._status.since if state == self._status.state else now
        return VenueStatus(
            venue=self._policy.venue,
            state=state,
            since=since,
            last_message_at=heard_at or self._status.last_message_at,
        )


def _rank(instrument: Instrument, symbols: frozenset[str], held: frozenset[AssetId]) -> int | None:
    """Named markets first, then held assets' markets by their quote; None for the others."""
    if instrument.symbol in symbols:
        return 0
    if instrument.base in held and instrument.quote in QUOTES:
        return 1 + QUOTES.index(instrument.quote)
    return None


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
