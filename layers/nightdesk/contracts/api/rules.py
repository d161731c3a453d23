"""Rule sets: rules without code, their versions, firings and why."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from nightdesk.contracts.api.actions import ActionShape, ScopeShape
from nightdesk.contracts.api.common import DecimalText, InstantText, RequestShape, Shape
from nightdesk.rules.actions import ACTIONS_MAX, FailurePolicy
from nightdesk.rules.model import NAME_LENGTH_MAX, RULES_MAX, Direction, Mode, Relation

OperandText = Annotated[str, Field(min_length=1, max_length=1000, examples=["RSI(BINANCE:BTC/USDT,15m,14)", "30"])]
"""An expression, or a number."""

Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH_MAX)]
ClockText = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:30"])]
Zone = Annotated[str, Field(max_length=60, examples=["Europe/Berlin"])]
Seconds = Annotated[int, Field(ge=0, le=40_000_000)]
_Numbers = Annotated[tuple[int, ...], Field(max_length=60)]


class CompareShape(RequestShape):
    """True while the left stands in the relation to the right."""

    kind: Literal["compare"]
    left: OperandText
    relation: Relation
    right: OperandText


class CrossShape(RequestShape):
    """True at the instant at which the left goes above, or below, the right."""

    kind: Literal["cross"]
    left: OperandText
    direction: Direction
    right: OperandText


class ChangeShape(RequestShape):
    """True while the change over a window stands in the relation to a ratio; -0.05 is 5 % down."""

    kind: Literal["change"]
    operand: OperandText
    window_s: Seconds
    relation: Relation
    ratio: DecimalText


class HeldShape(RequestShape):
    """True while the condition has been true for at least so long."""

    kind: Literal["held"]
    condition: ConditionShape
    lasting_s: Seconds


class ScheduleShape(RequestShape):
    """True once for each minute that all parts name, in a zone; an empty part names every one; 1 is Monday."""

    kind: Literal["schedule"]
    minutes: _Numbers = ()
    hours: _Numbers = ()
    days: _Numbers = ()
    months: _Numbers = ()
    weekdays: _Numbers = ()
    zone: Zone = "UTC"


class TrailingStopShape(RequestShape):
    """Arms at a gain, trails the best value, true once it fell so far; deposits and withdrawals do neither."""

    kind: Literal["trailing_stop"]
    scope: ScopeShape = ScopeShape()
    bot_id: Annotated[str | None, Field(max_length=100)] = None
    arm_ratio: DecimalText = "0"
    trail_ratio: DecimalText


class AllShape(RequestShape):
    """True while every one is."""

    kind: Literal["all"]
    conditions: Annotated[list[ConditionShape], Field(min_length=1, max_length=50)]


class AnyShape(RequestShape):
    """True while at least one is."""

    kind: Literal["any"]
    conditions: Annotated[list[ConditionShape], Field(min_length=1, max_length=50)]


class NotShape(RequestShape):
    """True while the condition is false."""

    kind: Literal["not"]
    condition: ConditionShape


ConditionShape = Annotated[
    CompareShape
    | CrossShape
    | ChangeShape
    | HeldShape
    | ScheduleShape
    | TrailingStopShape
    | AllShape
    | AnyShape
    | NotShape,
    Field(discriminator="kind"),
]


class RuleShape(RequestShape):
    """One thing that must be true."""

    name: Name
    condition: ConditionShape


class ActiveHoursShape(RequestShape):
    """When it may fire: from `begin` until before `end`, over midnight when `end` is not later; 1 is Monday."""

    begin: ClockText
    end: ClockText
    zone: Zone = "UTC"
    weekdays: _Numbers = ()


class DefinitionShape(RequestShape):
    """Rules that together let actions happen, and how often."""

    rules: Annotated[list[RuleShape], Field(min_length=1, max_length=RULES_MAX)]
    actions: Annotated[list[ActionShape], Field(min_length=1, max_length=ACTIONS_MAX)]
    repeating: bool = False
    cooldown_s: Seconds = 0
    active_hours: ActiveHoursShape | None = None
    policy: FailurePolicy = FailurePolicy.STOP


class WriteRuleSet(RequestShape):
    """A new rule set."""

    name: Name
    definition: DefinitionShape


class EditRuleSet(WriteRuleSet):
    """The next version; `version` is the one that was read."""

    version: Annotated[int, Field(ge=1)]


class SetMode(RequestShape):
    """Another mode; `confirmation` is the token of a person's consent, which dangerous actions need to go live."""

    mode: Literal["shadow", "live", "paused", "draft"]
    version: Annotated[int, Field(ge=1)]
    confirmation: Annotated[str | None, Field(max_length=100)] = None


class AskConfirmation(RequestShape):
    """Consent to a version's actions, after having seen what they would do now."""

    version: Annotated[int, Field(ge=1)]


class ConfirmationShape(Shape):
    """A token for `mode: live`; it serves once."""

    confirmation: str
    expires_at: InstantText


class RuleSetShape(Shape):
    """A rule set in its newest version.

    `live_from` is when it may go live, null while a dangerous one does not run in shadow; `done` after the only firing
    of one that does not repeat; `firings` since it was armed.
    """

    rule_set_id: UUID
    name: str
    version: int
    mode: Mode
    definition: DefinitionShape
    is_dangerous: bool
    done: bool
    firings: int
    firings_ever: int
    last_fired_at: InstantText | None
    armed_at: InstantText | None
    shadow_since: InstantText | None
    live_from: InstantText | None
    created_at: InstantText


class RuleSetList(Shape):
    """Every rule set, oldest first."""

    items: list[RuleSetShape]


class CheckedShape(Shape):
    """A definition in its canonical form."""

    definition: DefinitionShape
    is_dangerous: bool


class VersionShape(Shape):
    """One version, who made it and when."""

    version: int
    name: str
    definition: DefinitionShape
    edited_by: UUID
    edited_at: InstantText


class VersionList(Shape):
    """Newest first."""

    items: list[VersionShape]


class AuditShape(Shape):
    """Who did what: `created`, `edited`, `mode:live`, `removed`, `fired`; nobody is the desk itself."""

    version: int
    user_id: UUID | None
    what: str
    at: InstantText
    correlation_id: str


class AuditList(Shape):
    """Newest first."""

    items: list[AuditShape]


class SeenShape(Shape):
    """A figure as it was read: of `price`, `ledger` or `candles`."""

    text: str
    value: DecimalText | None
    source: str
    at: InstantText | None


class FiringShape(Shape):
    """A firing: `instant` is of market time, `fired_at` of wall time; a shadow firing did nothing."""

    firing_id: UUID
    rule_set_id: UUID
    version: int
    mode: Mode
    number: int
    instant: InstantText
    fired_at: InstantText
    reason: str
    evidence: list[SeenShape]
    correlation_id: str


class FiringList(Shape):
    """Newest first; the page after begins `before` the last one's instant."""

    items: list[FiringShape]


class RuleTruth(Shape):
    """Whether a rule was true; null is not known."""

    name: str
    truth: bool | None


class JudgedShape(Shape):
    """A time at which it fired or came close, and why it did or did not.

    `outcome` is `fire`, or why not: `not_true`, `not_known`, `not_released`, `cooling_down`, `not_active`, `done`,
    `edited`, `not_watched`, `duplicate`, `removed`, `disagrees`; null while it waits to be judged.
    """

    instant: InstantText
    version: int
    told_at: InstantText
    judged_at: InstantText | None
    outcome: str | None
    rules: list[RuleTruth]
    seen: list[SeenShape]


class JudgedList(Shape):
    """Newest first."""

    items: list[JudgedShape]


class TrailShape(Shape):
    """Where a trailing stop stands, in the base asset; `rule` is the rule it is in."""

    rule: str
    started_at: InstantText
    reference: DecimalText
    arm_at: DecimalText
    armed_at: InstantText | None
    best: DecimalText
    best_at: InstantText
    sell_at: DecimalText


class RememberedShape(Shape):
    """What a rule set remembers, as of an instant of market time."""

    rule_set_id: UUID
    as_of: InstantText
    released: bool
    trails: list[TrailShape]


class RememberedList(Shape):
    """Every watched rule set."""

    items: list[RememberedShape]
