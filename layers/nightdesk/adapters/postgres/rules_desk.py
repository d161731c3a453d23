"""Rule sets in PostgreSQL, for whoever sets them up and looks at what came of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from nightdesk.adapters.postgres.actions import PostgresConfirmations
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.formulas import PostgresFormulaStore
from nightdesk.adapters.postgres.rule_rows import CANDIDATE_COLUMNS, STORED_COLUMNS, candidate, stored_rule_set
from nightdesk.indicators.formula import Formulas
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId, UserId
from nightdesk.rules.action_ports import FiringId, RuleSetId
from nightdesk.rules.codec import definition_from, definition_json
from nightdesk.rules.desk_ports import AuditEntry, Judged, Remembered, RuleDeskUnit, RuleSetRow
from nightdesk.rules.firing import Firing, Verdict, seen_from
from nightdesk.rules.model import Mode, RuleSet, RuleSetVersion
from nightdesk.rules.state_codec import state_from

_ROW: Final = f"SELECT shadow_since, created_at, {STORED_COLUMNS} FROM rule_sets WHERE removed_at IS NULL"  # noqa: S608
_GET: Final = f"{_ROW} AND tenant_id = %s AND rule_set_id = %s"
_LIST: Final = f"{_ROW} AND tenant_id = %s ORDER BY created_at, rule_set_id"
_ADD: Final = """
    INSERT INTO rule_sets (tenant_id, rule_set_id, portfolio_id, name, version, mode, definition, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_VERSION: Final = """
    INSERT INTO rule_set_versions (tenant_id, rule_set_id, version, name, definition, edited_by, edited_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
_EDIT: Final = """
    UPDATE rule_sets SET name = %s, version = %s, mode = %s, definition = %s, shadow_since = NULL
    WHERE tenant_id = %s AND rule_set_id = %s
"""
_ARM: Final = """
    UPDATE rule_sets SET mode = %(mode)s, armed_at = %(at)s, firings_armed = 0, last_fired_at = NULL,
      shadow_since = CASE WHEN %(mode)s = 'shadow' THEN %(at)s END
    WHERE tenant_id = %(tenant)s AND rule_set_id = %(rule_set)s
"""
_REST: Final = """
    UPDATE rule_sets SET mode = %(mode)s, shadow_since = NULL
    WHERE tenant_id = %(tenant)s AND rule_set_id = %(rule_set)s
"""
_SKIP_WAITING: Final = """
    UPDATE rule_candidates SET judged_at = %(at)s, outcome = 'not_watched', truths = '{}', seen = '{}'
    WHERE tenant_id = %(tenant)s AND rule_set_id = %(rule_set)s AND judged_at IS NULL
"""
_REMOVE: Final = "UPDATE rule_sets SET removed_at = %s WHERE tenant_id = %s AND rule_set_id = %s"
_AUDIT: Final = """
    INSERT INTO rule_audit (tenant_id, rule_set_id, version, user_id, what, at, correlation_id)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
_VERSIONS: Final = """
    SELECT name, version, definition, edited_by, edited_at FROM rule_set_versions
    WHERE tenant_id = %s AND rule_set_id = %s ORDER BY version DESC
"""
_AUDITED: Final = """
    SELECT version, user_id, what, at, correlation_id FROM rule_audit
    WHERE tenant_id = %s AND rule_set_id = %s ORDER BY audit_id DESC LIMIT %s
"""
_FIRING_COLUMNS: Final = (
    "tenant_id, rule_set_id, firing_id, version, mode, number, instant, fired_at, reason, evidence, correlation_id"
)
_FIRINGS: Final = f"""
    SELECT {_FIRING_COLUMNS} FROM rule_firings
    WHERE tenant_id = %(tenant)s AND (%(rule_set)s::uuid IS NULL OR rule_set_id = %(rule_set)s)
      AND (%(before)s::timestamptz IS NULL OR instant < %(before)s)
    ORDER BY instant DESC, firing_id LIMIT %(limit)s
"""  # noqa: S608 - constants
_FIRING: Final = f"SELECT {_FIRING_COLUMNS} FROM rule_firings WHERE tenant_id = %s AND firing_id = %s"  # noqa: S608
_JUDGED: Final = f"""
    SELECT judged_at, outcome, truths, seen, {CANDIDATE_COLUMNS} FROM rule_candidates
    WHERE tenant_id = %s AND rule_set_id = %s ORDER BY instant DESC LIMIT %s
"""  # noqa: S608 - constants
_REMEMBERED: Final = """
    SELECT rule_set_id, state, as_of FROM rule_states JOIN rule_sets USING (tenant_id, rule_set_id, version, armed_at)
    WHERE tenant_id = %s AND rule_sets.removed_at IS NULL
"""
_ACCOUNTS: Final = "SELECT account_id FROM accounts WHERE tenant_id = %s AND state <> 'disconnected'"


class PostgresRuleSetStore:
    """`RuleSetStore` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rule_set: RuleSet, by: UserId, at: datetime) -> None:
        """Keep a new rule set and its first version."""
        whose = (rule_set.tenant_id, rule_set.rule_set_id, rule_set.portfolio_id)
        definition = Jsonb(definition_json(rule_set))
        self._connection.execute(_ADD, (*whose, rule_set.name, rule_set.version, rule_set.mode.value, definition, at))
        self._add_version(rule_set, by, at)

    def lock(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> RuleSetRow | None:
        """The rule set, held until the transaction ends; None if there is none, or it was removed."""
        row = self._connection.execute(f"{_GET} FOR UPDATE", (tenant_id, rule_set_id)).fetchone()
        return None if row is None else _row(row)

    def get(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> RuleSetRow | None:
        """The rule set; None if there is none, or it was removed."""
        row = self._connection.execute(_GET, (tenant_id, rule_set_id)).fetchone()
        return None if row is None else _row(row)

    def list(self, tenant_id: TenantId) -> tuple[RuleSetRow, ...]:
        """Every rule set that was not removed, oldest first."""
        return tuple(map(_row, self._connection.execute(_LIST, (tenant_id,))))

    def edit(self, rule_set: RuleSet, by: UserId, at: datetime) -> None:
        """Keep the rule set's next version, in a mode in which nothing watches it."""
        definition = Jsonb(definition_json(rule_set))
        what = (rule_set.name, rule_set.version, rule_set.mode.value, definition)
        self._connection.execute(_EDIT, (*what, rule_set.tenant_id, rule_set.rule_set_id))
        self._connection.execute(_SKIP_WAITING, _named(rule_set, at))
        self._add_version(rule_set, by, at)

    def set_mode(self, rule_set: RuleSet, mode: Mode, at: datetime) -> None:
        """Put it in the mode; one that is watched from now on begins anew, and candidates that wait are passed over."""
        named = {**_named(rule_set, at), "mode": mode.value}
        self._connection.execute(_ARM if mode.is_watched else _REST, named)
        self._connection.execute(_SKIP_WAITING, named)

    def remove(self, tenant_id: TenantId, rule_set_id: RuleSetId, at: datetime) -> None:
        """Show and watch it no longer; its history stays."""
        self._connection.execute(_REMOVE, (at, tenant_id, rule_set_id))

    def audit(self, rule_set: RuleSet, by: UserId, what: str, at: datetime, correlation_id: CorrelationId) -> None:
        """Note who did what."""
        whose = (rule_set.tenant_id, rule_set.rule_set_id, rule_set.version)
        self._connection.execute(_AUDIT, (*whose, by, what, at, correlation_id))

    def versions(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> tuple[RuleSetVersion, ...]:
        """Every version, newest first."""
        rows = self._connection.execute(_VERSIONS, (tenant_id, rule_set_id)).fetchall()
        return tuple(_version(tenant_id, rule_set_id, row) for row in rows)

    def audited(self, tenant_id: TenantId, rule_set_id: RuleSetId, limit: int) -> tuple[AuditEntry, ...]:
        """What was done, newest first."""
        rows = self._connection.execute(_AUDITED, (tenant_id, rule_set_id, limit))
        return tuple(
            AuditEntry(
                version=version,
                user_id=None if user is None else UserId(user),
                what=what,
                at=at,
                correlation_id=CorrelationId(correlation),
            )
            for version, user, what, at, correlation in rows
        )

    def firings(
        self, tenant_id: TenantId, rule_set_id: RuleSetId | None, before: datetime | None, limit: int
    ) -> tuple[Firing, ...]:
        """Firings of the rule set, or of all, newest first, earlier than an instant of market time."""
        named = {"tenant": tenant_id, "rule_set": rule_set_id, "before": before, "limit": limit}
        return tuple(map(_firing, self._connection.execute(_FIRINGS, named)))

    def firing(self, tenant_id: TenantId, firing_id: FiringId) -> Firing | None:
        """The firing."""
        row = self._connection.execute(_FIRING, (tenant_id, firing_id)).fetchone()
        return None if row is None else _firing(row)

    def judged(self, tenant_id: TenantId, rule_set_id: RuleSetId, limit: int) -> tuple[Judged, ...]:
        """Candidates and what came of them, newest first."""
        return tuple(map(_judged, self._connection.execute(_JUDGED, (tenant_id, rule_set_id, limit))))

    def remembered(self, tenant_id: TenantId) -> Mapping[RuleSetId, Remembered]:
        """What each rule set remembers in its present life."""
        rows = self._connection.execute(_REMEMBERED, (tenant_id,))
        return {RuleSetId(each): Remembered(state=state_from(state), as_of=as_of) for each, state, as_of in rows}

    def accounts(self, tenant_id: TenantId) -> Collection[AccountId]:
        """Accounts that rules may name."""
        return {AccountId(account) for (account,) in self._connection.execute(_ACCOUNTS, (tenant_id,))}

    def formulas(self, tenant_id: TenantId) -> Formulas:
        """The tenant's own formulas."""
        current = PostgresFormulaStore(self._connection).current(tenant_id)
        return {each.formula.name: each.formula for each in current if each.formula is not None}

    def _add_version(self, rule_set: RuleSet, by: UserId, at: datetime) -> None:
        what = (rule_set.version, rule_set.name, Jsonb(definition_json(rule_set)))
        self._connection.execute(_VERSION, (rule_set.tenant_id, rule_set.rule_set_id, *what, by, at))


class PostgresRuleDeskUnits:
    """Opens transactions on a tenant's rule sets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[RuleDeskUnit]:
        """A transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield RuleDeskUnit(PostgresRuleSetStore(connection), PostgresConfirmations(connection))


def _named(rule_set: RuleSet, at: datetime) -> dict[str, Any]:
    return {"tenant": rule_set.tenant_id, "rule_set": rule_set.rule_set_id, "at": at}


def _row(row: Sequence[Any]) -> RuleSetRow:
    return RuleSetRow(shadow_since=row[0], created_at=row[1], stored=stored_rule_set(row[2:]))


def _version(tenant_id: TenantId, rule_set_id: RuleSetId, row: Sequence[Any]) -> RuleSetVersion:
    name, version, definition, edited_by, edited_at = row
    whose: dict[str, Any] = {"tenant_id": tenant_id, "portfolio_id": tenant_id, "rule_set_id": rule_set_id}
    rule_set = RuleSet(**whose, name=name, version=version, mode=Mode.DRAFT, **definition_from(definition))
    return RuleSetVersion(rule_set=rule_set, edited_by=UserId(edited_by), edited_at=edited_at)


def _firing(row: Sequence[Any]) -> Firing:
    tenant, rule_set, firing_id, version, mode, number, instant, fired_at, reason, evidence, correlation = row
    return Firing(
        tenant_id=TenantId(tenant),
        rule_set_id=RuleSetId(rule_set),
        firing_id=FiringId(firing_id),
        version=version,
        mode=Mode(mode),
        number=number,
        instant=instant,
        fired_at=fired_at,
        reason=reason,
        evidence=seen_from(evidence),
        correlation_id=CorrelationId(correlation),
    )


def _judged(row: Sequence[Any]) -> Judged:
    judged_at, outcome, truths, seen = row[:4]
    verdict = None
    if judged_at is not None:
        verdict = Verdict(outcome=outcome, judged_at=judged_at, truths=truths, seen=seen_from(seen))
    return Judged(candidate=candidate(row[4:]), verdict=verdict)
