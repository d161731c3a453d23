"""Actions in PostgreSQL: what firings want done, step by step, and the consents to dangerous ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from nightdesk.adapters.postgres.action_rows import (
    FIRING,
    INTENT,
    RUN,
    firing_of,
    intent_of,
    residue_json,
    row_of,
    run_of,
)
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.kernel.errors import Conflict
from nightdesk.kernel.ids import CorrelationId, TenantId, UserId
from nightdesk.rules.action_codec import action_json
from nightdesk.rules.action_ports import ActionsDue, Confirmation, FiringId, FiringRef, RuleSetId
from nightdesk.rules.action_runs import ActionRun, FiringRuns, Intent

_BEGIN = """
    INSERT INTO action_firings (tenant_id, firing_id, portfolio_id, rule_set_id, rule_set_version, rule_set, reason,
      policy, correlation_id, fired_at, seen_at, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp()) ON CONFLICT DO NOTHING
"""
_BEGIN_RUNS = "INSERT INTO action_runs (tenant_id, firing_id, step, action, state) VALUES (%s, %s, %s, %s, 'waiting')"
_TAKE = f"""
    UPDATE action_firings SET attempts = attempts + 1, taken_at = %(now)s, touched_at = %(now)s
    WHERE tenant_id = %(tenant)s AND firing_id = %(firing)s RETURNING {FIRING}
"""  # noqa: S608 - constants
_GET = f"SELECT {FIRING} FROM action_firings WHERE tenant_id = %s AND firing_id = %s"  # noqa: S608 - constants
_RUNS = f"SELECT {RUN} FROM action_runs WHERE tenant_id = %s AND firing_id = %s ORDER BY step"  # noqa: S608 - constants
_INTENTS = f"""
    SELECT {INTENT} FROM action_intents WHERE tenant_id = %s AND firing_id = %s ORDER BY number
"""  # noqa: S608 - constants
_HOLD = """
    UPDATE action_firings SET touched_at = %s WHERE tenant_id = %s AND firing_id = %s AND attempts = %s
"""
_ADD_INTENT = f"""
    INSERT INTO action_intents (tenant_id, firing_id, {INTENT})
    VALUES ({", ".join(["%s"] * (2 + len(INTENT.split(","))))})
"""  # noqa: S608 - constants
_SAVE_INTENT = """
    UPDATE action_intents SET order_id = %s, state = %s, code = %s, message = %s, filled = %s, filled_quote = %s,
      settled_at = %s
    WHERE tenant_id = %s AND intent_key = %s
"""
_SAVE_RUN = """
    UPDATE action_runs SET state = %s, code = %s, message = %s, residue = %s, started_at = %s, finished_at = %s
    WHERE tenant_id = %s AND firing_id = %s AND step = %s
"""
_FINISH = "UPDATE action_firings SET finished_at = %s WHERE tenant_id = %s AND firing_id = %s"
_PAGE = f"""
    SELECT {FIRING} FROM action_firings
    WHERE tenant_id = %(tenant)s AND (%(rule_set)s::uuid IS NULL OR rule_set_id = %(rule_set)s)
    ORDER BY created_at DESC, firing_id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants
_EVIDENCE = "SELECT evidence FROM rule_firings WHERE tenant_id = %s AND firing_id = %s"
_CONFIRM = """
    INSERT INTO action_confirmations (tenant_id, token_hash, rule_set_id, rule_set_version, actions_hash, user_id,
      issued_at, expires_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_USE = """
    UPDATE action_confirmations SET used_at = %s WHERE tenant_id = %s AND token_hash = %s AND used_at IS NULL
    RETURNING tenant_id, token_hash, rule_set_id, rule_set_version, actions_hash, user_id, issued_at, expires_at
"""
_SILENT = """
    SELECT tenant_id, rule_set_id, firing_id, correlation_id FROM action_firings
    WHERE finished_at IS NULL AND coalesce(touched_at, created_at) < %s ORDER BY created_at LIMIT %s
"""


class PostgresActionJournal:
    """`ActionJournal` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, due: ActionsDue) -> None:
        """Keep one run per action, in sequence; the same firing again changes nothing."""
        row = (
            due.tenant_id,
            due.firing_id,
            due.portfolio_id,
            due.rule_set_id,
            due.rule_set_version,
            due.rule_set,
            due.reason,
            due.policy.value,
            due.correlation_id,
            due.fired_at,
            due.seen_at,
        )
        if not self._connection.execute(_BEGIN, row).rowcount:
            return
        runs = [
            (due.tenant_id, due.firing_id, step, Jsonb(action_json(action))) for step, action in enumerate(due.actions)
        ]
        with self._connection.cursor() as cursor:
            cursor.executemany(_BEGIN_RUNS, runs)


class PostgresActionRuns:
    """`ActionRunStore` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, tenant_id: TenantId, firing_id: FiringId, now: datetime) -> FiringRuns | None:
        """Take the firing up; from now on only the one with these `attempts` may write."""
        row = self._connection.execute(_TAKE, {"now": now, "tenant": tenant_id, "firing": firing_id}).fetchone()
        return None if row is None else self._whole(row)

    def get(self, tenant_id: TenantId, firing_id: FiringId) -> FiringRuns | None:
        """The firing, to look at."""
        row = self._connection.execute(_GET, (tenant_id, firing_id)).fetchone()
        return None if row is None else self._whole(row)

    def page(self, tenant_id: TenantId, rule_set_id: RuleSetId | None, limit: int) -> tuple[FiringRuns, ...]:
        """The newest firings with their runs, newest first."""
        chosen = {"tenant": tenant_id, "rule_set": rule_set_id, "limit": limit}
        return tuple(self._whole(row) for row in self._connection.execute(_PAGE, chosen).fetchall())

    def hold(self, firing: FiringRuns, now: datetime) -> None:
        """Lock the firing until the transaction ends, and note that somebody is at work on it."""
        due = firing.due
        if not self._connection.execute(_HOLD, (now, due.tenant_id, due.firing_id, firing.attempts)).rowcount:
            raise Conflict("actions.taken_over", "Another process took this firing up.")

    def add_intents(self, firing: FiringRuns, intents: Sequence[Intent]) -> None:
        """Keep what is wanted, before any of it is done."""
        due = firing.due
        with self._connection.cursor() as cursor:
            cursor.executemany(_ADD_INTENT, [(due.tenant_id, due.firing_id, *row_of(intent)) for intent in intents])

    def save_intents(self, firing: FiringRuns, intents: Sequence[Intent]) -> None:
        """Keep what became of intents."""
        rows = [
            (
                intent.order_id,
                intent.state.value,
                intent.code,
                intent.message,
                intent.filled,
                intent.filled_quote,
                intent.settled_at,
                firing.due.tenant_id,
                intent.key,
            )
            for intent in intents
        ]
        with self._connection.cursor() as cursor:
            cursor.executemany(_SAVE_INTENT, rows)

    def save_run(self, firing: FiringRuns, run: ActionRun) -> None:
        """Keep what became of a step."""
        changed = (run.state.value, run.code, run.message, Jsonb(residue_json(run.residue)))
        which = (firing.due.tenant_id, firing.due.firing_id, run.step)
        self._connection.execute(_SAVE_RUN, (*changed, run.started_at, run.finished_at, *which))

    def finish(self, firing: FiringRuns, now: datetime) -> None:
        """Note that every step is over."""
        self._connection.execute(_FINISH, (now, firing.due.tenant_id, firing.due.firing_id))

    def _whole(self, row: Sequence[Any]) -> FiringRuns:
        which = row[:2]
        runs = [run_of(each) for each in self._connection.execute(_RUNS, which)]
        return firing_of(row, runs, [intent_of(each) for each in self._connection.execute(_INTENTS, which)])


class PostgresFirings:
    """`FiringReads`: each look in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, tenant_id: TenantId, firing_id: FiringId) -> FiringRuns | None:
        """One firing."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            return PostgresActionRuns(connection).get(tenant_id, firing_id)

    def page(self, tenant_id: TenantId, rule_set_id: RuleSetId | None, limit: int) -> tuple[FiringRuns, ...]:
        """The newest."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            return PostgresActionRuns(connection).page(tenant_id, rule_set_id, limit)

    def evidence(self, tenant_id: TenantId, firing_id: FiringId) -> Mapping[str, Mapping[str, Any]]:
        """What the rules saw: by text, `value`, `source`, `at`."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            row = connection.execute(_EVIDENCE, (tenant_id, firing_id)).fetchone()
        return {} if row is None else dict(row[0])


class PostgresConfirmations:
    """`ConfirmationStore` in the transaction of one connection; a consent stays after it was used, for whoever asks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, confirmation: Confirmation) -> None:
        """Keep a new consent."""
        row = (
            confirmation.tenant_id,
            confirmation.token_hash,
            confirmation.rule_set_id,
            confirmation.rule_set_version,
            confirmation.actions_hash,
            confirmation.user_id,
            confirmation.issued_at,
            confirmation.expires_at,
        )
        self._connection.execute(_CONFIRM, row)

    def take(self, tenant_id: TenantId, token_hash: bytes, now: datetime) -> Confirmation | None:
        """The consent, used up by this: None if there is none or it was used before."""
        row = self._connection.execute(_USE, (now, tenant_id, token_hash)).fetchone()
        if row is None:
            return None
        tenant, kept_hash, rule_set, version, actions_hash, user, issued_at, expires_at = row
        return Confirmation(
            tenant_id=TenantId(tenant),
            token_hash=bytes(kept_hash),
            rule_set_id=RuleSetId(rule_set),
            rule_set_version=version,
            actions_hash=actions_hash,
            user_id=UserId(user),
            issued_at=issued_at,
            expires_at=expires_at,
        )


class PostgresSilentFirings:
    """Firings of every tenant that nobody is at work on; needs the outbox's role."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def silent(self, silent_since: datetime, limit: int) -> tuple[FiringRef, ...]:
        """Open firings without a sign of life since then, the oldest first."""
        with self._database.transaction() as connection:
            rows = connection.execute(_SILENT, (silent_since, limit)).fetchall()
        return tuple(
            FiringRef(
                tenant_id=TenantId(tenant),
                rule_set_id=RuleSetId(rule_set),
                firing_id=FiringId(firing),
                correlation_id=CorrelationId(correlation),
            )
            for tenant, rule_set, firing, correlation in rows
        )
