"""The seeded model as a source: hours split into minutes, minutes into trades, all on demand."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from random import Random

from fargate.paper_exchange.engine.market.port import DAY_MS, HOUR_MS, MINUTE_MS
from fargate.paper_exchange.engine.market.subdivision import Bar, bridge, share, split
from fargate.paper_exchange.engine.market.walk import DayModel
from fargate.paper_exchange.engine.model import Candle, Instrument, TapeTrade

EPOCH_MS = 1_546_300_800_000
"""2019-01-01: the model knows nothing earlier."""

TRADES_A_MINUTE = 30
_SLOT_MS = MINUTE_MS // TRADES_A_MINUTE
_MAKER_RATIO = 0.5
_MINUTES_AN_HOUR = HOUR_MS // MINUTE_MS
_BY_TIME = attrgetter("at_ms")


class ModelSource:
    """One instrument of the seeded model; thirty trades every minute, so ids follow from time."""

    def __init__(self, instrument: Instrument, days: DayModel, seed: int) -> None:
        self._instrument = instrument
        self._days = days
        self._seed = f"{seed}:{instrument.symbol}"
        self._minutes = lru_cache(maxsize=4)(self._split_hour)
        self._tape = lru_cache(maxsize=4)(self._split_minute)
        self._latest: tuple[int, int, TapeTrade] | None = None

    def trades(self, after_ms: int, until_ms: int, limit: int | None = None) -> Sequence[TapeTrade]:
        """Trades with `after_ms < at_ms <= until_ms`, oldest first."""
        found = (trade for trade in self._walk(max(after_ms, EPOCH_MS), until_ms) if trade.at_ms > after_ms)
        return list(islice(found, limit))

    def trades_from_id(self, trade_id: int, until_ms: int, limit: int) -> Sequence[TapeTrade]:
        """Up to `limit` trades from this id on."""
        start_ms = EPOCH_MS + max(trade_id - 1, 0) // TRADES_A_MINUTE * MINUTE_MS
        found = (trade for trade in self._walk(start_ms, until_ms) if trade.trade_id >= trade_id)
        return list(islice(found, limit))

    def last(self, at_ms: int) -> TapeTrade | None:
        """The latest trade not later than this; found at once while no later one was made."""
        if self._latest is not None and self._latest[0] <= at_ms < self._latest[1]:
            return self._latest[2]
        minute = (at_ms - EPOCH_MS) // MINUTE_MS
        for index in (minute, minute - 1):
            tape = self._tape(index) if index >= 0 else []
            if count := bisect_right(tape, at_ms, key=_BY_TIME):
                until_ms = tape[count].at_ms if count < len(tape) else EPOCH_MS + (index + 1) * MINUTE_MS
                self._latest = (tape[count - 1].at_ms, until_ms, tape[count - 1])
                return tape[count - 1]
        return None

    def candles(self, step_ms: int, from_ms: int, until_ms: int) -> Sequence[Candle]:
        """Whole bars of a minute, an hour or a day."""
        first = max(0, -(-(from_ms - EPOCH_MS) // step_ms))
        last = -(-(until_ms - EPOCH_MS) // step_ms)
        read = {MINUTE_MS: self._minute, HOUR_MS: self._hour, DAY_MS: self._days.day}[step_ms]
        return [self._candle(index, step_ms, read(index)) for index in range(first, last)]

    def _walk(self, from_ms: int, until_ms: int) -> Iterator[TapeTrade]:
        for minute in range((from_ms - EPOCH_MS) // MINUTE_MS, (until_ms - EPOCH_MS) // MINUTE_MS + 1):
            tape = self._tape(minute)
            for trade in tape[bisect_right(tape, from_ms - 1, key=_BY_TIME) :]:
                if trade.at_ms > until_ms:
                    return
                yield trade

    def _hour(self, index: int) -> Bar:
        return self._days.hours(index // 24)[index % 24]

    def _minute(self, index: int) -> Bar:
        return self._minutes(index // _MINUTES_AN_HOUR)[index % _MINUTES_AN_HOUR]

    def _split_hour(self, index: int) -> list[Bar]:
        return split(self._hour(index), _MINUTES_AN_HOUR, Random(f"{self._seed}:minutes:{index}"))  # noqa: S311 - a model

    def _split_minute(self, index: int) -> list[TapeTrade]:
        random, bar = Random(f"{self._seed}:trades:{index}"), self._minute(index)  # noqa: S311
        prices = _path(bar, random)
        lots = share(bar.volume, TRADES_A_MINUTE, random)
        times = [_SLOT_MS * at + random.randrange(_SLOT_MS) for at in range(TRADES_A_MINUTE)]
        sides = [random.random() < _MAKER_RATIO for _ in prices]
        start_ms, first_id = EPOCH_MS + index * MINUTE_MS, index * TRADES_A_MINUTE + 1
        tick, lot = self._instrument.tick, self._instrument.lot
        return [
            TapeTrade(first_id + at, start_ms + times[at], tick * prices[at], lot * max(lots[at], 1), sides[at])
            for at in range(TRADES_A_MINUTE)
        ]

    def _candle(self, index: int, step_ms: int, bar: Bar) -> Candle:
        """Turnover is volume at the bar's mean price, takers' buys are half of it: the model has no finer truth."""
        tick, minutes = self._instrument.tick, step_ms // MINUTE_MS
        volume = self._instrument.lot * bar.volume
        mean = tick * ((bar.open + bar.high + bar.low + bar.close) // 4)
        half = self._instrument.lot * (bar.volume // 2)
        first_id = index * minutes * TRADES_A_MINUTE + 1
        count = minutes * TRADES_A_MINUTE
        prices = (tick * bar.open, tick * bar.high, tick * bar.low, tick * bar.close)
        opens_at = EPOCH_MS + index * step_ms
        return Candle(
            opens_at, *prices, volume, volume * mean, count, half, half * mean, first_id, first_id + count - 1
        )


def _path(bar: Bar, random: Random) -> list[int]:
    """Prices of a minute's trades: its first is the open, its last the close, both extremes are touched."""
    prices = [bar.open, *bridge(bar, TRADES_A_MINUTE - 1, random)]
    high_at, low_at = random.sample(range(1, TRADES_A_MINUTE - 1), 2)
    prices[high_at], prices[low_at] = bar.high, bar.low
    return prices
