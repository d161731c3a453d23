from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from nightdesk.execution.scope import Scope
from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.formula import Formula
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId
from nightdesk.rules.checking import Checker
from nightdesk.rules.model import (
    ActiveHours,
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
    Rule,
    Schedule,
    TrailingStop,
)
from tests.builders.rules import PRICE, TENANT, rule_set

MINE = AccountId(UUID(int=5))
CHECKER = Checker(TENANT, {MINE}, {"twice": Formula("twice", "close(series,resolution) * 2")})
FINE = Compare(Operand("rsi( BINANCE:btc/usdt, 15m )"), Relation.BELOW, Operand("30.0"))
STOP = TrailingStop(trail_ratio=Decimal("0.1"))


def refused(condition: Condition) -> str:
    with pytest.raises(InvalidInput) as raised:
        CHECKER.checked(rule_set(condition))
    return f"{raised.value.code} {raised.value.message}"


def test_operands_get_their_canonical_form_wherever_they_are() -> None:
    cross = Cross(Operand("twice(BINANCE:BTC/USDT,1h)"), Direction.ABOVE, PRICE)
    change = PercentChange(Operand("1 + price(BINANCE:BTC/USDT)"), timedelta(hours=1), Relation.ABOVE, Decimal("0.1"))
    every = AllOf((AnyOf((FINE, Not(cross))), Held(change, timedelta(minutes=1)), Schedule(), STOP))
    (rule,) = CHECKER.checked(rule_set(every)).rules
    assert isinstance(rule.condition, AllOf)
    either, held, *_ = rule.condition.conditions
    assert either == AnyOf(
        (
            Compare(Operand("RSI(BINANCE:BTC/USDT,15m,14)"), Relation.BELOW, Operand("30")),
            Not(Cross(Operand("close(BINANCE:BTC/USDT,1h) * 2"), Direction.ABOVE, PRICE)),
        )
    )
    assert isinstance(held, Held)
    assert CHECKER.checked(rule_set(rule.condition)).rules[0].condition == rule.condition


def test_what_is_wrong_is_told_with_its_place() -> None:
    wrong = AllOf((FINE, Not(Compare(Operand("rsx(1)"), Relation.ABOVE, Operand("1")))))
    with pytest.raises(ExpressionError, match=r"rules\.0\.condition\.conditions\.1\.condition\.left: There is no"):
        CHECKER.checked(rule_set(wrong))


def test_only_ones_own_portfolio_and_accounts_can_be_named() -> None:
    other = UUID(int=99)
    for text in (f"value(PORTFOLIO:{other})", f"value(ACCOUNT:{other})", f"close(PORTFOLIO:{other},1h)"):
        assert refused(Compare(Operand(text), Relation.ABOVE, Operand("1"))).startswith("rules.not_yours rules.0")
    for text in (f"value(PORTFOLIO:{TENANT})", f"value(ACCOUNT:{MINE})"):
        CHECKER.checked(rule_set(Compare(Operand(text), Relation.ABOVE, Operand("1"))))
    assert refused(replace(STOP, scope=Scope(account_id=AccountId(other)))).startswith("rules.not_yours")
    CHECKER.checked(rule_set(replace(STOP, scope=Scope(account_id=MINE))))


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        (AllOf(()), "rules.count rules.0.condition.conditions"),
        (Held(FINE, timedelta(days=8)), "rules.span rules.0.condition.lasting_s"),
        (PercentChange(PRICE, timedelta(seconds=30), Relation.ABOVE, Decimal(1)), "rules.span"),
        (replace(STOP, trail_ratio=Decimal(1)), "rules.ratio rules.0.condition.trail_ratio"),
        (replace(STOP, arm_ratio=Decimal("-0.1")), "rules.ratio rules.0.condition.arm_ratio"),
        (Schedule(hours=frozenset({24})), "rules.schedule rules.0.condition.hours"),
        (Schedule(zone="Mars/Base"), "rules.zone rules.0.condition.zone"),
    ],
)
def test_numbers_out_of_range_are_refused(condition: Condition, told: str) -> None:
    assert refused(condition).startswith(told)


def test_trees_are_limited() -> None:
    deep: Condition = FINE
    for _ in range(9):
        deep = Not(deep)
    assert refused(deep).startswith("rules.too_deep")
    assert refused(AllOf((FINE,) * 250)).startswith("rules.too_large")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "  "}, "rules.name"),
        ({"rules": ()}, "rules.count"),
        ({"rules": (Rule("", FINE),)}, "rules.name"),
        ({"cooldown": timedelta(days=400)}, "rules.span"),
        ({"actions": ()}, "actions.none"),
        (
            {"active_hours": ActiveHours(begin=time(1), end=time(2), zone="UTC", weekdays=frozenset({8}))},
            "rules.schedule",
        ),
        ({"active_hours": ActiveHours(begin=time(1), end=time(2), zone="X")}, "rules.zone"),
    ],
)
def test_the_rule_set_itself_is_checked(changes: dict[str, object], code: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        CHECKER.checked(rule_set(FINE, **changes))
    assert raised.value.code == code


def test_names_lose_their_edges() -> None:
    hours = ActiveHours(begin=time(1), end=time(2), zone="UTC")
    checked = CHECKER.checked(rule_set(FINE, name=" mine ", active_hours=hours))
    assert checked.name == "mine"


def test_a_signal_has_no_past() -> None:
    change = PercentChange(Operand("signal(breakout)"), timedelta(hours=1), Relation.ABOVE, Decimal("0.1"))
    with pytest.raises(InvalidInput, match="A signal has no past"):
        CHECKER.checked(rule_set(change))
