"""What whoever sets up rules needs from outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nightdesk.indicators.formula import Formulas
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId, UserId
from nightdesk.rules.action_ports import ConfirmationStore, FiringId, RuleSetId
from nightdesk.rules.firing import CandidateRow, Firing, Verdict
from nightdesk.rules.judging import StoredRuleSet
from nightdesk.rules.model import Mode, RuleSet, RuleSetVersion
from nightdesk.rules.state import RuleSetState


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetRow:
    """A rule set as it is kept.

    Attributes:
        shadow_since: Since when this version has run in shadow without a break, in wall time.
    """

    stored: StoredRuleSet
    shadow_since: datetime | None
    created_at: datetime

    @property
    def rule_set(self) -> RuleSet:
        """The rule set itself."""
        return self.stored.rule_set


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to which version; the desk itself is no user."""

    version: int
    user_id: UserId | None
    what: str
    at: datetime
    correlation_id: CorrelationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A candidate and what came of it; None while it waits."""

    candidate: CandidateRow
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What a rule set remembered when it was last kept, in market time."""

    state: RuleSetState
    as_of: datetime


class RuleSetStore(Protocol):
    """A tenant's rule sets, within one transaction."""

    def add(self, rule_set: RuleSet, by: UserId, at: datetime) -> None:
        """Keep a new rule set and its first version."""
        ...

    def lock(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> RuleSetRow | None:
        """The rule set, held until the transaction ends; None if there is none, or it was removed."""
        ...

    def get(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> RuleSetRow | None:
        """The rule set; None if there is none, or it was removed."""
        ...

    def list(self, tenant_id: TenantId) -> tuple[RuleSetRow, ...]:
        """Every rule set that was not removed, oldest first."""
        ...

    def edit(self, rule_set: RuleSet, by: UserId, at: datetime) -> None:
        """Keep the rule set's next version, in a mode in which nothing watches it."""
        ...

    def set_mode(self, rule_set: RuleSet, mode: Mode, at: datetime) -> None:
        """Put it in the mode; one that is watched from now on begins anew, and candidates that wait are passed over."""
        ...

    def remove(self, tenant_id: TenantId, rule_set_id: RuleSetId, at: datetime) -> None:
        """Show and watch it no longer; its history stays."""
        ...

    def audit(self, rule_set: RuleSet, by: UserId, what: str, at: datetime, correlation_id: CorrelationId) -> None:
        """Note who did what."""
        ...

    def versions(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> tuple[RuleSetVersion, ...]:
        """Every version, newest first."""
        ...

    def audited(self, tenant_id: TenantId, rule_set_id: RuleSetId, limit: int) -> tuple[AuditEntry, ...]:
        """What was done, newest first."""
        ...

    def firings(
        self, tenant_id: TenantId, rule_set_id: RuleSetId | None, before: datetime | None, limit: int
    ) -> tuple[Firing, ...]:
        """Firings of the rule set, or of all, newest first, earlier than an instant of market time."""
        ...

    def firing(self, tenant_id: TenantId, firing_id: FiringId) -> Firing | None:
        """The firing."""
        ...

    def judged(self, tenant_id: TenantId, rule_set_id: RuleSetId, limit: int) -> tuple[Judged, ...]:
        """Candidates and what came of them, newest first."""
        ...

    def remembered(self, tenant_id: TenantId) -> Mapping[RuleSetId, Remembered]:
        """What each rule set remembers in its present life."""
        ...

    def accounts(self, tenant_id: TenantId) -> Collection[AccountId]:
        """Accounts that rules may name."""
        ...

    def formulas(self, tenant_id: TenantId) -> Formulas:
        """The tenant's own formulas."""
        ...


@dataclass(frozen=True, slots=True)
class RuleDeskUnit:
    """What shares one transaction."""

    rule_sets: RuleSetStore
    confirmations: ConfirmationStore


class RuleDeskUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[RuleDeskUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...
