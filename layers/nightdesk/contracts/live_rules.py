"""Rule sets as they are watched, over Valkey's `rules.<tenant>`; the fields of GraphQL's `RuleSetStates`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from pydantic import BaseModel, ConfigDict

from nightdesk.contracts.api.present_rules import trail_shapes
from nightdesk.contracts.api.rules import RuleTruth, TrailShape
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount
from nightdesk.rules.model import RuleSet
from nightdesk.rules.showing import Distance, Shown

RULES_WATCHED: Final = "rules:watched"
"""Sorted set of tenants whose rule sets somebody looks at, each scored with the Unix second until when."""


def rules_subject(tenant_id: object) -> str:
    """Where a tenant's rule sets are published."""
    return f"rules.{tenant_id}"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class DistanceMessage(_Shape):
    """How far one condition is from being true."""

    rule: str
    number: int
    what: str
    value: str | None
    threshold: str | None
    ratio: str | None
    at: str | None


class RuleSetMessage(_Shape):
    """A watched rule set."""

    rule_set_id: str
    version: int
    mode: str
    decision: str
    rules: list[RuleTruth]
    distances: list[DistanceMessage]
    trails: list[TrailShape]


class RuleSetsMessage(_Shape):
    """Every watched rule set of a tenant."""

    v: int = 1
    as_of: str
    items: list[RuleSetMessage]


def rule_sets_message(as_of: datetime, shown: Sequence[tuple[RuleSet, Shown]]) -> RuleSetsMessage:
    """What is published of a tenant's rule sets."""
    return RuleSetsMessage(as_of=format_instant(as_of), items=[_message(*each) for each in shown])


def _message(rule_set: RuleSet, shown: Shown) -> RuleSetMessage:
    pairs = zip(rule_set.rules, shown.truths, strict=True)
    return RuleSetMessage(
        rule_set_id=str(rule_set.rule_set_id),
        version=rule_set.version,
        mode=rule_set.mode.value,
        decision=shown.decision.value,
        rules=[RuleTruth(name=rule.name, truth=truth) for rule, truth in pairs],
        distances=[_distance(each) for each in shown.distances],
        trails=trail_shapes(rule_set, shown.state),
    )


def _distance(distance: Distance) -> DistanceMessage:
    return DistanceMessage(
        rule=distance.rule,
        number=distance.number,
        what=distance.what,
        value=_amount(distance.value),
        threshold=_amount(distance.threshold),
        ratio=_amount(distance.ratio),
        at=None if distance.at is None else format_instant(distance.at),
    )


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else format_amount(amount)
