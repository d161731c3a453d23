"""Where the arrays say to look."""

from datetime import timedelta
from decimal import Decimal
from math import nan

import numpy as np
import pytest

from nightdesk.rules.compiled import CompiledRules
from nightdesk.rules.compiled_block import Tick, epoch_s
from nightdesk.rules.model import (
    AllOf,
    AnyOf,
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
)
from nightdesk.rules.slots import Past, Present, SlotKey
from nightdesk.rules.state import Crossed, Due, NodeState, RuleSetState, TrueSince
from tests.builders.rules import PRICE, at, rule_set

OTHER = Operand("price(BINANCE:ETH/USDT)")
ONE = Operand("1")
NEVER = Compare(Operand("0"), Relation.ABOVE, ONE)
TOO_CLOSE = Compare(PRICE, Relation.ABOVE, PRICE)
OVER = Compare(OTHER, Relation.ABOVE, ONE)
UNDER = Compare(OTHER, Relation.NOT_ABOVE, ONE)
SINCE = RuleSetState(nodes={2: TrueSince(at(0)), 3: TrueSince(at(0))})


def tick(compiled: CompiledRules, seconds: int, other: float) -> Tick:
    def figure(key: SlotKey | None) -> float:
        if isinstance(key, Past):
            return 1.0
        assert isinstance(key, Present)
        return {PRICE: 100.0, OTHER: other}.get(key.operand) or float(key.operand)

    values = np.array([figure(key) for key in compiled.slots.keys])
    return Tick(seconds, epoch_s(at(seconds)), values, np.abs(values) * 1e-12, np.ones(len(values), dtype=np.bool_))


@pytest.mark.parametrize(
    ("condition", "node"),
    [
        (Cross(OTHER, Direction.ABOVE, ONE), Crossed(False)),
        (PercentChange(OTHER, timedelta(minutes=1), Relation.ABOVE, Decimal("0.1")), None),
        (Schedule(minutes=frozenset({0})), Due(at(7))),
    ],
)
def test_a_condition_is_looked_at_where_it_may_be_true(condition: Condition, node: NodeState | None) -> None:
    wanted, compiled = rule_set(condition), CompiledRules()
    compiled.put(wanted, RuleSetState(nodes={1: node} if node else {}))
    told = [bool(compiled.tick(tick(compiled, seconds, other))) for seconds, other in ((5, 0.5), (6, 0.9), (7, 2.0))]
    assert told == [True, False, True]


@pytest.mark.parametrize(
    "inner",
    [
        OVER,
        AnyOf((TOO_CLOSE, OVER)),
        AnyOf((TOO_CLOSE, AllOf((OVER, OVER)))),
        Not(AllOf((TOO_CLOSE, UNDER))),
        Not(AllOf((TOO_CLOSE, Not(OVER)))),
        Held(AnyOf((TOO_CLOSE, OVER)), timedelta(seconds=1)),
    ],
)
def test_what_is_held_is_looked_at_as_soon_as_it_may_be_no_longer_known(inner: Condition) -> None:
    wanted, compiled = rule_set(NEVER, Held(inner, timedelta(seconds=30))), CompiledRules()
    compiled.put(wanted, SINCE)
    told = [compiled.tick(tick(compiled, seconds, other)) for seconds, other in ((5, 2.0), (6, 2.0), (7, nan))]
    assert told == [(wanted.rule_set_id,), (), (wanted.rule_set_id,)]


def test_what_has_surely_not_held_long_enough_surely_does_not_hold() -> None:
    short = Not(Held(AnyOf((TOO_CLOSE, OVER)), timedelta(seconds=30)))
    wanted, compiled = rule_set(NEVER, Held(short, timedelta(seconds=30))), CompiledRules()
    compiled.put(wanted, RuleSetState(nodes={2: TrueSince(at(0)), 4: TrueSince(at(0))}))
    told = [bool(compiled.tick(tick(compiled, seconds, 2.0))) for seconds in (5, 6, 29, 30)]
    assert told == [True, False, False, True]
