from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from nightdesk.rules.engine import Decision, advance
from nightdesk.rules.model import (
    Compare,
    Condition,
    Cross,
    Direction,
    Held,
    Not,
    Operand,
    PercentChange,
    Relation,
    Schedule,
    TrailingStop,
)
from nightdesk.rules.showing import Distance, show
from nightdesk.rules.state import NOTHING_SEEN
from tests.builders.rules import PRICE, FakeReadings, at, rule_set

HUNDRED = Operand("100")
STOP = TrailingStop(arm_ratio=Decimal("0.1"), trail_ratio=Decimal("0.05"))


def distance(condition: Condition, readings: FakeReadings) -> Distance:
    (found,) = show(rule_set(condition), NOTHING_SEEN, at(0), readings).distances
    return found


def test_a_comparison_tells_by_what_part_the_figure_has_to_move() -> None:
    readings = FakeReadings({PRICE: "80"})
    over = distance(Compare(PRICE, Relation.ABOVE, HUNDRED), readings)
    assert (over.what, over.value, over.threshold, over.ratio) == (
        "compare",
        Decimal(80),
        Decimal(100),
        Decimal("0.25"),
    )
    assert distance(Compare(PRICE, Relation.BELOW, HUNDRED), readings).ratio == Decimal("-0.25")
    assert distance(Cross(PRICE, Direction.ABOVE, HUNDRED), readings).what == "cross"
    assert distance(Cross(PRICE, Direction.BELOW, HUNDRED), FakeReadings({PRICE: None})).ratio is None


def test_a_change_tells_how_much_is_missing() -> None:
    down = PercentChange(PRICE, timedelta(minutes=1), Relation.NOT_ABOVE, Decimal("-0.1"))
    readings = FakeReadings({PRICE: "95"}, pasts={at(-60): "100"})
    assert distance(down, readings).ratio == Decimal("0.05")
    up = PercentChange(PRICE, timedelta(minutes=1), Relation.ABOVE, Decimal("0.1"))
    assert distance(up, readings).ratio == Decimal("0.15")
    assert distance(up, FakeReadings({PRICE: "95"})).ratio is None


def test_a_trailing_stop_tells_how_far_it_is_from_arming_and_then_from_firing() -> None:
    wanted = rule_set(STOP)
    assert distance(STOP, FakeReadings()).value is None
    first = advance(wanted, NOTHING_SEEN, at(0), FakeReadings(worth="1000")).state
    (arms,) = show(wanted, first, at(1), FakeReadings(worth="1000")).distances
    assert (arms.what, arms.threshold, arms.ratio) == ("arms", Decimal(1100), Decimal("0.1"))
    second = advance(wanted, first, at(1), FakeReadings(worth="1100")).state
    shown = show(wanted, second, at(2), FakeReadings(worth="1045"))
    assert (shown.distances[0].what, shown.distances[0].ratio, shown.decision) == ("fires", Decimal(0), Decision.FIRE)
    assert shown.truths == (True,)
    emptied = show(wanted, second, at(2), FakeReadings(worth="0")).distances
    assert emptied[0].ratio is None


def test_what_waits_tells_until_or_since_when() -> None:
    due = distance(Schedule(), FakeReadings())
    assert (due.what, due.at) == ("due", at(60))
    held = Held(Compare(PRICE, Relation.ABOVE, HUNDRED), timedelta(minutes=1))
    since, inner = show(rule_set(held), NOTHING_SEEN, at(0), FakeReadings({PRICE: "101"})).distances
    assert (since.what, since.at, inner.what) == ("held", at(0), "compare")
    (only,) = show(rule_set(Not(held)), NOTHING_SEEN, at(0), FakeReadings({PRICE: "99"})).distances
    assert only.number == 3
