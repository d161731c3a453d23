"""What a rule set remembers between two instants: explicit, exact, and equal wherever the engine runs.

The states of conditions are numbered as `model.nodes` gives the conditions; those that remember nothing have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.money import multiply, subtract
from nightdesk.rules.model import TrailingStop


@dataclass(frozen=True, slots=True)
class Crossed:
    """Whether the left was beyond the right when both were last known."""

    beyond: bool


@dataclass(frozen=True, slots=True)
class TrueSince:
    """Since when the condition has been true without a break."""

    since: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """The next minute that the schedule names, after the last instant seen."""

    next_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledgered:
    """Up to where a scope's ledger has been taken into account.

    Attributes:
        sequences: The last entry of each account.
        unpriced: Assets held that had no price: when one gets its first, that is no gain.
    """

    sequences: Mapping[AccountId, int] = field(default_factory=dict)
    unpriced: frozenset[AssetId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """Where a trailing stop stands, in the base asset, at what is held now.

    A deposit or withdrawal scales `reference` and `best` as it scales the value. Otherwise `reference` never changes
    and `best` never falls.

    Attributes:
        reference: The value that gains count from.
        armed_at: None until the gain was reached.
        best: The highest value since it was armed; before that, the reference.
    """

    started_at: datetime
    reference: Decimal
    best: Decimal
    best_at: datetime
    armed_at: datetime | None = None
    ledgered: Ledgered = Ledgered()

    def sell_at(self, stop: TrailingStop) -> Decimal:
        """At or below this value it fires; only once it is armed."""
        return multiply(self.best, subtract(Decimal(1), stop.trail_ratio))

    def arm_at(self, stop: TrailingStop) -> Decimal:
        """At or above this value it arms."""
        return multiply(self.reference, Decimal(1) + stop.arm_ratio)


NodeState = Crossed | TrueSince | Due | Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetState:
    """Everything that a rule set remembers.

    Attributes:
        nodes: By the number of the condition.
        released: The rules were not all true at some instant since the last firing; True before the first.
        firings: How often it has fired since it was armed.
    """

    nodes: Mapping[int, NodeState] = field(default_factory=dict)
    released: bool = True
    firings: int = 0
    last_fired_at: datetime | None = None

    def fired(self, at: datetime) -> RuleSetState:
        """After a firing: trailing stops begin anew, and the rules must be untrue before it fires again."""
        kept = {number: state for number, state in self.nodes.items() if not isinstance(state, Trail)}
        return replace(self, nodes=kept, released=False, firings=self.firings + 1, last_fired_at=at)


NOTHING_SEEN = RuleSetState()
