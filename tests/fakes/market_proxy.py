"""Venues that tell bars, and the memory of what they told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nightdesk.candles.model import Candle
from nightdesk.candles.proxying import SPANS, BarsMemory, BarsWish, MarketProxy
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.ids import CorrelationId
from nightdesk.kernel.instants import Clock


@dataclass(slots=True)
class FakeVenueBars:
    """`VenueBars` that tells a bar at each start of the range; notes what it was asked."""

    asked: list[BarsWish] = field(default_factory=list)
    error: NightdeskError | None = None

    def bars(self, wish: BarsWish, correlation_id: CorrelationId) -> Sequence[Candle]:  # noqa: ARG002
        self.asked.append(wish)
        if self.error is not None:
            raise self.error
        span = SPANS[wish.resolution]
        starts = [wish.since + index * span for index in range(wish.limit)]
        return [Candle(at, 1.0, 2.0, 0.5, 1.5, 10.0) for at in starts if at < wish.until]

    def proxy(self, memory: BarsMemory, clock: Clock, sleep: Callable[[float], None] = lambda _s: None) -> MarketProxy:
        return MarketProxy(venues=self, memory=memory, clock=clock, sleep=sleep)


@dataclass(slots=True)
class FakeBarsMemory:
    """`BarsMemory` of one process."""

    clock: Clock
    told: dict[str, tuple[Sequence[Candle], datetime]] = field(default_factory=dict)
    taken: dict[str, datetime] = field(default_factory=dict)

    def known(self, key: str) -> Sequence[Candle] | None:
        candles, until = self.told.get(key, (None, self.clock.now()))
        return candles if until > self.clock.now() else None

    def keep(self, key: str, candles: Sequence[Candle], span: timedelta) -> None:
        self.told[key] = (candles, self.clock.now() + span)

    def take(self, what: str, lease: timedelta) -> str | None:
        if self.taken.get(what, self.clock.now()) > self.clock.now():
            return None
        self.taken[what] = self.clock.now() + lease
        return "token"

    def give_back(self, what: str, token: str) -> None:  # noqa: ARG002
        self.taken.pop(what, None)
