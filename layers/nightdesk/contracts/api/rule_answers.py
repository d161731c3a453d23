"""What the desk answers about rule sets, whichever face asks.

Permissions are checked here, and every answer is of the caller's own tenant: another's ids are not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nightdesk.contracts.api import present_rules as present
from nightdesk.contracts.api.rules import (
    AskConfirmation,
    AuditList,
    CheckedShape,
    ConfirmationShape,
    DefinitionShape,
    EditRuleSet,
    FiringList,
    FiringShape,
    JudgedList,
    RememberedList,
    RuleSetList,
    RuleSetShape,
    SetMode,
    VersionList,
    WriteRuleSet,
)
from nightdesk.identity.model import Caller
from nightdesk.kernel.ids import CorrelationId
from nightdesk.kernel.instants import format_instant
from nightdesk.rules.action_ports import FiringId, RuleSetId
from nightdesk.rules.desk import By, RuleDesk
from nightdesk.rules.desk_ports import RuleSetRow
from nightdesk.rules.model import Mode


@dataclass(frozen=True, slots=True)
class RuleAnswers:
    """Asks the desk of rules and puts what it knows in shape."""

    desk: RuleDesk

    def check(self, caller: Caller, wanted: DefinitionShape, correlation_id: CorrelationId) -> CheckedShape:
        """The definition in its canonical form, or where it goes wrong; nothing is kept."""
        caller.require("read", "RuleSet")
        checked = self.desk.check(_by(caller, correlation_id), stored_definition(wanted))
        return present.checked_shape(checked)

    def create(self, caller: Caller, wanted: WriteRuleSet, correlation_id: CorrelationId) -> RuleSetShape:
        """Make a draft."""
        caller.require("create", "RuleSet")
        return self._shape(
            self.desk.create(_by(caller, correlation_id), wanted.name, stored_definition(wanted.definition))
        )

    def edit(
        self, caller: Caller, rule_set_id: UUID, wanted: EditRuleSet, correlation_id: CorrelationId
    ) -> RuleSetShape:
        """Make the next version."""
        caller.require("update", "RuleSet")
        row = self.desk.edit(
            _by(caller, correlation_id),
            RuleSetId(rule_set_id),
            version=wanted.version,
            name=wanted.name,
            definition=stored_definition(wanted.definition),
        )
        return self._shape(row)

    def confirm(
        self, caller: Caller, rule_set_id: UUID, wanted: AskConfirmation, correlation_id: CorrelationId
    ) -> ConfirmationShape:
        """A token of the caller's consent."""
        caller.require("update", "RuleSet")
        token, expires_at = self.desk.confirm(_by(caller, correlation_id), RuleSetId(rule_set_id), wanted.version)
        return ConfirmationShape(confirmation=token, expires_at=format_instant(expires_at))

    def set_mode(
        self, caller: Caller, rule_set_id: UUID, wanted: SetMode, correlation_id: CorrelationId
    ) -> RuleSetShape:
        """Put the rule set in a mode."""
        caller.require("update", "RuleSet")
        row = self.desk.set_mode(
            _by(caller, correlation_id),
            RuleSetId(rule_set_id),
            Mode(wanted.mode),
            version=wanted.version,
            confirmation=wanted.confirmation,
        )
        return self._shape(row)

    def remove(self, caller: Caller, rule_set_id: UUID, correlation_id: CorrelationId) -> None:
        """Remove the rule set."""
        caller.require("delete", "RuleSet")
        self.desk.remove(_by(caller, correlation_id), RuleSetId(rule_set_id))

    def list(self, caller: Caller) -> RuleSetList:
        """Every rule set."""
        caller.require("read", "RuleSet")
        return RuleSetList(items=[self._shape(row) for row in self.desk.list(caller.tenant_id)])

    def get(self, caller: Caller, rule_set_id: UUID) -> RuleSetShape:
        """One rule set."""
        caller.require("read", "RuleSet")
        return self._shape(self.desk.get(caller.tenant_id, RuleSetId(rule_set_id)))

    def versions(self, caller: Caller, rule_set_id: UUID) -> VersionList:
        """Every version."""
        caller.require("read", "RuleSet")
        versions = self.desk.versions(caller.tenant_id, RuleSetId(rule_set_id))
        return VersionList(items=[present.version_shape(each) for each in versions])

    def audited(self, caller: Caller, rule_set_id: UUID) -> AuditList:
        """What was done to it."""
        caller.require("read", "RuleSet")
        entries = self.desk.audited(caller.tenant_id, RuleSetId(rule_set_id))
        return AuditList(items=[present.audit_shape(each) for each in entries])

    def firings(self, caller: Caller, rule_set_id: UUID | None, before: datetime | None, limit: int) -> FiringList:
        """Firings, newest first."""
        caller.require("read", "RuleSet")
        which = None if rule_set_id is None else RuleSetId(rule_set_id)
        found = self.desk.firings(caller.tenant_id, which, before, limit)
        return FiringList(items=[present.firing_shape(each) for each in found])

    def firing(self, caller: Caller, firing_id: UUID) -> FiringShape:
        """One firing."""
        caller.require("read", "RuleSet")
        return present.firing_shape(self.desk.firing(caller.tenant_id, FiringId(firing_id)))

    def judged(self, caller: Caller, rule_set_id: UUID, limit: int) -> JudgedList:
        """Why it fired, or did not."""
        caller.require("read", "RuleSet")
        found = self.desk.judged(caller.tenant_id, RuleSetId(rule_set_id), limit)
        return JudgedList(items=[present.judged_shape(each) for each in found])

    def remembered(self, caller: Caller) -> RememberedList:
        """What each watched rule set remembers."""
        caller.require("read", "RuleSet")
        known = self.desk.remembered(caller.tenant_id)
        rows = self.desk.list(caller.tenant_id)
        return RememberedList(
            items=[
                present.remembered_shape(row.rule_set, known[row.rule_set.rule_set_id])
                for row in rows
                if row.rule_set.rule_set_id in known and row.rule_set.mode.is_watched
            ]
        )

    def _shape(self, row: RuleSetRow) -> RuleSetShape:
        return present.rule_set_shape(row, self.desk.live_from(row))


def _by(caller: Caller, correlation_id: CorrelationId) -> By:
    return By(caller.tenant_id, caller.user.user_id, correlation_id)


def stored_definition(wanted: DefinitionShape) -> dict[str, object]:
    """The definition as it is kept."""
    actions = [each.model_dump(mode="json", exclude_none=True) for each in wanted.actions]
    return {**wanted.model_dump(mode="json"), "actions": actions}
