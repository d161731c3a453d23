"""Replays rule sets over stored bars: the engine that decides live decides here, at the end of each bar.

Where it would change nothing to look, it does not look: `replay_scan` finds in arrays the bars at which something may
follow, and what would be remembered there. What fires is what would fire if every bar were looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import numpy as np

from nightdesk.rules.engine import advance
from nightdesk.rules.model import RuleSet, TrailingStop, nodes
from nightdesk.rules.reading import ExactReadings, Seen
from nightdesk.rules.replay_broker import Broker, Outcome
from nightdesk.rules.replay_market import ReplayMarket, reads_account
from nightdesk.rules.replay_scan import Scan, is_scanned
from nightdesk.rules.replay_truths import Flags
from nightdesk.rules.schedule import is_active
from nightdesk.rules.state import NOTHING_SEEN, RuleSetState

RUN_MIN: Final = 2048
RUN_MAX: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedFiring:
    """A rule set fired at the end of a bar.

    Attributes:
        place: Of the bar, from the first of the replay.
        evidence: Every figure that was read.
    """

    rule_set: RuleSet
    place: int
    instant: datetime
    evidence: Mapping[str, Seen]
    outcomes: Sequence[Outcome]


class Watcher(Protocol):
    """One rule set on its way through the bars."""

    rule_set: RuleSet

    def next_place(self, until: int) -> int | None:
        """The next bar before this one that must be looked at; None if there is none."""
        ...

    def look(self, place: int) -> ExactReadings | None:
        """Look at the bar; what was read if it fires."""
        ...

    def traded(self, place: int) -> None:
        """What is held changed within this bar."""
        ...


class Scanner:
    """`Watcher` that looks only where something may follow.

    Args:
        run: So many bars are scanned at first; more and more while nothing is found.
    """

    def __init__(self, rule_set: RuleSet, market: ReplayMarket, run: int = RUN_MIN) -> None:
        self.rule_set = rule_set
        self._market = market
        self._state = NOTHING_SEEN
        self._from = 0  # the first bar that is not in the state
        self._run = self._size = run
        self._scan: Scan | None = None
        self._end = 0
        self._passed: list[tuple[int, RuleSetState, Scan]] = []  # runs in which nothing was found since the last look
        self._forced: int | None = None
        self._found: int | None = None  # until it is looked at, or somebody trades
        self._is_idle = False  # nothing will follow before somebody trades
        self._has_stop = any(isinstance(node, TrailingStop) for node in nodes(rule_set.condition))
        self._reads_account = reads_account(rule_set.condition)

    def next_place(self, until: int) -> int | None:
        """The next bar before this one that must be looked at."""
        if self._found is None and not self._is_done():
            self._find(until)
        return self._found if self._found is not None and self._found < until else None

    def _find(self, until: int) -> None:
        while self._from < until and not self._is_idle:
            if self._forced == self._from:
                self._found = self._from
                return
            scan = self._scan or self._begin()
            self._found = self._attention(scan)
            if self._found is not None:
                return
            self._is_idle = scan.is_quiet and self._state.released
            if not self._is_idle:
                self._pass(scan)

    def _pass(self, scan: Scan) -> None:
        """Go on to the next run; somebody's trade may yet lead back."""
        self._passed.append((self._from, self._state, scan))
        self._state = scan.state_after(self._end - 1)
        self._from, self._scan = self._end, None
        self._size = min(self._size * 4, RUN_MAX)

    def look(self, place: int) -> ExactReadings | None:
        """Let the engine look at the bar; what was read if it fires."""
        self._settle(place)
        self._passed.clear()
        readings = self._market.readings(place, self._state)
        step = advance(self.rule_set, self._state, self._market.tape.instant(place), readings)
        self._state = step.state.fired(self._market.tape.instant(place)) if step.fires else step.state
        self._from, self._scan, self._forced, self._found = place + 1, None, None, None
        return readings if step.fires else None

    def traded(self, place: int) -> None:
        """Go on with what is held from this bar on."""
        if self._reads_account and not self._is_done():
            self._settle(place)
            self._passed.clear()
            self._size, self._found, self._is_idle = self._run, None, False
            self._forced = place if self._has_stop else None

    def _is_done(self) -> bool:
        return bool(self._state.firings) and not self.rule_set.repeating

    def _begin(self) -> Scan:
        # Runs end where those of other rule sets end, which find the same in them.
        self._end = min((self._from // self._size + 2) * self._size, len(self._market.tape))
        self._scan = Scan(self.rule_set, self._state, self._market.run(self._from, self._end))
        return self._scan

    def _settle(self, place: int) -> None:
        """Remember everything before the bar, and nothing after it."""
        while place < self._from:
            self._from, self._state, self._scan = self._passed.pop()
        if place > self._from:
            scan = self._scan
            if scan is None or place > self._end:
                scan = Scan(self.rule_set, self._state, self._market.run(self._from, place))
            self._state = scan.state_after(place - 1)
        self._from, self._scan = place, None

    def _attention(self, scan: Scan) -> int | None:
        """The first bar of the run that must be looked at."""
        wanted, index = self._wanted(scan), 0
        while index < len(wanted):
            index += int(np.argmax(wanted[index:]))
            if not wanted[index]:
                return None
            if self._is_due(scan, index):
                return self._from + index
            index += 1
        return None

    def _wanted(self, scan: Scan) -> Flags:
        """Where something may follow, were it not for the cooldown and the active hours."""
        if scan.released_at < 0:
            return scan.forced | scan.together.may
        wanted = scan.forced | (scan.together.may & scan.together.may_not)  # too close to tell whether it is released
        wanted[scan.released_at :] |= scan.together.may[scan.released_at :]
        return wanted

    def _is_due(self, scan: Scan, index: int) -> bool:
        if scan.forced[index] or index < scan.released_at:
            return True
        last, instant = self._state.last_fired_at, self._market.tape.instant(self._from + index)
        if last is not None and instant - last < self.rule_set.cooldown:
            return False
        hours = self.rule_set.active_hours
        return hours is None or is_active(hours, instant)


class Follower:
    """`Watcher` that looks at every bar."""

    def __init__(self, rule_set: RuleSet, market: ReplayMarket) -> None:
        self.rule_set = rule_set
        self._market = market
        self._state: RuleSetState = NOTHING_SEEN
        self._place = 0

    def next_place(self, until: int) -> int | None:
        """Every bar."""
        return self._place if self._place < until else None

    def look(self, place: int) -> ExactReadings | None:
        """Let the engine look at the bar; what was read if it fires."""
        readings = self._market.readings(place, self._state)
        step = advance(self.rule_set, self._state, self._market.tape.instant(place), readings)
        self._state = step.state.fired(self._market.tape.instant(place)) if step.fires else step.state
        self._place = place + 1
        return readings if step.fires else None

    def traded(self, place: int) -> None:
        """It looks at every bar anyway."""


def watcher_of(rule_set: RuleSet, market: ReplayMarket, run: int = RUN_MIN) -> Watcher:
    """The fastest way through the bars for a rule set."""
    return Scanner(rule_set, market, run) if is_scanned(rule_set.condition) else Follower(rule_set, market)


def replay(watchers: Sequence[Watcher], market: ReplayMarket, broker: Broker) -> list[ReplayedFiring]:
    """Take rule sets through all bars; what fired, oldest first.

    At each bar orders are filled first; then every rule set is looked at with what is held then, and only after that
    is anything done.
    """
    fired: list[ReplayedFiring] = []
    place = 0
    while (found := _next(watchers, broker, place, len(market.tape))) is not None:
        place = found
        if broker.next_place == place:
            broker.fill(place)
            for watcher in watchers:
                watcher.traded(place)
        due = [watcher for watcher in watchers if watcher.next_place(place + 1) == place]
        seen = [(watcher.rule_set, watcher.look(place)) for watcher in due]
        for rule_set, readings in seen:
            if readings is not None:
                outcomes = broker.act(rule_set.actions, place)
                fired.append(_firing(rule_set, place, market, readings, outcomes))
    return fired


def _next(watchers: Sequence[Watcher], broker: Broker, begin: int, end: int) -> int | None:
    """The next bar at which anything happens; nobody looks much further than that.

    At a bar in which an order is filled something happens anyway: what is held is another from then on.
    """
    filled = broker.next_place
    until, size, end = begin, RUN_MIN, end if filled is None else filled
    while until < end:
        until, size = min(until + size, end), size * 2
        places = [place for watcher in watchers if (place := watcher.next_place(until)) is not None]
        if places:
            return min(places)
    return filled


def _firing(
    rule_set: RuleSet, place: int, market: ReplayMarket, readings: ExactReadings, outcomes: Sequence[Outcome]
) -> ReplayedFiring:
    return ReplayedFiring(
        rule_set=rule_set,
        place=place,
        instant=market.tape.instant(place),
        evidence=dict(readings.seen),
        outcomes=outcomes,
    )
