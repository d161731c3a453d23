from __future__ import annotations

from decimal import Decimal

from nightdesk.rules.engine import Decision, Step, advance
from nightdesk.rules.model import TrailingStop
from nightdesk.rules.state import NOTHING_SEEN, Ledgered, Trail
from tests.builders.rules import FakeReadings, at, rule_set

STOP = TrailingStop(arm_ratio=Decimal("0.1"), trail_ratio=Decimal("0.05"))
WANTED = rule_set(STOP, repeating=True)


def run(*worths: str | tuple[str, str] | None) -> list[Step]:
    """A step at each value, or value and flow, a firing taken in at once."""
    state, steps = NOTHING_SEEN, []
    for number, told in enumerate(worths):
        worth, flow = told if isinstance(told, tuple) else (told, "0")
        step = advance(WANTED, state, at(number), FakeReadings(worth=worth, flow=flow))
        state = step.state.fired(at(number)) if step.fires else step.state
        steps.append(step)
    return steps


def trail(step: Step) -> Trail:
    state = step.state.nodes[1]
    assert isinstance(state, Trail)
    return state


def test_it_arms_at_the_gain_trails_and_fires() -> None:
    steps = run("1000", "1099.99", "1100", "1200", "1140.01", "1140")
    assert [step.fires for step in steps] == [False, False, False, False, False, True]
    assert trail(steps[1]).armed_at is None
    assert trail(steps[2]).armed_at == at(2)
    assert trail(steps[4]).sell_at(STOP) == 1140
    assert trail(steps[4]).best_at == at(3)


def test_a_gap_through_the_stop_fires_at_the_first_value_seen() -> None:
    assert [step.fires for step in run("1000", "1200", None, "3")] == [False, False, False, True]


def test_deposits_and_withdrawals_neither_arm_nor_fire() -> None:
    steps = run("1000", ("2000", "1000"), "2199", "2200", ("1100", "-1100"), "1046", "1045")
    assert [step.fires for step in steps] == [False] * 6 + [True]
    assert trail(steps[1]).reference == 2000
    assert trail(steps[1]).armed_at is None
    assert trail(steps[3]).armed_at == at(3)
    assert trail(steps[4]).best == 1100


def test_a_gain_beside_a_deposit_counts() -> None:
    assert trail(run("1000", ("2100", "1000"))[1]).armed_at == at(1)


def test_what_holds_nothing_begins_anew() -> None:
    steps = run("1000", "1200", "0", "500", "549", "550")
    assert not any(step.fires for step in steps)
    assert steps[2].state.nodes == {}
    assert trail(steps[3]).reference == 500
    assert trail(steps[5]).armed_at == at(5)
    assert trail(run("1000", ("10", "20"))[1]).reference == 10


def test_after_a_firing_it_begins_anew() -> None:
    steps = run("1000", "1100", "1000", "1000", "1100")
    assert [step.decision for step in steps[2:4]] == [Decision.FIRE, Decision.NOT_TRUE]
    assert trail(steps[3]).reference == 1000
    assert trail(steps[4]).armed_at == at(4)


def test_it_remembers_how_far_the_ledger_was_looked_at() -> None:
    first = run("1000")[0].state
    ledgered = Ledgered(unpriced=frozenset())
    same = advance(WANTED, first, at(1), FakeReadings(worth="1000", ledgered=ledgered)).state
    assert same.nodes == first.nodes
    further = Ledgered(sequences={}, unpriced=frozenset({"NEW"}))  # type: ignore[arg-type]
    seen = advance(WANTED, first, at(1), FakeReadings(worth="1000", ledgered=further))
    assert trail(seen).ledgered == further
