from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np

from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.compiled import CompiledRules
from nightdesk.rules.compiled_block import Tick, epoch_s
from nightdesk.rules.model import ActiveHours, Compare, Operand, Relation, RuleSet, TrailingStop
from nightdesk.rules.slots import Present, SlotKey, SlotTable, Worth
from nightdesk.rules.state import NOTHING_SEEN, Trail
from nightdesk.rules.watching import AGAIN_AFTER, Candidate, RuleWatch
from tests.builders.rules import PRICE, FakeReadings, at, rule_set

OVER = Compare(PRICE, Relation.ABOVE, Operand("100"))
STOP = TrailingStop(trail_ratio=Decimal("0.1"))


@dataclass(frozen=True, slots=True)
class Moment:
    instant: datetime
    price: str

    def readings(self, wanted: RuleSet) -> FakeReadings:
        del wanted
        return FakeReadings({PRICE: self.price}, worth=self.price)


class Trial:
    def __init__(self, *wanted: RuleSet) -> None:
        self.watch = RuleWatch(CompiledRules(block_size=4))
        self.number = 0
        for each in wanted:
            self.watch.put(each, NOTHING_SEEN)

    def tick(self, seconds: float, price: str) -> list[Candidate]:
        moment, keys = Moment(at(seconds), price), self.watch.compiled.slots.keys
        values = np.array([_float(key, price) for key in keys])
        moved = np.ones(len(values), dtype=np.bool_)
        self.number += 1
        return self.watch.tick(Tick(self.number, epoch_s(moment.instant), values, values * 1e-12, moved), moment)


def _float(key: SlotKey | None, price: str) -> float:
    if isinstance(key, Present) and key.operand != PRICE:
        return float(key.operand)
    return float("nan") if key is None else float(price)


def identity(number: int) -> RuleSetId:
    return RuleSetId(UUID(int=number))


def test_a_candidate_that_nobody_judges_is_told_again_after_a_while() -> None:
    trial, after = Trial(rule_set(OVER)), AGAIN_AFTER.total_seconds()
    told = [len(trial.tick(second, "101")) for second in (0, 1, after - 0.5, after, after + 1)]
    assert told == [1, 0, 0, 1, 0]


def test_a_judged_firing_is_taken_in_once() -> None:
    wanted = rule_set(OVER, repeating=True, cooldown=timedelta(seconds=60))
    trial = Trial(wanted)
    assert len(trial.tick(0, "101")) == 1
    for _ in range(2):
        trial.watch.fired(wanted.rule_set_id, 1, at(0))
    assert trial.watch.compiled.state(wanted.rule_set_id).firings == 1
    assert [len(trial.tick(second, price)) for second, price in ((1, "99"), (2, "101"), (59, "101"), (60, "101"))] == [
        0,
        0,
        0,
        1,
    ]


def test_one_that_is_done_or_not_active_is_not_looked_at_all_the_time() -> None:
    done = rule_set(OVER)
    trial = Trial(done)
    trial.tick(0, "101")
    trial.watch.fired(done.rule_set_id, 1, at(0))
    trial.tick(1, "99")
    assert [len(trial.tick(second, "101")) for second in (2, 3)] == [0, 0]
    resting = Trial(rule_set(OVER, active_hours=ActiveHours(begin=time(12, 2), end=time(13), zone="UTC")))
    assert [len(resting.tick(second, "101")) for second in (0, 30, 119, 120)] == [0, 0, 0, 1]


def test_only_what_changed_is_told_to_be_kept_and_again_if_it_was_not() -> None:
    wanted = [rule_set(STOP, rule_set_id=identity(number)) for number in range(3)]
    trial = Trial(*wanted, rule_set(OVER, rule_set_id=identity(9)))
    trial.tick(0, "50")
    assert len(trial.watch.changes(2)) == 2
    assert len(trial.watch.changes(2)) == 1
    assert trial.watch.changes(2) == {}
    trial.tick(1, "60")
    trial.tick(2, "55")
    changes = trial.watch.changes(10)
    trails = [state.nodes[1] for state in changes.values()]
    assert [each.best for each in trails if isinstance(each, Trail)] == [60] * 3
    trial.watch.change_again(changes)
    trial.watch.remove(identity(0))
    assert set(trial.watch.changes(10)) == {identity(1), identity(2)}


def test_an_edit_neither_forgets_nor_moves_the_others() -> None:
    kept = rule_set(STOP, rule_set_id=identity(1))
    trial = Trial(kept, rule_set(OVER, rule_set_id=identity(2)))
    for second, price in enumerate(("50", "60")):
        trial.tick(second, price)
    trial.watch.put(replace(rule_set(OVER, rule_set_id=identity(2)), version=2), NOTHING_SEEN)
    assert [len(trial.tick(second, price)) for second, price in ((2, "55"), (3, "54"))] == [0, 1]
    assert identity(2) in trial.watch.compiled
    assert len(trial.watch.compiled) == len(trial.watch.compiled.rule_set_ids) == 2


def test_removing_settles_what_is_in_the_same_block() -> None:
    trial = Trial(rule_set(STOP, rule_set_id=identity(1)), rule_set(STOP, rule_set_id=identity(2)))
    for second, price in enumerate(("50", "60")):
        trial.tick(second, price)
    trial.watch.remove(identity(2))
    state = trial.watch.changes(10)[identity(1)]
    trail = state.nodes[1]
    assert isinstance(trail, Trail)
    assert trail.best == 60
    trial.watch.remove(identity(1))
    assert trial.tick(5, "1") == []


def test_places_are_shared_and_given_to_others_when_nobody_wants_them() -> None:
    slots = SlotTable()
    worth = Worth(rule_set().portfolio_id, STOP.scope, None)
    assert [slots.take(each) for each in (Present(PRICE), worth, Present(PRICE))] == [0, 1, 0]
    slots.give_back(0)
    assert slots.keys == [Present(PRICE), worth]
    revision = slots.revision
    slots.give_back(0)
    assert (slots.keys[0], slots.revision) == (None, revision + 1)
    assert slots.take(Present(Operand("1"))) == 0
    assert len(slots) == 2


def test_a_firing_is_taken_in_while_its_block_is_laid_out_anew() -> None:
    wanted = rule_set(OVER, repeating=True, rule_set_id=identity(1))
    trial = Trial(wanted)
    assert len(trial.tick(0, "101")) == 1
    trial.watch.put(rule_set(OVER, rule_set_id=identity(2)), NOTHING_SEEN)
    trial.watch.fired(identity(1), 1, at(0))
    assert [len(trial.tick(second, price)) for second, price in ((1, "99"), (2, "101"))] == [0, 2]
    for number in (1, 2):
        trial.watch.remove(identity(number))
    assert trial.watch.changes(10) == {}
