"""Watches every market's prices: what may pass, what waits to be believed, in which state each market is."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.markets.composite import Sources, deviation_bp, is_within, median
from nightdesk.markets.model import Price
from nightdesk.markets.quality import (
    Cause,
    Others,
    QualityRules,
    Refused,
    Tick,
    bad_quote,
    nonsense,
    refused_spike,
    spike_against,
    wrong_time,
)

SAMPLES_MAX: Final = 500
"""So many refused prices wait to be stored; of more only the counts are."""

ENOUGH_CLOCKS: Final = 3
"""Of so many venues' clocks the median is the present."""

FAST_STEP: Final = timedelta(seconds=10)
"""A market that goes on so far between two looks, a second apart, is a replay that runs fast."""

FAST_LOOKS: Final = 30
"""So long it is taken for one afterwards."""

_SECOND: Final = timedelta(seconds=1)
_RECENT_MIN: Final = 5


class State(StrEnum):
    """How a market's price stands."""

    GOOD = "good"
    QUARANTINED = "quarantined"
    """What it tells now is refused."""
    STALE = "stale"
    STUCK = "stuck"
    APART = "apart"
    """Believed although others contradict: it held its level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A market's state and the figures behind it.

    Attributes:
        since: When the state began, in wall time.
        last: The last price that passed, and when it was made.
        median: Of other venues, in the market's quote.
        sources: How many of them are fresh.
        deviation_bp: Of `last` from the median.
    """

    instrument: Instrument
    state: State
    since: datetime
    last: Decimal | None
    at: datetime | None
    median: Decimal | None
    sources: int
    deviation_bp: Decimal | None


@dataclass(slots=True)
class _Market:
    """What is remembered of a market."""

    since: datetime
    state: State = State.GOOD
    newest: Tick | None = None
    heard_at: datetime | None = None
    changed_at: datetime | None = None
    median_then: Decimal | None = None
    recent: deque[tuple[datetime, Decimal]] = field(default_factory=lambda: deque(maxlen=64))
    waiting: deque[Tick] = field(default_factory=deque)
    level_since: datetime | None = None
    level_ticks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What all venues say.

    Attributes:
        passed: Prices that passed.
        told: The same, but of markets whose price waits that one: what venues tell, believed or not.
        clocks: The newest instant that each venue told, passed or not.
        present: The present where markets follow the wall clock; else None.
    """

    passed: Sources
    told: Sources
    clocks: Mapping[VenueId, datetime] = field(default_factory=dict)
    present: datetime | None = None


class QualityWatch:
    """Judges ticks one by one.

    Args:
        rules: The bounds.
    """

    def __init__(self, rules: QualityRules | None = None) -> None:
        self._rules = rules or QualityRules()
        self._markets: dict[Instrument, _Market] = {}
        self._sources = self._told = Sources(())
        self._others: dict[Instrument, Others] = {}
        self._present: datetime | None = None
        self._clock: datetime | None = None
        self._fast_looks = 0
        self._counts: Counter[tuple[Instrument, Cause]] = Counter()
        self._samples: deque[Refused] = deque(maxlen=SAMPLES_MAX)

    def know(self, known: Known) -> None:
        """Take what all venues say, once a second."""
        self._sources, self._told = known.passed, known.told
        self._others.clear()
        self._present = known.present if known.present is not None else self._agreed(known.clocks)

    def judge(self, tick: Tick, now: datetime) -> list[Tick]:
        """What may pass now: the tick, perhaps after those that waited, or nothing.

        A quote that can't be is taken off; the price passes without it.
        """
        market = self._markets.setdefault(tick.instrument, _Market(since=now))
        market.heard_at = now
        if (cause := bad_quote(tick)) is not None:
            self._refuse(Refused(cause=cause, tick=tick, seen_at=now))
            tick = replace(tick, bid=None, ask=None)
        if tick.last is None:
            return [tick]
        refused = self._refused(market, tick, now)
        if refused is None:
            return self._pass(market, tick, now)
        self._refuse(refused)
        return self._hold(market, refused, now)

    def look(self, now: datetime) -> list[Tick]:
        """Once a second: judge again what waits, and notice markets that went silent while others moved."""
        passed: list[Tick] = []
        for instrument, market in self._markets.items():
            if market.waiting and self._refused(market, market.waiting[-1], now) is None:
                passed += self._release(market, now, State.GOOD)
            others = self.others(instrument)
            is_moving = others.moved_bp > self._rules.moved_bp and others.count > 0
            if market.state in {State.GOOD, State.APART} and is_moving and self._is_silent(market, now):
                self._turn(market, State.STALE, now)
                if market.newest is not None:
                    self._refuse(self._against(Cause.STALE, market.newest, others, now))
        return passed

    def others(self, instrument: Instrument) -> Others:
        """What other venues say of the market."""
        if instrument not in self._others:
            told = self._sources.others(instrument)
            middle = median(told) if told else None
            market = self._markets.get(instrument)
            then = market.median_then if market is not None else None
            moved = deviation_bp(middle, then).copy_abs() if middle is not None and then is not None else Decimal(0)
            self._others[instrument] = Others(middle, len(told), moved)
        return self._others[instrument]

    def take_counts(self) -> dict[tuple[Instrument, Cause], int]:
        """How often each was refused since the last call."""
        counts, self._counts = dict(self._counts), Counter()
        return counts

    def take_samples(self) -> list[Refused]:
        """What was refused since the last call, the newest of a great many."""
        samples = list(self._samples)
        self._samples.clear()
        return samples

    def refuse_trade(self, cause: Cause, tick: Tick, now: datetime) -> None:
        """Count a trade that was refused elsewhere."""
        self._refuse(Refused(cause=cause, tick=tick, seen_at=now))

    def waiting(self) -> list[Price]:
        """What each market tells that is not believed."""
        ticks = [market.waiting[-1] for market in self._markets.values() if market.waiting]
        return [Price(instrument=tick.instrument, last=tick.last, at=tick.at) for tick in ticks if tick.last]

    def markets(self) -> Collection[Instrument]:
        """Every market that told anything."""
        return self._markets.keys()

    def standings(self) -> Iterator[Standing]:
        """Every market that told a price."""
        for instrument, market in self._markets.items():
            others = self.others(instrument)
            last = market.newest.last if market.newest is not None else None
            known = last is not None and others.median is not None
            yield Standing(
                instrument=instrument,
                state=market.state,
                since=market.since,
                last=last,
                at=None if market.newest is None else market.newest.at,
                median=others.median,
                sources=others.count,
                deviation_bp=deviation_bp(last, others.median) if known and last and others.median else None,
            )

    def _agreed(self, clocks: Mapping[VenueId, datetime]) -> datetime | None:
        """What the venues' clocks say, and what they go on by in two seconds; None in a replay that runs fast.

        There the clocks of venues that are heard at different moments lie minutes apart, and nobody can tell.
        """
        before, self._clock = self._clock, None
        if len(clocks) < ENOUGH_CLOCKS:
            return None
        self._clock = sorted(clocks.values())[len(clocks) // 2]
        step = max(self._clock - before, timedelta(0)) if before is not None else timedelta(0)
        self._fast_looks = FAST_LOOKS if step > FAST_STEP else max(self._fast_looks - 1, 0)
        return None if self._fast_looks else self._clock + 2 * step

    def _refused(self, market: _Market, tick: Tick, now: datetime) -> Refused | None:
        assert tick.last is not None  # noqa: S101 - asked before
        cause = nonsense(tick.last) or wrong_time(tick, market.newest, self._present, self._rules)
        if cause is not None:
            return Refused(cause=cause, tick=tick, seen_at=now)
        if market.newest is not None and tick.at < market.newest.at:
            return None  # late: it takes its place in the past, which is not compared with the present
        others, recent = self.others(tick.instrument), self._recent(market)
        if self._is_stuck(market, tick, others, now):
            return self._against(Cause.STUCK, tick, others, now)
        told = Others() if market.state is State.APART else others
        compared = spike_against(tick.last, told, recent, self._rules)
        if compared is None or self._is_confirmed(tick.instrument, tick.last):
            return None
        return refused_spike(tick, now, compared, told.count)

    def _is_confirmed(self, instrument: Instrument, last: Decimal) -> bool:
        """Whether most venues, this one among them, tell the like now: all moved, before any of them was believed."""
        others = self._told.others(instrument)
        near = sum(is_within(last, other, self._rules.spike_bp) for other in others)
        return near > 0 and 2 * (near + 1) > len(others) + 1

    def _pass(self, market: _Market, tick: Tick, now: datetime) -> list[Tick]:
        assert tick.last is not None  # noqa: S101 - asked before
        waited = [each for each in market.waiting if each.last and self._is_level(tick.last, each.last)]
        market.waiting.clear()
        market.level_since = None
        if market.newest is not None and tick.at < market.newest.at:
            return [tick]
        self._remember(market, tick, now)
        is_back = market.state is not State.APART or self._is_among_others(tick)
        if market.state is not State.GOOD and is_back:
            self._turn(market, State.GOOD, now)
        return [*waited, tick]

    def _remember(self, market: _Market, tick: Tick, now: datetime) -> None:
        assert tick.last is not None  # noqa: S101 - asked before
        if market.newest is None or tick.last != market.newest.last:
            market.changed_at = now
            market.median_then = self.others(tick.instrument).median
            self._others.pop(tick.instrument, None)
        elif market.median_then is None:
            market.median_then = self.others(tick.instrument).median
        market.newest = tick
        if not market.recent or tick.at - market.recent[-1][0] >= _SECOND:
            market.recent.append((tick.at, tick.last))

    def _hold(self, market: _Market, refused: Refused, now: datetime) -> list[Tick]:
        """Let a refused price wait; what waited passes when its level has held."""
        tick, last = refused.tick, refused.tick.last
        if refused.cause not in {Cause.SPIKE, Cause.FUTURE} or last is None:
            self._turn(market, State.STUCK if refused.cause is Cause.STUCK else State.QUARANTINED, now)
            return []
        before = market.waiting[-1] if market.waiting else None
        is_same_level = before is not None and before.last is not None and self._is_level(last, before.last)
        if market.level_since is None or not is_same_level:
            market.level_since, market.level_ticks = now, 0
            market.waiting.clear()
        market.level_ticks += before is None or (tick.at, tick.number, last) != (before.at, before.number, before.last)
        market.waiting.append(tick)
        while len(market.waiting) > self._rules.kept:
            market.waiting.popleft()
        self._turn(market, State.QUARANTINED, now)
        if refused.cause is Cause.SPIKE and self._has_held(market, refused, now):
            return self._release(market, now, State.APART)
        return []

    def _has_held(self, market: _Market, refused: Refused, now: datetime) -> bool:
        assert market.level_since is not None  # noqa: S101 - something waits
        hold = self._rules.hold_against if refused.sources > 1 else self._rules.hold
        return market.level_ticks >= self._rules.hold_ticks and now - market.level_since >= hold

    def _release(self, market: _Market, now: datetime, state: State) -> list[Tick]:
        passed = list(market.waiting)
        market.waiting.clear()
        market.recent.clear()
        market.level_since = None
        for tick in passed:
            self._remember(market, tick, now)
        is_alone = self.others(passed[-1].instrument).median is None
        self._turn(market, State.GOOD if is_alone else state, now)
        return passed

    def _recent(self, market: _Market) -> Decimal | None:
        """The median of the market's own recent past; None where there is too little of it."""
        if market.newest is None:
            return None
        since = market.newest.at - self._rules.recent
        told = [last for at, last in market.recent if at >= since]
        return median(told) if len(told) >= _RECENT_MIN else market.newest.last

    def _is_silent(self, market: _Market, now: datetime) -> bool:
        return market.heard_at is not None and now - market.heard_at > self._rules.stale_after

    def _is_stuck(self, market: _Market, tick: Tick, others: Others, now: datetime) -> bool:
        if market.newest is None or tick.last != market.newest.last or market.changed_at is None:
            return False
        is_long = now - market.changed_at > self._rules.stuck_after
        is_off = others.median is not None and not is_within(
            tick.last or others.median, others.median, self._rules.moved_bp
        )
        return is_long and is_off and others.moved_bp > self._rules.moved_bp

    def _is_level(self, last: Decimal, other: Decimal) -> bool:
        return is_within(last, other, self._rules.level_bp)

    def _is_among_others(self, tick: Tick) -> bool:
        others = self.others(tick.instrument)
        return others.median is None or spike_against(tick.last or others.median, others, None, self._rules) is None

    def _against(self, cause: Cause, tick: Tick, others: Others, now: datetime) -> Refused:
        known = tick.last is not None and others.median is not None
        return Refused(
            cause=cause,
            tick=tick,
            seen_at=now,
            compared=others.median,
            sources=others.count,
            deviation_bp=deviation_bp(tick.last, others.median) if known and tick.last and others.median else None,
        )

    def _refuse(self, refused: Refused) -> None:
        self._counts[refused.tick.instrument, refused.cause] += 1
        self._samples.append(refused)

    @staticmethod
    def _turn(market: _Market, state: State, now: datetime) -> None:
        if market.state is not state:
            market.state, market.since = state, now
