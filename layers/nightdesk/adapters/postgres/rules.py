"""Rule sets, candidates and firings in PostgreSQL, for whoever judges."""

from __future__ import annotations

from typing import Final

from psycopg.types.json import Jsonb

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.rule_rows import CANDIDATE_COLUMNS, STORED_COLUMNS, candidate, stored_rule_set
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.firing import CandidateId, CandidateRef, CandidateRow, Firing, Verdict, seen_json
from nightdesk.rules.judging import StoredRuleSet

_LOCK: Final = f"""
    SELECT {STORED_COLUMNS} FROM rule_sets
    WHERE tenant_id = %s AND rule_set_id = %s AND removed_at IS NULL FOR UPDATE
"""  # noqa: S608 - constants
_CANDIDATE: Final = f"""
    SELECT {CANDIDATE_COLUMNS} FROM rule_candidates WHERE tenant_id = %s AND candidate_id = %s AND judged_at IS NULL
    FOR UPDATE
"""  # noqa: S608 - constants
_JUDGE: Final = """
    UPDATE rule_candidates SET judged_at = %s, outcome = %s, truths = %s, seen = %s
    WHERE tenant_id = %s AND candidate_id = %s
"""
_FIRING: Final = """
    INSERT INTO rule_firings (tenant_id, rule_set_id, firing_id, number, version, mode, instant, fired_at, reason,
      evidence, correlation_id)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_COUNT: Final = """
    UPDATE rule_sets SET firings = %s, firings_armed = firings_armed + 1, last_fired_at = %s
    WHERE tenant_id = %s AND rule_set_id = %s
"""
_AUDIT: Final = """
    INSERT INTO rule_audit (tenant_id, rule_set_id, version, user_id, what, at, correlation_id)
    VALUES (%s, %s, %s, NULL, 'fired', %s, %s)
"""
_WAITING: Final = """
    SELECT tenant_id, rule_set_id, candidate_id, correlation_id FROM rule_candidates
    WHERE judged_at IS NULL AND told_at < clock_timestamp() - make_interval(secs => %s) ORDER BY told_at LIMIT %s
"""


class PostgresRuleSetRows:
    """`RuleSetRows` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> StoredRuleSet | None:
        """The rule set, held until the transaction ends; None when it was removed."""
        row = self._connection.execute(_LOCK, (tenant_id, rule_set_id)).fetchone()
        return None if row is None else stored_rule_set(row)

    def candidate(self, tenant_id: TenantId, candidate_id: CandidateId) -> CandidateRow | None:
        """The candidate, unless it was judged."""
        row = self._connection.execute(_CANDIDATE, (tenant_id, candidate_id)).fetchone()
        return None if row is None else candidate(row)

    def judge(self, candidate: CandidateRow, verdict: Verdict) -> None:
        """Keep what came of it."""
        told = (verdict.judged_at, verdict.outcome, Jsonb(dict(verdict.truths)), Jsonb(seen_json(verdict.seen)))
        self._connection.execute(_JUDGE, (*told, candidate.tenant_id, candidate.candidate_id))

    def add_firing(self, firing: Firing) -> None:
        """Keep the firing and count it.

        Raises:
            Conflict: There is one of this number.
        """
        whose = (firing.tenant_id, firing.rule_set_id)
        what = (firing.firing_id, firing.number, firing.version, firing.mode.value, firing.instant, firing.fired_at)
        why = (firing.reason, Jsonb(seen_json(firing.evidence)), firing.correlation_id)
        self._connection.execute(_FIRING, (*whose, *what, *why))
        self._connection.execute(_COUNT, (firing.number, firing.instant, *whose))
        self._connection.execute(_AUDIT, (*whose, firing.version, firing.fired_at, firing.correlation_id))


class PostgresWaitingCandidates:
    """Candidates of all tenants that nobody has judged; needs the outbox's own role."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, since_s: float, limit: int) -> list[CandidateRef]:
        """Those told longer ago than this, the oldest first."""
        with self._database.transaction() as connection:
            rows = connection.execute(_WAITING, (since_s, limit)).fetchall()
        return [
            CandidateRef(TenantId(tenant), RuleSetId(rule_set), CandidateId(candidate_id), CorrelationId(correlation))
            for tenant, rule_set, candidate_id, correlation in rows
        ]
