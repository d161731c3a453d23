"""GraphQL types of rule sets as they are watched live; amounts are decimal texts, instants RFC 3339."""

from __future__ import annotations

import strawberry


@strawberry.type(description="How far one condition is from being true.")
class RuleDistance:
    """How far one condition is from being true.

    Attributes:
        number: Of the condition within the rule set: 1 is the first rule's, each before what it holds.
        what: `compare`, `cross`, `change`, `arms`, `fires`, `due` or `held`.
        value: The figure that moves; null is not known.
        threshold: Where it has to get.
        ratio: By what part of its size it has to move; at most 0 once it is there.
        at: When a schedule is due, or since when a held condition is true.
    """

    rule: str
    number: int
    what: str
    value: str | None
    threshold: str | None
    ratio: str | None
    at: str | None


@strawberry.type(description="Whether a rule is true; null is not known.")
class RuleTruth:
    """Whether a rule is true; null is not known."""

    name: str
    truth: bool | None


@strawberry.type(description="Where a trailing stop stands, in the base asset.")
class TrailState:
    """Where a trailing stop stands, in the base asset."""

    rule: str
    started_at: str
    reference: str
    arm_at: str
    armed_at: str | None
    best: str
    best_at: str
    sell_at: str


@strawberry.type(description="A watched rule set at an instant.")
class RuleSetState:
    """A watched rule set at an instant.

    Attributes:
        decision: `fire`, or why not: `not_true`, `not_known`, `not_released`, `cooling_down`, `not_active`, `done`.
    """

    rule_set_id: strawberry.ID
    version: int
    mode: str
    decision: str
    rules: list[RuleTruth]
    distances: list[RuleDistance]
    trails: list[TrailState]


@strawberry.type(description="Every watched rule set of the caller, at an instant of market time.")
class RuleSetStates:
    """Every watched rule set of the caller, at an instant of market time; replaces what was told before."""

    as_of: str
    items: list[RuleSetState]
