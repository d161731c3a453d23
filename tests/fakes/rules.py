"""Rule sets in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from nightdesk.indicators.formula import Formulas
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId, UserId
from nightdesk.rules.action_ports import FiringId, RuleSetId
from nightdesk.rules.desk_ports import AuditEntry, Judged, Remembered, RuleDeskUnit, RuleSetRow
from nightdesk.rules.firing import Firing
from nightdesk.rules.judging import StoredRuleSet
from nightdesk.rules.model import Mode, RuleSet, RuleSetVersion
from tests.fakes.actions import FakeConfirmationStore

Key = tuple[TenantId, RuleSetId]


@dataclass(slots=True)
class FakeRuleSets:
    """`RuleSetStore` and `RuleDeskUnits`; nothing is taken back."""

    rows: dict[Key, RuleSetRow] = field(default_factory=dict)
    kept: dict[Key, list[RuleSetVersion]] = field(default_factory=dict)
    entries: dict[Key, list[AuditEntry]] = field(default_factory=dict)
    fired: list[Firing] = field(default_factory=list)
    told: dict[Key, list[Judged]] = field(default_factory=dict)
    memories: dict[Key, Remembered] = field(default_factory=dict)
    own_accounts: set[AccountId] = field(default_factory=set)
    own_formulas: Formulas = field(default_factory=dict)
    confirmations: FakeConfirmationStore = field(default_factory=FakeConfirmationStore)

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[RuleDeskUnit]:
        del tenant_id
        yield RuleDeskUnit(self, self.confirmations)

    def add(self, rule_set: RuleSet, by: UserId, at: datetime) -> None:
        stored = StoredRuleSet(rule_set=rule_set, firings=0, firings_ever=0, last_fired_at=None, armed_at=None)
        self.rows[_key(rule_set)] = RuleSetRow(stored=stored, shadow_since=None, created_at=at)
        self._add_version(rule_set, by, at)

    def lock(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> RuleSetRow | None:
        return self.get(tenant_id, rule_set_id)

    def get(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> RuleSetRow | None:
        return self.rows.get((tenant_id, rule_set_id))

    def list(self, tenant_id: TenantId) -> tuple[RuleSetRow, ...]:
        return tuple(row for (owner, _), row in self.rows.items() if owner == tenant_id)

    def edit(self, rule_set: RuleSet, by: UserId, at: datetime) -> None:
        row = self.rows[_key(rule_set)]
        self.rows[_key(rule_set)] = replace(row, stored=replace(row.stored, rule_set=rule_set), shadow_since=None)
        self._add_version(rule_set, by, at)

    def set_mode(self, rule_set: RuleSet, mode: Mode, at: datetime) -> None:
        row = self.rows[_key(rule_set)]
        stored = replace(row.stored, rule_set=replace(row.rule_set, mode=mode))
        if mode.is_watched:
            stored = replace(stored, armed_at=at, firings=0, last_fired_at=None)
        shadow_since = at if mode is Mode.SHADOW else None
        self.rows[_key(rule_set)] = replace(row, stored=stored, shadow_since=shadow_since)

    def remove(self, tenant_id: TenantId, rule_set_id: RuleSetId, at: datetime) -> None:
        del at
        del self.rows[tenant_id, rule_set_id]

    def audit(self, rule_set: RuleSet, by: UserId, what: str, at: datetime, correlation_id: CorrelationId) -> None:
        entry = AuditEntry(version=rule_set.version, user_id=by, what=what, at=at, correlation_id=correlation_id)
        self.entries.setdefault(_key(rule_set), []).insert(0, entry)

    def versions(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> tuple[RuleSetVersion, ...]:
        return tuple(self.kept.get((tenant_id, rule_set_id), ()))

    def audited(self, tenant_id: TenantId, rule_set_id: RuleSetId, limit: int) -> tuple[AuditEntry, ...]:
        return tuple(self.entries.get((tenant_id, rule_set_id), ())[:limit])

    def firings(
        self, tenant_id: TenantId, rule_set_id: RuleSetId | None, before: datetime | None, limit: int
    ) -> tuple[Firing, ...]:
        found = [
            each
            for each in self.fired
            if each.tenant_id == tenant_id
            and rule_set_id in {None, each.rule_set_id}
            and (before is None or each.instant < before)
        ]
        return tuple(sorted(found, key=lambda each: each.instant, reverse=True)[:limit])

    def firing(self, tenant_id: TenantId, firing_id: FiringId) -> Firing | None:
        found = (each for each in self.fired if (each.tenant_id, each.firing_id) == (tenant_id, firing_id))
        return next(found, None)

    def judged(self, tenant_id: TenantId, rule_set_id: RuleSetId, limit: int) -> tuple[Judged, ...]:
        return tuple(self.told.get((tenant_id, rule_set_id), ())[:limit])

    def remembered(self, tenant_id: TenantId) -> Mapping[RuleSetId, Remembered]:
        return {which: memory for (owner, which), memory in self.memories.items() if owner == tenant_id}

    def accounts(self, tenant_id: TenantId) -> Collection[AccountId]:
        del tenant_id
        return self.own_accounts

    def formulas(self, tenant_id: TenantId) -> Formulas:
        del tenant_id
        return self.own_formulas

    def _add_version(self, rule_set: RuleSet, by: UserId, at: datetime) -> None:
        version = RuleSetVersion(rule_set=rule_set, edited_by=by, edited_at=at)
        self.kept.setdefault(_key(rule_set), []).insert(0, version)


def _key(rule_set: RuleSet) -> Key:
    return rule_set.tenant_id, rule_set.rule_set_id
