"""Rule sets: what is watched, when that lets them fire, and in which mode.

Instants are of market time, amounts are Decimal. An operand is the canonical text of an expression of
`nightdesk.indicators` (`RSI(BINANCE:BTC/USDT,15m,14)`), so that equal operands are computed once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, NewType

from nightdesk.execution.scope import WHOLE_PORTFOLIO, Scope
from nightdesk.kernel.ids import TenantId, UserId
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.actions import Action, FailurePolicy

Operand = NewType("Operand", str)
"""The canonical text of an expression, or of a number."""

RULES_MAX: Final = 50
DEPTH_MAX: Final = 8
NODES_MAX: Final = 200
NAME_LENGTH_MAX: Final = 120
WINDOW_MAX: Final = timedelta(days=7)
LASTING_MAX: Final = timedelta(days=7)
COOLDOWN_MAX: Final = timedelta(days=366)
LATE_MAX: Final = timedelta(hours=1)
"""So late a scheduled minute still counts."""


class Mode(StrEnum):
    """What a rule set may do: nothing, be decided without acting, act, or rest."""

    DRAFT = "draft"
    SHADOW = "shadow"
    LIVE = "live"
    PAUSED = "paused"

    @property
    def is_watched(self) -> bool:
        """Whether its rules are tested."""
        return self in {Mode.SHADOW, Mode.LIVE}


class Relation(StrEnum):
    """How two numbers are compared."""

    ABOVE = ">"
    NOT_BELOW = ">="
    BELOW = "<"
    NOT_ABOVE = "<="


class Direction(StrEnum):
    """Which way something crosses."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Compare:
    """True while the left stands in the relation to the right."""

    left: Operand
    relation: Relation
    right: Operand


@dataclass(frozen=True, slots=True)
class Cross:
    """True at the instant at which the left goes from not beyond to beyond the right."""

    left: Operand
    direction: Direction
    right: Operand


@dataclass(frozen=True, slots=True)
class PercentChange:
    """True while the operand's change over a window stands in the relation to a ratio.

    Attributes:
        window: Back to the last whole step of `change_step(window)` at or before so long ago.
        ratio: Of the past value's size: -0.05 is 5 % down.
    """

    operand: Operand
    window: timedelta
    relation: Relation
    ratio: Decimal


@dataclass(frozen=True, slots=True)
class Held:
    """True while the condition has been true without a break for at least so long."""

    condition: Condition
    lasting: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """True once for each minute that all of its parts name, in a zone: at the first instant seen from its begin on.

    A minute that nobody saw within `LATE_MAX` is left out.

    Attributes:
        minutes: Empty names every one, as in all parts.
        weekdays: 1 is Monday.
        zone: IANA name. A local minute that a change of clocks leaves out never comes; one it repeats comes twice.
    """

    minutes: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailingStop:
    """Arms when the scope has gained enough since it began to watch, then trails its best; true once it fell so far.

    What it follows is the scope's value with deposits and withdrawals taken out, as a fund's price per share: they
    neither arm nor fire it.

    Attributes:
        bot_id: Of a bot instead of the scope; such a one has no value until bots are connected.
        arm_ratio: The gain at which it arms; 0 arms at once.
        trail_ratio: How far below the best it fires; 0 < ratio < 1.
    """

    scope: Scope = WHOLE_PORTFOLIO
    bot_id: str | None = None
    arm_ratio: Decimal = Decimal(0)
    trail_ratio: Decimal


@dataclass(frozen=True, slots=True)
class AllOf:
    """True while every one is."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True while at least one is."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True while the condition is false; what is not known stays not known."""

    condition: Condition


Condition = Compare | Cross | PercentChange | Held | Schedule | TrailingStop | AllOf | AnyOf | Not


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must be true."""

    name: str
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveHours:
    """When a rule set may fire: from `begin` until before `end` in a zone; over midnight when `end` is not later.

    Attributes:
        weekdays: 1 is Monday, of the day on which the hours begin; empty is every day.
    """

    begin: time
    end: time
    zone: str
    weekdays: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Rules that together let actions happen.

    It fires when all rules are true and it has not fired since they last were not; never within the cooldown, nor
    outside its hours: then it fires at the end of these if the rules are still true.

    Attributes:
        version: Each edit makes the next one; 1 is the first.
        repeating: Whether it may fire again; if not, it is done after the first time.
        cooldown: The least time between two firings.
    """

    rule_set_id: RuleSetId
    tenant_id: TenantId
    portfolio_id: TenantId
    name: str
    version: int
    mode: Mode
    rules: tuple[Rule, ...]
    actions: tuple[Action, ...]
    repeating: bool = False
    cooldown: timedelta = timedelta(0)
    active_hours: ActiveHours | None = None
    policy: FailurePolicy = FailurePolicy.STOP

    @property
    def condition(self) -> AllOf:
        """All of its rules as one condition."""
        return AllOf(tuple(rule.condition for rule in self.rules))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetVersion:
    """A version of a rule set, who made it and when."""

    rule_set: RuleSet
    edited_by: UserId
    edited_at: datetime


def nodes(condition: Condition) -> Iterator[Condition]:
    """The condition and everything in it, each before what it holds: the order in which states are numbered."""
    yield condition
    match condition:
        case AllOf(conditions) | AnyOf(conditions):
            for inner in conditions:
                yield from nodes(inner)
        case Not(inner) | Held(inner, _):
            yield from nodes(inner)
        case _:
            return


def operands(condition: Condition) -> Iterator[Operand]:
    """Every operand in the condition; the same may come again."""
    for node in nodes(condition):
        match node:
            case Compare(left, _, right) | Cross(left, _, right):
                yield left
                yield right
            case PercentChange(operand):
                yield operand
            case _:
                continue


def reads_signals(operand: Operand) -> bool:
    """Whether the operand reads what other programs sent the tenant."""
    return "signal(" in operand


def change_step(window: timedelta) -> timedelta:
    """The grid on which past values of a change over the window are kept: a minute, five, or an hour."""
    if window <= timedelta(hours=1):
        return timedelta(minutes=1)
    return timedelta(minutes=5) if window <= timedelta(days=1) else timedelta(hours=1)
