from __future__ import annotations

from collections.abc import Sequence
from datetime import time, timedelta
from decimal import Decimal

import pytest

from nightdesk.rules.engine import Decision, Step, advance
from nightdesk.rules.model import (
    ActiveHours,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Cross,
    Direction,
    Held,
    Mode,
    Not,
    Operand,
    PercentChange,
    Relation,
    RuleSet,
    Schedule,
    change_step,
    nodes,
    operands,
)
from nightdesk.rules.state import NOTHING_SEEN
from tests.builders.rules import PRICE, FakeReadings, at, rule_set

HUNDRED = Operand("100")
OVER = Compare(PRICE, Relation.ABOVE, HUNDRED)


def run(wanted: RuleSet, prices: Sequence[str | None], step_s: float = 1) -> list[Step]:
    """A step at each price, a firing taken in at once."""
    state, steps = NOTHING_SEEN, []
    for number, price in enumerate(prices):
        step = advance(wanted, state, at(number * step_s), FakeReadings({PRICE: price}))
        state = step.state.fired(at(number * step_s)) if step.fires else step.state
        steps.append(step)
    return steps


def decisions(wanted: RuleSet, prices: Sequence[str | None], step_s: float = 1) -> list[str]:
    return [step.decision.value for step in run(wanted, prices, step_s)]


@pytest.mark.parametrize(
    ("relation", "truths"),
    [
        (Relation.ABOVE, [False, False, True]),
        (Relation.NOT_BELOW, [False, True, True]),
        (Relation.BELOW, [True, False, False]),
        (Relation.NOT_ABOVE, [True, True, False]),
    ],
)
def test_a_comparison_holds_exactly(relation: Relation, truths: list[bool]) -> None:
    steps = run(rule_set(Compare(PRICE, relation, HUNDRED)), ["99.999999999999999999", "100", "100.000000000000000001"])
    assert [step.truths for step in steps] == [(truth,) for truth in truths]


def test_what_is_not_known_fires_nothing() -> None:
    assert decisions(rule_set(OVER), [None, "101"]) == ["not_known", "fire"]
    assert decisions(rule_set(Not(OVER)), [None, "99"]) == ["not_known", "fire"]
    assert decisions(rule_set(Compare(HUNDRED, Relation.BELOW, PRICE)), [None]) == ["not_known"]


def test_a_rule_set_that_fires_once_is_done() -> None:
    assert decisions(rule_set(OVER), ["101", "99", "101"]) == ["fire", "not_true", "done"]


def test_a_repeating_one_fires_again_only_after_the_rules_were_untrue() -> None:
    wanted = rule_set(OVER, repeating=True)
    told = decisions(wanted, ["101", "102", None, "102", "100", "101"])
    assert told == ["fire", "not_released", "not_known", "not_released", "not_true", "fire"]


def test_within_the_cooldown_it_waits_and_then_fires_if_still_true() -> None:
    wanted = rule_set(OVER, repeating=True, cooldown=timedelta(seconds=4))
    assert decisions(wanted, ["101", "99", "101", "101", "101"]) == [
        "fire",
        "not_true",
        "cooling_down",
        "cooling_down",
        "fire",
    ]


def test_outside_its_hours_it_waits() -> None:
    hours = ActiveHours(begin=time(12, 0, 2), end=time(12, 0, 3), zone="UTC")
    assert decisions(rule_set(OVER, active_hours=hours), ["101", "101", "101"]) == ["not_active", "not_active", "fire"]


def test_a_cross_is_true_at_one_instant() -> None:
    above = rule_set(Cross(PRICE, Direction.ABOVE, HUNDRED), repeating=True)
    told = decisions(above, ["101", "100", "101", "102", None, "99", None, "103"])
    assert told == ["not_known", "not_true", "fire", "not_true", "not_known", "not_true", "not_known", "fire"]
    below = rule_set(Cross(PRICE, Direction.BELOW, HUNDRED))
    assert decisions(below, ["100", "99"]) == ["not_known", "fire"]
    assert decisions(rule_set(Cross(HUNDRED, Direction.BELOW, PRICE)), [None]) == ["not_known"]


def test_held_needs_the_time_without_a_break() -> None:
    wanted = rule_set(Held(OVER, timedelta(seconds=2)))
    assert [step.truths[0] for step in run(wanted, ["101", "101", "99", "101", "101", "101"])] == [
        False,
        False,
        False,
        False,
        False,
        True,
    ]
    assert decisions(wanted, ["101", None, "101"]) == ["not_true", "not_known", "not_true"]


def test_a_change_is_counted_from_the_step_before_the_window() -> None:
    change = PercentChange(PRICE, timedelta(minutes=2), Relation.NOT_ABOVE, Decimal("-0.05"))
    readings = FakeReadings({PRICE: "95"}, pasts={at(60): "100"})
    step = advance(rule_set(change), NOTHING_SEEN, at(185), readings)
    assert step.fires
    readings.values = {PRICE: "95.000000000000000001"}
    assert advance(rule_set(change), NOTHING_SEEN, at(185), readings).decision is Decision.NOT_TRUE
    assert advance(rule_set(change), NOTHING_SEEN, at(245), readings).decision is Decision.NOT_KNOWN


def test_groups_follow_three_valued_logic() -> None:
    unknown = Compare(Operand("x"), Relation.ABOVE, HUNDRED)
    values = {"x": None, PRICE: "101"}

    def truth(condition: Condition) -> bool | None:
        return advance(rule_set(condition), NOTHING_SEEN, at(0), FakeReadings(values)).truths[0]

    assert truth(AnyOf((unknown, OVER))) is True
    assert truth(AnyOf((unknown, Not(OVER)))) is None
    assert truth(AnyOf((Not(OVER), Not(OVER)))) is False
    assert truth(AllOf((unknown, OVER))) is None
    assert truth(AllOf((unknown, Not(OVER)))) is False
    assert truth(AllOf((OVER, OVER))) is True


def test_a_schedule_fires_once_for_each_named_minute() -> None:
    wanted = rule_set(Schedule(minutes=frozenset({1, 3})), repeating=True)
    told = decisions(wanted, ["1"] * 9, step_s=30)
    assert [number for number, decision in enumerate(told) if decision == "fire"] == [2, 6]


def test_a_minute_that_nobody_saw_counts_for_an_hour() -> None:
    wanted = rule_set(Schedule(minutes=frozenset({1}), hours=frozenset({12, 14})))
    assert decisions(wanted, ["1", "1"], step_s=3600) == ["not_true", "fire"]
    assert decisions(wanted, ["1", "1"], step_s=3700) == ["not_true", "not_true"]
    daily = rule_set(Schedule(minutes=frozenset({30})))
    assert decisions(daily, ["1", "1"], step_s=10 * 3600) == ["not_true", "fire"]


def test_every_rule_keeps_its_memory_even_where_another_decides() -> None:
    wanted = rule_set(Compare(PRICE, Relation.ABOVE, Operand("0")), Cross(PRICE, Direction.ABOVE, HUNDRED))
    assert decisions(wanted, ["99", "101"]) == ["not_known", "fire"]


def test_operands_and_conditions_are_listed_in_order() -> None:
    cross = Cross(PRICE, Direction.ABOVE, HUNDRED)
    change = PercentChange(PRICE, timedelta(hours=2), Relation.ABOVE, Decimal(1))
    wanted = rule_set(AnyOf((Not(OVER), cross)), Held(change, timedelta(seconds=1)), Schedule())
    kinds = [type(node).__name__ for node in nodes(wanted.condition)]
    assert kinds == ["AllOf", "AnyOf", "Not", "Compare", "Cross", "Held", "PercentChange", "Schedule"]
    assert list(operands(wanted.condition)) == [PRICE, HUNDRED, PRICE, HUNDRED, PRICE]
    steps = [change_step(timedelta(hours=hours)) for hours in (1, 2, 25)]
    assert steps == [timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1)]
    assert [mode for mode in Mode if mode.is_watched] == [Mode.SHADOW, Mode.LIVE]
