"""Candles: the newest bar of a series in any resolution, then every change.

Shorter bars are heard as they form; longer ones are added up from them and from what is stored. When something was
missed (the connection, or bars that closed before they were heard) the store is read again, from the newest bar
that followers have on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Final

from fargate.feed_gateway.bars import Bar, LiveBars, Stored
from fargate.feed_gateway.switchboard import Reader, Signal, Wire
from nightdesk.candles.model import Candle, parse_series
from nightdesk.candles.resolutions import Resolution, parse_resolution
from nightdesk.contracts.graphql.live_types import CandleUpdate
from nightdesk.contracts.live_messages import CandleMessage
from nightdesk.identity.model import Caller
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import from_ms, to_ms

EVERY_S: Final = 0.1
WAITING_MAX: Final = 1000
"""More bars than that never wait for a follower: the oldest are left out."""

MISSING_AFTER_S: Final = 1.0
"""What closed just now is stored by then."""

ReadStored = Callable[["Chart"], Stored]


class CandleFollower:
    """What one subscription has still to send: each bar once, in its newest state."""

    def __init__(self) -> None:
        self._waiting: dict[int, CandleUpdate] = {}
        self.signal = Signal(every_s=EVERY_S)

    def offer(self, update: CandleUpdate) -> None:
        """Have the bar sent."""
        self._waiting[int(update.at_ms)] = update
        if len(self._waiting) > WAITING_MAX:
            del self._waiting[min(self._waiting)]
        self.signal.ring()

    def take(self) -> list[CandleUpdate]:
        """What is to be sent now, oldest first."""
        taken, self._waiting = self._waiting, {}
        return [taken[at_ms] for at_ms in sorted(taken)]


class Chart:
    """One series in one resolution, and who follows it.

    Attributes:
        tenant_id: Who may read the series; whoever asked first, where everybody may.
    """

    def __init__(
        self, tenant_id: TenantId, series: str, resolution: Resolution, base: Resolution, read: ReadStored
    ) -> None:
        self.tenant_id = tenant_id
        self.series = series
        self.resolution = resolution
        self.base = base
        self.bars = LiveBars(resolution, base)
        self.followers: set[CandleFollower] = set()
        self._read_stored = read
        self._newest: CandleUpdate | None = None
        self._is_loaded = False
        self._reader = Reader(self._read)

    def join(self, follower: CandleFollower) -> None:
        """Have the follower begin with the newest bar, as soon as it is known."""
        self.followers.add(follower)
        if self._is_loaded and self._newest is not None:
            follower.offer(self._newest)

    def fall_behind(self) -> None:
        """Read what is stored: bars may have been missed."""
        self.bars.lose()
        self._reader.ask()

    def hear(self, message: CandleMessage) -> None:
        """Take a part."""
        if message.resolution != self.base:
            return
        numbers = (message.open, message.high, message.low, message.close, message.volume)
        bars = self.bars.hear(Candle(from_ms(message.at_ms), *numbers), is_closed=message.closed)
        if self._is_loaded:
            self._tell(bars)
        if self.bars.is_missing:
            self._reader.ask(MISSING_AFTER_S)

    def end(self) -> None:
        """Nobody follows it any more."""
        self._reader.end()

    async def _read(self) -> None:
        bars = self.bars.load(await asyncio.to_thread(self._read_stored, self))
        self._tell(bars if self._is_loaded else bars[-1:])
        self._is_loaded = True
        if self.bars.is_missing:
            self._reader.ask()

    def _tell(self, bars: Iterable[Bar]) -> None:
        for bar in bars:
            update = self._update(bar)
            if self._newest is None or update.at_ms >= self._newest.at_ms:
                self._newest = update
            for follower in self.followers:
                follower.offer(update)

    def _update(self, bar: Bar) -> CandleUpdate:
        candle = bar.candle
        return CandleUpdate(
            series=self.series,
            resolution=self.resolution.value,
            at_ms=float(to_ms(candle.at)),
            open=candle.open,
            high=candle.high,
            low=candle.low,
            close=candle.close,
            volume=candle.volume,
            closed=bar.is_closed,
        )


class CandleTopic:
    """Charts that somebody follows.

    Args:
        base_of: In which resolution the tenant's series is heard; raises what the caller is told. Blocks.
        read: What is stored of a chart; blocks.
    """

    def __init__(
        self, wire: Wire, base_of: Callable[[TenantId, str, Resolution], Resolution], read: ReadStored
    ) -> None:
        self._wire = wire
        self._base_of = base_of
        self._read = read
        self._charts: dict[str, dict[Resolution, Chart]] = {}

    def holds(self, subject: str) -> None:
        """Bring the charts of the series up to date."""
        for chart in self._charts.get(subject.partition(".")[2], {}).values():
            chart.fall_behind()

    def hear(self, subject: str, message: bytes) -> None:
        """Take a part of a series."""
        charts = self._charts.get(subject.partition(".")[2])
        if charts:
            told = CandleMessage.model_validate_json(message)
            for chart in charts.values():
                chart.hear(told)

    async def follow(self, caller: Caller, series: str, resolution: str) -> AsyncGenerator[CandleUpdate]:
        """The newest bar, then every change."""
        caller.require("read", "Candle")
        name, wanted = parse_series(series), parse_resolution(resolution)
        base = await asyncio.to_thread(self._base_of, caller.tenant_id, str(name), wanted)
        chart = self._chart(caller.tenant_id, str(name), wanted, base)
        follower = CandleFollower()
        chart.join(follower)
        try:
            while True:
                await follower.signal.wait()
                for update in follower.take():
                    yield update
        finally:
            self._leave(chart, follower)

    @property
    def followers(self) -> int:
        """How many subscriptions are open."""
        return sum(len(chart.followers) for charts in self._charts.values() for chart in charts.values())

    def _chart(self, tenant_id: TenantId, series: str, resolution: Resolution, base: Resolution) -> Chart:
        charts = self._charts.setdefault(series, {})
        if resolution not in charts:
            charts[resolution] = Chart(tenant_id, series, resolution, base, self._read)
            self._wire.want(f"candle.{series}")
            if len(charts) > 1:  # the subject is heard already
                charts[resolution].fall_behind()
        return charts[resolution]

    def _leave(self, chart: Chart, follower: CandleFollower) -> None:
        chart.followers.discard(follower)
        if chart.followers:
            return
        chart.end()
        charts = self._charts[chart.series]
        del charts[chart.resolution]
        if not charts:
            del self._charts[chart.series]
        self._wire.leave(f"candle.{chart.series}")
