"""Day and hour bars of the seeded model.

A direct market (asset against the pivot) is a geometric random walk of daily closes that is drawn back to the asset's
level; a cross is the ratio of two direct markets, hour by hour. Floats live here only: every bar leaves in whole
ticks and lots.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp
from random import Random
from typing import Protocol

from fargate.paper_exchange.engine.market.subdivision import Bar, split
from fargate.paper_exchange.engine.market.universe import AssetProfile
from fargate.paper_exchange.engine.model import Instrument

HOURS = 24
TURNOVER_A_DAY = 2e8


class DayModel(Protocol):
    """Bars of whole days and of their hours, by the day's index since the model's epoch."""

    def day(self, index: int) -> Bar:
        """The day's bar."""
        ...

    def hours(self, index: int) -> list[Bar]:
        """Its 24 hours."""
        ...


class DirectWalk:
    """An asset against the pivot."""

    def __init__(self, instrument: Instrument, profile: AssetProfile, seed: int, *, level_factor: float = 1.0) -> None:
        self._profile = profile
        self._seed = f"{seed}:{instrument.symbol}"
        self.tick, self._lot = float(instrument.tick), float(instrument.lot)
        self._level = float(profile.price) * level_factor
        self._days: list[Bar] = []
        self._deviation = Random(self._seed).gauss(0.0, profile.spread_ratio)  # noqa: S311 - a model, no secret
        self.hours = lru_cache(maxsize=16)(self._split_day)

    def day(self, index: int) -> Bar:
        """The day's bar; earlier days are walked first and kept."""
        while len(self._days) <= index:
            self._days.append(self._next_day(len(self._days)))
        return self._days[index]

    def _next_day(self, index: int) -> Bar:
        random = Random(f"{self._seed}:day:{index}")  # noqa: S311
        sigma = self._profile.daily_volatility_ratio
        opened = self._days[-1].close if self._days else self._ticks(self._deviation)
        pull = sigma**2 / (2 * self._profile.spread_ratio**2)
        self._deviation += -pull * self._deviation + random.gauss(0.0, sigma)
        closed = self._ticks(self._deviation)
        high = round(max(opened, closed) * exp(abs(random.gauss(0.0, sigma / 2))))
        low = max(1, round(min(opened, closed) * exp(-abs(random.gauss(0.0, sigma / 2)))))
        return Bar(opened, high, low, closed, self._volume(closed, random))

    def _ticks(self, deviation: float) -> int:
        return max(1, round(self._level * exp(deviation) / self.tick))

    def _volume(self, closed: int, random: Random) -> int:
        turnover = TURNOVER_A_DAY * exp(random.gauss(0.0, 0.4))
        return int(turnover / (closed * self.tick) / self._lot)

    def _split_day(self, index: int) -> list[Bar]:
        return split(self.day(index), HOURS, Random(f"{self._seed}:hours:{index}"))  # noqa: S311


class CrossWalk:
    """An asset against another: the ratio of their direct markets at every full hour."""

    def __init__(self, instrument: Instrument, *, base: DirectWalk, quote: DirectWalk, seed: int) -> None:
        self._base, self._quote = base, quote
        self._seed = f"{seed}:{instrument.symbol}"
        self.tick, self._lot = float(instrument.tick), float(instrument.lot)
        self.hours = lru_cache(maxsize=16)(self._make_hours)

    def day(self, index: int) -> Bar:
        """The bar of the day's 24 hours together."""
        return merge(self.hours(index))

    def _make_hours(self, index: int) -> list[Bar]:
        random = Random(f"{self._seed}:hours:{index}")  # noqa: S311
        before = self._ratios(index - 1)[-1] if index else self._ratios(0)[0]
        bars, opened = [], before
        for closed in self._ratios(index):
            reach = abs(closed - opened) + 2
            high = max(opened, closed) + int(reach * random.random() * 0.5)
            low = max(1, min(opened, closed) - int(reach * random.random() * 0.5))
            bars.append(Bar(opened, high, low, closed, self._volume(closed, index, random)))
            opened = closed
        return bars

    def _ratios(self, index: int) -> list[int]:
        quotes = [bar.close * self._quote.tick for bar in self._quote.hours(index)]
        bases = [bar.close * self._base.tick for bar in self._base.hours(index)]
        return [max(1, round(base / quote / self.tick)) for base, quote in zip(bases, quotes, strict=True)]

    def _volume(self, closed: int, index: int, random: Random) -> int:
        turnover = TURNOVER_A_DAY / HOURS / 10 * exp(random.gauss(0.0, 0.4))
        pivots = turnover / (self._quote.day(index).close * self._quote.tick)
        return max(1, int(pivots / (closed * self.tick) / self._lot))


def merge(bars: list[Bar]) -> Bar:
    """The bar that covers all of these."""
    high, low = max(bar.high for bar in bars), min(bar.low for bar in bars)
    return Bar(bars[0].open, high, low, bars[-1].close, sum(bar.volume for bar in bars))
