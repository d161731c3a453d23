"""Checks a rule set that somebody wrote, and gives it its canonical form; says where it goes wrong."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from nightdesk.candles.model import PortfolioSeries, SeriesName
from nightdesk.candles.resolutions import parse_zone
from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.formula import Formulas
from nightdesk.indicators.language import parse
from nightdesk.indicators.model import AccountTarget, Expression, Target
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.money import require_amount
from nightdesk.rules.actions import check_actions
from nightdesk.rules.model import (
    COOLDOWN_MAX,
    DEPTH_MAX,
    LASTING_MAX,
    NAME_LENGTH_MAX,
    NODES_MAX,
    RULES_MAX,
    WINDOW_MAX,
    ActiveHours,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Cross,
    Held,
    Not,
    Operand,
    PercentChange,
    Rule,
    RuleSet,
    Schedule,
    TrailingStop,
    nodes,
    reads_signals,
)

MINUTE: Final = timedelta(minutes=1)
_RANGES: Final = {"minutes": (0, 59), "hours": (0, 23), "days": (1, 31), "months": (1, 12), "weekdays": (1, 7)}


@dataclass(frozen=True, slots=True)
class Checker:
    """Knows what the rule set may name.

    Args:
        formulas: The tenant's own.
        accounts: The tenant's own.
    """

    portfolio_id: TenantId
    accounts: Collection[AccountId]
    formulas: Formulas

    def checked(self, rule_set: RuleSet) -> RuleSet:
        """The rule set in its canonical form.

        Raises:
            InvalidInput: `rules.…`, `actions.…` or `indicators.…`; the message begins with the place.
        """
        if not 1 <= len(rule_set.name.strip()) <= NAME_LENGTH_MAX:
            raise _wrong("name", "name", f"A name has 1 to {NAME_LENGTH_MAX} characters.")
        if not 1 <= len(rule_set.rules) <= RULES_MAX:
            raise _wrong("rules", "count", f"A rule set has 1 to {RULES_MAX} rules.")
        if sum(1 for _ in nodes(rule_set.condition)) > NODES_MAX:
            raise _wrong("rules", "too_large", f"A rule set has at most {NODES_MAX} conditions.")
        if not timedelta(0) <= rule_set.cooldown <= COOLDOWN_MAX:
            raise _wrong("cooldown_s", "span", f"A cooldown is at most {COOLDOWN_MAX.days} days.")
        check_actions(rule_set.actions)
        _check_hours(rule_set.active_hours)
        rules = tuple(self._rule(rule, f"rules.{number}") for number, rule in enumerate(rule_set.rules))
        return replace(rule_set, name=rule_set.name.strip(), rules=rules)

    def _rule(self, rule: Rule, place: str) -> Rule:
        if not 1 <= len(rule.name.strip()) <= NAME_LENGTH_MAX:
            raise _wrong(f"{place}.name", "name", f"A name has 1 to {NAME_LENGTH_MAX} characters.")
        return Rule(rule.name.strip(), self._condition(rule.condition, f"{place}.condition", 1))

    def _condition(self, condition: Condition, place: str, depth: int) -> Condition:
        if depth > DEPTH_MAX:
            raise _wrong(place, "too_deep", f"Conditions lie at most {DEPTH_MAX} deep.")
        match condition:
            case AllOf(inner):
                return AllOf(self._several(inner, place, depth))
            case AnyOf(inner):
                return AnyOf(self._several(inner, place, depth))
            case Not(held):
                return Not(self._condition(held, f"{place}.condition", depth + 1))
            case Held(held, lasting):
                _check_span(lasting, LASTING_MAX, f"{place}.lasting_s")
                return Held(self._condition(held, f"{place}.condition", depth + 1), lasting)
            case _:
                return self._leaf(condition, place)

    def _several(self, inner: Sequence[Condition], place: str, depth: int) -> tuple[Condition, ...]:
        if not inner:
            raise _wrong(f"{place}.conditions", "count", "A group holds at least one condition.")
        return tuple(
            self._condition(each, f"{place}.conditions.{number}", depth + 1) for number, each in enumerate(inner)
        )

    def _leaf(self, leaf: Compare | Cross | PercentChange | Schedule | TrailingStop, place: str) -> Condition:
        match leaf:
            case Compare() | Cross():
                left, right = self._operand(leaf.left, f"{place}.left"), self._operand(leaf.right, f"{place}.right")
                return replace(leaf, left=left, right=right)
            case PercentChange(operand, window, _, ratio):
                _check_span(window, WINDOW_MAX, f"{place}.window_s", least=MINUTE)
                require_amount(ratio)
                checked = self._operand(operand, f"{place}.operand")
                if reads_signals(checked):
                    raise _wrong(f"{place}.operand", "no_past", "A signal has no past; compare it with a number.")
                return replace(leaf, operand=checked)
            case Schedule():
                _check_schedule(leaf, place)
            case _:
                self._check_stop(leaf, place)
        return leaf

    def _operand(self, operand: Operand, place: str) -> Operand:
        try:
            expression = parse(operand, self.formulas)
        except ExpressionError as error:
            raise ExpressionError(error.code, f"{place}: {error.reason}", error.position) from None
        self._check_own(expression, place)
        return Operand(expression.text)

    def _check_own(self, expression: Expression, place: str) -> None:
        targets = [metric.target for metric in expression.metrics]
        named: list[SeriesName | Target] = [*targets, *(name for name, _ in expression.bars)]
        for each in named:
            is_foreign = isinstance(each, PortfolioSeries) and each.portfolio_id != self.portfolio_id
            if is_foreign or (isinstance(each, AccountTarget) and each.account_id not in self.accounts):
                raise _wrong(place, "not_yours", f"{each} is no portfolio or account of yours.")

    def _check_stop(self, stop: TrailingStop, place: str) -> None:
        if not 0 < require_amount(stop.trail_ratio) < 1:
            raise _wrong(f"{place}.trail_ratio", "ratio", "A trail is more than 0 and less than 1.")
        if require_amount(stop.arm_ratio) < 0:
            raise _wrong(f"{place}.arm_ratio", "ratio", "A gain to arm at is not below 0.")
        if stop.scope.account_id is not None and stop.scope.account_id not in self.accounts:
            raise _wrong(f"{place}.scope", "not_yours", "This is no account of yours.")


def _check_schedule(schedule: Schedule, place: str) -> None:
    for name, (least, most) in _RANGES.items():
        if any(not least <= each <= most for each in getattr(schedule, name)):
            raise _wrong(f"{place}.{name}", "schedule", f"These are {least} to {most}.")
    _check_zone(schedule.zone, f"{place}.zone")


def _check_hours(hours: ActiveHours | None) -> None:
    if hours is None:
        return
    if any(not 1 <= each <= 7 for each in hours.weekdays):  # noqa: PLR2004 - days of a week
        raise _wrong("active_hours.weekdays", "schedule", "Days of the week are 1 (Monday) to 7.")
    _check_zone(hours.zone, "active_hours.zone")


def _check_zone(zone: str, place: str) -> None:
    try:
        parse_zone(zone)
    except InvalidInput as error:
        raise _wrong(place, "zone", error.message) from None


def _check_span(span: timedelta, most: timedelta, place: str, least: timedelta = timedelta(0)) -> None:
    if not least <= span <= most:
        raise _wrong(place, "span", f"This is {_seconds(least)} to {_seconds(most)} seconds.")


def _seconds(span: timedelta) -> Decimal:
    return Decimal(int(span.total_seconds()))


def _wrong(place: str, code: str, message: str) -> InvalidInput:
    return InvalidInput(f"rules.{code}", f"{place}: {message}")
