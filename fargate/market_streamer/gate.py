"""The gate before prices are published: what can't be a price stays here, is counted, and kept to be looked at."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol
from weakref import WeakSet

from nightdesk.candles.model import Trade
from nightdesk.candles.stream_ports import Ticker, TickerSink, TradeListener, VenueStatus
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.instants import Clock
from nightdesk.markets.composite import DOLLARS, VENUES, Sources
from nightdesk.markets.model import Price
from nightdesk.markets.quality import Cause, QualityRules, Refused, Tick, absurd_amount, nonsense
from nightdesk.markets.quality_ports import SLOTS, QualityBatch, QualityLog
from nightdesk.markets.quality_watch import Known, QualityWatch, Standing

LOOK_EVERY_S: Final = 1.0
WRITE_EVERY: Final = timedelta(seconds=5)
TELL_AGAIN: Final = timedelta(seconds=60)
"""A market that stands as before is written again after so long."""

HOURS_KEPT: Final = timedelta(hours=2)
SAMPLES_WAITING_MAX: Final = 2_000
AMOUNTS_KEPT: Final = 25
"""A trade's amount is compared with the largest of so many before it."""

LEFT_AFTER: Final = timedelta(seconds=10)
"""Markets of a share that published nothing for so long, not even emptiness, are another process's."""

SILENT_AFTER: Final = timedelta(seconds=5)
"""A venue that told no price for so long says nothing of the present."""

_log = logging.getLogger(__name__)


class Meter(Protocol):
    """Counts for alarms."""

    def count(self, name: str, value: int = 1) -> None:
        """So many more of it."""
        ...


class Knowledge(Protocol):
    """What all venues say, shared by all processes."""

    async def prices(self, symbols: Mapping[VenueId, Collection[str]]) -> list[Price]:
        """The last prices that passed of these symbols of each venue, as far as there are any.

        Raises:
            Unavailable: The cache does not answer.
        """
        ...

    async def waiting(self, told: Sequence[Price], now: datetime) -> list[Price]:
        """Tell which prices are not believed here; those of all venues that were told in the last seconds.

        Raises:
            Unavailable: The cache does not answer.
        """
        ...

    async def clocks(self, told: Mapping[VenueId, datetime], now: datetime) -> Mapping[VenueId, datetime]:
        """Tell how far these venues' markets have come; what all venues told in the last seconds.

        Raises:
            Unavailable: The cache does not answer.
        """
        ...


class GatedSink:
    """`TickerSink` that lets only prices through; one for each share of a venue.

    Attributes:
        watch: Judges the share's markets.
        flushed_at: When it was last asked to publish, in wall time.
    """

    def __init__(self, sink: TickerSink, clock: Clock, rules: QualityRules) -> None:
        self._sink = sink
        self._clock = clock
        self.watch = QualityWatch(rules)
        self._told_at: dict[VenueId, tuple[datetime, datetime]] = {}
        self.flushed_at = clock.now()
        self._believed: list[Tick] = []

    async def publish(self, tickers: Sequence[Ticker]) -> None:
        """Publish those that can be prices, and those that waited and are believed now."""
        now = self.flushed_at = self._clock.now()
        believed, self._believed = self._believed, []
        passed = [_ticker(tick, None, now) for tick in believed]
        for ticker in tickers:
            if ticker.last is not None:
                venue = ticker.instrument.venue
                newest, _ = self._told_at.get(venue, (ticker.at, now))
                self._told_at[venue] = (max(ticker.at, newest), now)
            passed += [_ticker(tick, ticker, now) for tick in self.watch.judge(_tick(ticker), now)]
        await self._sink.publish(passed)

    async def publish_status(self, status: VenueStatus) -> None:
        """Say how the venue is heard."""
        await self._sink.publish_status(status)

    def clocks(self, now: datetime) -> dict[VenueId, datetime]:
        """How far the venues are that told a price in the last seconds: the clock of a silent one stands still."""
        return {venue: at for venue, (at, told) in self._told_at.items() if now - told <= SILENT_AFTER}

    def look(self, now: datetime) -> None:
        """Notice what went silent, and what waited and may pass with the next publication."""
        self._believed += self.watch.look(now)


class Gate:
    """Knows what other venues say, and keeps what was refused.

    Args:
        present: The present where markets follow the wall clock; without it the venues' clocks say.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        log: QualityLog,
        clock: Clock,
        *,
        meter: Meter,
        present: Callable[[], datetime] | None = None,
        rules: QualityRules | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._log = log
        self._clock = clock
        self._meter = meter
        self._present = present
        self._rules = rules or QualityRules()
        self._sinks: WeakSet[GatedSink] = WeakSet()
        self._hours: Counter[tuple[Instrument, Cause, datetime]] = Counter()
        self._samples: list[tuple[int, Refused]] = []
        self._slots: Counter[tuple[Instrument, Cause]] = Counter()
        self._told: dict[Instrument, tuple[datetime, Standing]] = {}
        self._written_at: datetime | None = None

    def around(self, sink: TickerSink) -> GatedSink:
        """A sink that this gate stands before."""
        gated = GatedSink(sink, self._clock, self._rules)
        self._sinks.add(gated)
        return gated

    async def run(self, stopping: asyncio.Event) -> None:
        """Look once a second, and write every few seconds."""
        while not stopping.is_set():
            try:
                await self.look()
            except Unavailable as error:
                _log.warning("prices are judged by what was known", extra={"code": error.code})
            try:
                await asyncio.wait_for(stopping.wait(), LOOK_EVERY_S)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Learn what all venues say, judge again what waits, keep what was refused."""
        now, sinks = self._clock.now(), list(self._sinks)
        mine = [sink for sink in sinks if now - sink.flushed_at <= LEFT_AFTER]
        clocks = await self._knowledge.clocks(
            {venue: at for sink in mine for venue, at in sink.clocks(now).items()}, now
        )
        waiting = await self._knowledge.waiting([price for sink in mine for price in sink.watch.waiting()], now)
        prices = await self._knowledge.prices(_wanted(sink.watch for sink in mine))
        known = Known(
            passed=Sources(prices),
            told=Sources([*waiting, *prices]),
            clocks=clocks,
            present=self._present() if self._present is not None else None,
        )
        for sink in sinks:
            sink.watch.know(known)
            sink.look(now)
            self._gather(sink.watch, now)
        if self._written_at is None or now - self._written_at >= WRITE_EVERY:
            self._written_at = now
            await self._write(mine, now)

    def listening(self, listener: TradeListener) -> TradeListener:
        """Hand on trades that can be; an absurd amount is marked and handed on, for a bar is its venue's own truth."""
        amounts: dict[Instrument, deque[Decimal]] = {}

        def hear(instrument: Instrument, trade: Trade) -> None:
            known = amounts.setdefault(instrument, deque(maxlen=AMOUNTS_KEPT))
            usual = max(known) if len(known) == AMOUNTS_KEPT else None
            cause = nonsense(trade.price) or absurd_amount(trade.amount, usual, self._rules)
            if cause is None:
                known.append(trade.amount)
            else:
                self._refuse_trade(instrument, trade, cause)
            if cause is None or (cause is Cause.VOLUME and trade.amount.is_finite() and trade.amount > 0):
                listener(instrument, trade)

        return hear

    def _refuse_trade(self, instrument: Instrument, trade: Trade, cause: Cause) -> None:
        tick = Tick(instrument=instrument, last=trade.price, at=trade.at, number=trade.identity or -1)
        for sink in self._sinks:
            if instrument in sink.watch.markets():
                sink.watch.refuse_trade(cause, tick, self._clock.now())
                return

    def health(self) -> dict[str, int]:
        """What waits to be kept."""
        return {"refused_unsaved": len(self._samples)}

    def _gather(self, watch: QualityWatch, now: datetime) -> None:
        hour = now.replace(minute=0, second=0, microsecond=0)
        for (instrument, cause), count in watch.take_counts().items():
            self._hours[instrument, cause, hour] += count
            self._meter.count("PricesRefused", count)
            self._meter.count(f"PricesRefused{cause.title().replace('_', '')}", count)
        for refused in watch.take_samples():
            key = (refused.tick.instrument, refused.cause)
            self._samples.append((self._slots[key] % SLOTS, refused))
            self._slots[key] += 1
        del self._samples[:-SAMPLES_WAITING_MAX]

    async def _write(self, mine: Sequence[GatedSink], now: datetime) -> None:
        """Keep what was counted; hours are told whole, so a batch that is written again counts once."""
        standings = [each for sink in mine for each in sink.watch.standings() if self._is_news(each, now)]
        samples, self._samples = self._samples, []
        batch = QualityBatch(hours=dict(self._hours), samples=samples, standings=standings, now=now)
        if not (batch.hours or batch.samples or batch.standings):
            return
        try:
            await asyncio.to_thread(self._log.write, batch)
        except Unavailable as error:
            self._samples = samples + self._samples
            _log.warning("what was refused waits", extra={"code": error.code, "samples": len(samples)})
            return
        self._told |= {each.instrument: (now, each) for each in standings}
        for key in [key for key in self._hours if now - key[2] > HOURS_KEPT]:
            del self._hours[key]

    def _is_news(self, standing: Standing, now: datetime) -> bool:
        told = self._told.get(standing.instrument)
        if told is None or now - told[0] >= TELL_AGAIN:
            return True
        return (told[1].state, told[1].sources) != (standing.state, standing.sources)


def _wanted(watches: Iterator[QualityWatch]) -> dict[VenueId, set[str]]:
    """The symbols whose prices say something about the watched markets."""
    symbols = {f"{one}/{other}" for one in DOLLARS for other in DOLLARS if one != other}
    venues = set(VENUES)
    for watch in watches:
        for market in watch.markets():
            venues.add(market.venue)
            quotes = DOLLARS if market.quote in DOLLARS else (market.quote,)
            symbols |= {f"{market.base}/{quote}" for quote in quotes}
    return dict.fromkeys(venues, symbols)


def _tick(ticker: Ticker) -> Tick:
    return Tick(
        instrument=ticker.instrument,
        last=ticker.last,
        at=ticker.at,
        bid=ticker.bid,
        ask=ticker.ask,
        number=ticker.number,
    )


def _ticker(tick: Tick, heard: Ticker | None, now: datetime) -> Ticker:
    """The tick as it may be published; one that waited was heard before."""
    if heard is not None and heard.at == tick.at and heard.last == tick.last:
        return replace(heard, bid=tick.bid, ask=tick.ask)
    return Ticker(
        instrument=tick.instrument,
        last=tick.last,
        bid=tick.bid,
        ask=tick.ask,
        at=tick.at,
        received_at=now,
        number=tick.number,
    )
