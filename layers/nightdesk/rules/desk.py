"""Setting up rules: made, edited as versions, armed, paused and removed, with who did it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from nightdesk.kernel.errors import Conflict, NotFound
from nightdesk.kernel.ids import CorrelationId, IdFactory, TenantId, UserId
from nightdesk.kernel.instants import Clock
from nightdesk.rules.action_ports import FiringId, RuleSetId
from nightdesk.rules.actions import any_dangerous
from nightdesk.rules.checking import Checker
from nightdesk.rules.codec import definition_from
from nightdesk.rules.confirming import demand, issue
from nightdesk.rules.desk_ports import AuditEntry, Judged, Remembered, RuleDeskUnit, RuleDeskUnits, RuleSetRow
from nightdesk.rules.firing import Firing
from nightdesk.rules.model import Mode, RuleSet, RuleSetVersion

HISTORY_MAX: Final = 200
RULE_SETS_MAX: Final = 500
new_token: Callable[[], str] = lambda: secrets.token_urlsafe(32)  # noqa: E731 - a default


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, and as part of what."""

    tenant_id: TenantId
    user_id: UserId
    correlation_id: CorrelationId


class RuleDesk:
    """A tenant's rule sets.

    Args:
        shadow_least: So long a version with dangerous actions runs in shadow before it may go live.
    """

    def __init__(
        self,
        units: RuleDeskUnits,
        clock: Clock,
        new_id: IdFactory,
        *,
        shadow_least: timedelta,
        new_token: Callable[[], str] = new_token,
    ) -> None:
        self._units = units
        self._clock = clock
        self._new_id = new_id
        self._shadow_least = shadow_least
        self._new_token = new_token

    def check(self, by: By, definition: Mapping[str, Any]) -> RuleSet:
        """The definition in its canonical form; nothing is kept.

        Raises:
            InvalidInput: It can't be meant; the message begins with the place.
        """
        with self._units(by.tenant_id) as unit:
            return self._checked(unit, by, RuleSet(**_fields(by, RuleSetId(self._new_id()), "tried", definition)))

    def create(self, by: By, name: str, definition: Mapping[str, Any]) -> RuleSetRow:
        """Make a rule set; it is a draft.

        Raises:
            InvalidInput: It can't be meant; the message begins with the place.
            Conflict: `rules.too_many`.
        """
        rule_set_id, now = RuleSetId(self._new_id()), self._clock.now()
        with self._units(by.tenant_id) as unit:
            if len(unit.rule_sets.list(by.tenant_id)) >= RULE_SETS_MAX:
                raise Conflict("rules.too_many", f"A portfolio has at most {RULE_SETS_MAX} rule sets.")
            rule_set = self._checked(unit, by, RuleSet(**_fields(by, rule_set_id, name, definition)))
            unit.rule_sets.add(rule_set, by.user_id, now)
            unit.rule_sets.audit(rule_set, by.user_id, "created", now, by.correlation_id)
            return _found(unit.rule_sets.get(by.tenant_id, rule_set_id))

    def edit(
        self, by: By, rule_set_id: RuleSetId, *, version: int, name: str, definition: Mapping[str, Any]
    ) -> RuleSetRow:
        """Make the next version; one that was watched is paused, for nobody has seen the new one run.

        Raises:
            InvalidInput: It can't be meant; the message begins with the place.
            NotFound: `rules.not_found`.
            Conflict: `rules.version_passed`: somebody else edited it since.
        """
        now = self._clock.now()
        with self._units(by.tenant_id) as unit:
            row = _found(unit.rule_sets.lock(by.tenant_id, rule_set_id))
            if row.rule_set.version != version:
                raise Conflict("rules.version_passed", f"The rule set is at version {row.rule_set.version} by now.")
            wanted = RuleSet(**_fields(by, rule_set_id, name, definition))
            mode = Mode.DRAFT if row.rule_set.mode is Mode.DRAFT else Mode.PAUSED
            edited = self._checked(unit, by, replace(wanted, version=version + 1, mode=mode))
            unit.rule_sets.edit(edited, by.user_id, now)
            unit.rule_sets.audit(edited, by.user_id, "edited", now, by.correlation_id)
            return _found(unit.rule_sets.get(by.tenant_id, rule_set_id))

    def confirm(self, by: By, rule_set_id: RuleSetId, version: int) -> tuple[str, datetime]:
        """A token that stands for the user's consent to this version's actions, and when it expires."""
        with self._units(by.tenant_id) as unit:
            rule_set = _found(unit.rule_sets.get(by.tenant_id, rule_set_id)).rule_set
            if rule_set.version != version:
                raise Conflict("rules.version_passed", f"The rule set is at version {rule_set.version} by now.")
            return issue(
                unit.confirmations,
                self._new_token,
                self._clock.now(),
                tenant_id=by.tenant_id,
                user_id=by.user_id,
                rule_set_id=rule_set_id,
                rule_set_version=version,
                actions=rule_set.actions,
            )

    def set_mode(
        self, by: By, rule_set_id: RuleSetId, mode: Mode, *, version: int, confirmation: str | None = None
    ) -> RuleSetRow:
        """Put the rule set in a mode.

        Raises:
            NotFound: `rules.not_found`.
            Conflict: `rules.version_passed`, `rules.shadow_needed`, `actions.confirmation_…`.
        """
        now = self._clock.now()
        with self._units(by.tenant_id) as unit:
            row = _found(unit.rule_sets.lock(by.tenant_id, rule_set_id))
            if row.rule_set.version != version:
                raise Conflict("rules.version_passed", f"The rule set is at version {row.rule_set.version} by now.")
            if mode is Mode.LIVE:
                self._let_go_live(unit, row, now, confirmation)
            unit.rule_sets.set_mode(row.rule_set, mode, now)
            unit.rule_sets.audit(row.rule_set, by.user_id, f"mode:{mode}", now, by.correlation_id)
            return _found(unit.rule_sets.get(by.tenant_id, rule_set_id))

    def remove(self, by: By, rule_set_id: RuleSetId) -> None:
        """Remove the rule set; its history stays.

        Raises:
            NotFound: `rules.not_found`.
        """
        now = self._clock.now()
        with self._units(by.tenant_id) as unit:
            row = _found(unit.rule_sets.lock(by.tenant_id, rule_set_id))
            unit.rule_sets.set_mode(row.rule_set, Mode.PAUSED, now)
            unit.rule_sets.remove(by.tenant_id, rule_set_id, now)
            unit.rule_sets.audit(row.rule_set, by.user_id, "removed", now, by.correlation_id)

    def get(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> RuleSetRow:
        """The rule set.

        Raises:
            NotFound: `rules.not_found`.
        """
        with self._units(tenant_id) as unit:
            return _found(unit.rule_sets.get(tenant_id, rule_set_id))

    def list(self, tenant_id: TenantId) -> tuple[RuleSetRow, ...]:
        """Every rule set, oldest first."""
        with self._units(tenant_id) as unit:
            return unit.rule_sets.list(tenant_id)

    def versions(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> tuple[RuleSetVersion, ...]:
        """Every version, newest first.

        Raises:
            NotFound: `rules.not_found`.
        """
        with self._units(tenant_id) as unit:
            _found(unit.rule_sets.get(tenant_id, rule_set_id))
            return unit.rule_sets.versions(tenant_id, rule_set_id)

    def audited(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> tuple[AuditEntry, ...]:
        """What was done to it, newest first."""
        with self._units(tenant_id) as unit:
            return unit.rule_sets.audited(tenant_id, rule_set_id, HISTORY_MAX)

    def firings(
        self, tenant_id: TenantId, rule_set_id: RuleSetId | None = None, before: datetime | None = None, limit: int = 50
    ) -> tuple[Firing, ...]:
        """Firings, newest first, earlier than an instant of market time."""
        with self._units(tenant_id) as unit:
            return unit.rule_sets.firings(tenant_id, rule_set_id, before, min(limit, HISTORY_MAX))

    def firing(self, tenant_id: TenantId, firing_id: FiringId) -> Firing:
        """The firing, with every figure that was read.

        Raises:
            NotFound: `rules.firing_not_found`.
        """
        with self._units(tenant_id) as unit:
            firing = unit.rule_sets.firing(tenant_id, firing_id)
        if firing is None:
            raise NotFound("rules.firing_not_found", "There is no such firing.")
        return firing

    def judged(self, tenant_id: TenantId, rule_set_id: RuleSetId, limit: int = 50) -> tuple[Judged, ...]:
        """Why it fired, or did not though it came close: newest first, with the figures seen."""
        with self._units(tenant_id) as unit:
            return unit.rule_sets.judged(tenant_id, rule_set_id, min(limit, HISTORY_MAX))

    def remembered(self, tenant_id: TenantId) -> Mapping[RuleSetId, Remembered]:
        """What each rule set remembers."""
        with self._units(tenant_id) as unit:
            return unit.rule_sets.remembered(tenant_id)

    def live_from(self, row: RuleSetRow) -> datetime | None:
        """When it may go live: now for harmless ones, None for one that does not run in shadow."""
        if not any_dangerous(row.rule_set.actions) or not self._shadow_least:
            return self._clock.now()
        return None if row.shadow_since is None else row.shadow_since + self._shadow_least

    def _checked(self, unit: RuleDeskUnit, by: By, rule_set: RuleSet) -> RuleSet:
        store = unit.rule_sets
        checker = Checker(by.tenant_id, store.accounts(by.tenant_id), store.formulas(by.tenant_id))
        return checker.checked(rule_set)

    def _let_go_live(self, unit: RuleDeskUnit, row: RuleSetRow, now: datetime, confirmation: str | None) -> None:
        from_when = self.live_from(row)
        if from_when is None or from_when > self._clock.now():  # which may be later than the wish
            days = self._shadow_least / timedelta(days=1)
            raise Conflict("rules.shadow_needed", f"Dangerous actions go live after {days:g} days in shadow.")
        demand(
            unit.confirmations,
            confirmation,
            now,
            tenant_id=row.rule_set.tenant_id,
            rule_set_id=row.rule_set.rule_set_id,
            rule_set_version=row.rule_set.version,
            actions=row.rule_set.actions,
        )


def _found(row: RuleSetRow | None) -> RuleSetRow:
    if row is None:
        raise NotFound("rules.not_found", "There is no such rule set.")
    return row


def _fields(by: By, rule_set_id: RuleSetId, name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    whose = {"tenant_id": by.tenant_id, "portfolio_id": by.tenant_id, "rule_set_id": rule_set_id}
    return {**whose, "name": name, "version": 1, "mode": Mode.DRAFT, **definition_from(definition)}
