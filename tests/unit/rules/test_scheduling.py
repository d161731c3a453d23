"""Which minute makes a scheduled rule set fire, whoever looks; and telling it once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from nightdesk.kernel.ids import CorrelationId
from nightdesk.rules.engine import advance
from nightdesk.rules.firing import CandidateRef, CandidateRow
from nightdesk.rules.judging import StoredRuleSet
from nightdesk.rules.model import AllOf, AnyOf, Compare, Condition, Not, Operand, Relation, Schedule, TrailingStop
from nightdesk.rules.scheduling import (
    Mark,
    ScheduleTeller,
    _NoFigures,
    due_minute,
    is_scheduled,
    minute_of,
    state_at,
)
from nightdesk.rules.state import NOTHING_SEEN, Due
from tests.builders.rules import BEGIN, PRICE, at, rule_set
from tests.fakes.clock import FakeClock

EACH_HOUR = Schedule(minutes=frozenset({0}))
HALF_PAST = Schedule(minutes=frozenset({30}))
ARMED = BEGIN - timedelta(days=1)


def stored(*conditions: Condition, **changes: object) -> StoredRuleSet:
    made = StoredRuleSet(
        rule_set=rule_set(*conditions, repeating=True), firings=0, firings_ever=0, last_fired_at=None, armed_at=ARMED
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@dataclass(slots=True)
class World:
    """Rule sets, a mark, a queue and the market's time."""

    sets: list[StoredRuleSet]
    market_at: datetime | None = BEGIN
    kept: Mark | None = None
    told: list[CandidateRow] = field(default_factory=list)
    sent: list[CandidateRef] = field(default_factory=list)
    clock: FakeClock = field(default_factory=lambda: FakeClock(BEGIN))

    def scheduled(self) -> Sequence[StoredRuleSet]:
        return self.sets

    def mark(self) -> Mark | None:
        return self.kept

    def tell(self, candidates: Sequence[CandidateRow], mark: Mark) -> None:
        self.told += candidates
        self.kept = mark

    def send(self, refs: Sequence[CandidateRef]) -> None:
        self.sent += refs

    def run_at(self, seconds: float) -> int:
        self.market_at = self.clock.at = at(seconds)
        return self.teller().run()

    def teller(self) -> ScheduleTeller:
        return ScheduleTeller(
            self,
            self,
            clock=self.clock,
            market_at=lambda: self.market_at,
            new_correlation=lambda: CorrelationId("c"),
        )


@pytest.mark.parametrize(
    ("condition", "scheduled"),
    [
        (EACH_HOUR, True),
        (AnyOf((EACH_HOUR, AllOf((HALF_PAST,)))), True),
        (Not(EACH_HOUR), False),
        (AllOf((EACH_HOUR, Compare(PRICE, Relation.ABOVE, Operand("1")))), False),
    ],
)
def test_only_the_calendar_decides_of_some(condition: Condition, scheduled: bool) -> None:  # noqa: FBT001 - a case
    assert is_scheduled(rule_set(condition)) is scheduled


def test_the_tracker_and_the_schedule_mean_the_same_minute() -> None:
    wanted = stored(AnyOf((EACH_HOUR, HALF_PAST)))
    first = advance(wanted.rule_set, NOTHING_SEEN, at(-70), _NoFigures())
    step = advance(wanted.rule_set, first.state, at(0.3), _NoFigures())
    assert step.fires
    assert minute_of(wanted.rule_set, first.state, at(0.3)) == at(0) == due_minute(wanted, at(-70), at(37))
    assert minute_of(wanted.rule_set, first.state, at(-1)) == at(-1)
    other = rule_set(EACH_HOUR, Compare(PRICE, Relation.ABOVE, Operand("1")))
    assert minute_of(other, replace(NOTHING_SEEN, nodes={1: Due(at(0))}), at(3)) == at(3)


def test_the_last_minute_counts_and_none_that_is_an_hour_old() -> None:
    wanted = stored(Schedule(minutes=frozenset({0, 10})))
    assert due_minute(wanted, at(-10), at(700)) == at(600)
    assert due_minute(wanted, at(600), at(700)) is None
    assert due_minute(stored(EACH_HOUR), at(-10), at(3599)) == at(0)
    assert due_minute(stored(Schedule(hours=frozenset({12}), minutes=frozenset({0}))), at(-10), at(3700)) is None


def test_no_figure_is_known() -> None:
    assert _NoFigures().value(PRICE) is None
    assert _NoFigures().past(PRICE, BEGIN) is None
    stop = TrailingStop(trail_ratio=Decimal("0.1"))
    assert advance(rule_set(stop), NOTHING_SEEN, BEGIN, _NoFigures()).truths == (None,)


def test_each_minute_is_told_once() -> None:
    world = World([stored(EACH_HOUR)])
    assert world.run_at(-90) == 0  # the first time only marks where telling begins
    assert [world.run_at(seconds) for seconds in (-30, 30, 30, 90, 3630)] == [0, 1, 0, 0, 1]
    assert [row.instant for row in world.told] == [at(0), at(3600)]
    assert [ref.candidate_id for ref in world.sent] == [row.candidate_id for row in world.told]
    assert world.told[0].before == state_at(world.sets[0], at(0))


def test_nothing_is_told_of_before_it_was_armed_nor_without_a_market() -> None:
    armed_later = stored(EACH_HOUR, armed_at=at(20))
    never = stored(EACH_HOUR, armed_at=None)
    other = stored(Compare(PRICE, Relation.ABOVE, Operand("1")))
    world = World([armed_later, never, other])
    world.run_at(-30)
    assert world.run_at(30) == 0
    world.market_at = None
    assert world.teller().run() == 0
    assert world.run_at(3630) == 1


def test_a_clock_that_stands_still_in_wall_time_begins_where_it_stood() -> None:
    world = World([stored(EACH_HOUR, armed_at=at(0))], kept=Mark(at(-60), at(-60)), clock=FakeClock(at(-60)))
    world.market_at = at(30)
    assert world.teller().run() == 1


def test_one_that_is_cooling_down_or_done_is_not_told() -> None:
    cooling = stored(EACH_HOUR, firings=1, last_fired_at=at(-3600))
    cooling = replace(cooling, rule_set=replace(cooling.rule_set, cooldown=timedelta(hours=2)))
    done = replace(cooling, rule_set=replace(cooling.rule_set, cooldown=timedelta(0), repeating=False))
    world = World([cooling, done])
    world.run_at(-30)
    assert world.run_at(30) == 0
