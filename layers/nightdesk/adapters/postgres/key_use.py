"""What is known of keys in PostgreSQL, as the desk may read it: never what is sealed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from datetime import datetime

from nightdesk.accounts.keys import KeyDrill, KeyRecord, KeyUse, RevokeMode, UsePlace
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.key_rows import test_of
from nightdesk.kernel.ids import AccountId, TenantId

_RECORD = """
    SELECT key_source, sealed_at, rotations, test, destroyed_at FROM account_keys
    WHERE tenant_id = %s AND account_id = %s
"""
_USES = """
    SELECT asker, operation, outcome, uses, first_at, last_at, correlation_id FROM credential_uses
    WHERE tenant_id = %(tenant)s AND account_id = %(account)s
      AND (%(at)s::timestamptz IS NULL OR (minute_at <= date_trunc('minute', %(at)s::timestamptz)
        AND (last_at, asker, operation, outcome) < (%(at)s, %(asker)s, %(operation)s, %(outcome)s)))
    ORDER BY minute_at DESC, last_at DESC, asker DESC, operation DESC, outcome DESC LIMIT %(limit)s
"""
_ADD_DRILL = """
    INSERT INTO key_drills (tenant_id, drill_id, mode, actor, started_at, finished_at, keys, destroyed, halted, took_ms)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_DRILLS = """
    SELECT drill_id, mode, actor, started_at, finished_at, keys, destroyed, halted, took_ms FROM key_drills
    WHERE tenant_id = %(tenant)s AND (%(before)s::timestamptz IS NULL OR started_at < %(before)s)
    ORDER BY started_at DESC LIMIT %(limit)s
"""


class PostgresKeyStore:
    """`KeyStore` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, tenant_id: TenantId, account_id: AccountId) -> KeyRecord | None:
        """How the account's key is kept; None if it never had one."""
        row = self._connection.execute(_RECORD, (tenant_id, account_id)).fetchone()
        if row is None:
            return None
        source, sealed_at, rotations, test, destroyed_at = row
        return KeyRecord(
            key_source=source, sealed_at=sealed_at, rotations=rotations, test=test_of(test), destroyed_at=destroyed_at
        )

    def uses(
        self, tenant_id: TenantId, account_id: AccountId, *, before: UsePlace | None, limit: int
    ) -> tuple[KeyUse, ...]:
        """Its uses, those last used first."""
        at, asker, operation, outcome = before or (None, "", "", "")
        place = {"at": at, "asker": asker, "operation": operation, "outcome": outcome}
        wanted = {"tenant": tenant_id, "account": account_id, "limit": limit, **place}
        return tuple(
            KeyUse(
                asker=asker,
                operation=operation,
                outcome=outcome,
                uses=uses,
                first_at=first_at,
                last_at=last_at,
                correlation_id=correlation,
            )
            for asker, operation, outcome, uses, first_at, last_at, correlation in self._connection.execute(
                _USES, wanted
            )
        )

    def add_drill(self, tenant_id: TenantId, drill: KeyDrill) -> None:
        """Keep that keys were revoked, or that it was rehearsed."""
        self._connection.execute(_ADD_DRILL, (tenant_id, *astuple(drill)))

    def drills(self, tenant_id: TenantId, *, before: datetime | None, limit: int) -> tuple[KeyDrill, ...]:
        """The same, the latest first."""
        wanted = {"tenant": tenant_id, "before": before, "limit": limit}
        return tuple(
            KeyDrill(
                drill_id=drill_id,
                mode=RevokeMode(mode),
                actor=actor,
                started_at=started_at,
                finished_at=finished_at,
                keys=keys,
                destroyed=destroyed,
                halted=halted,
                took_ms=took_ms,
            )
            for drill_id, mode, actor, started_at, finished_at, keys, destroyed, halted, took_ms in (
                self._connection.execute(_DRILLS, wanted)
            )
        )


class PostgresKeyUnits:
    """Opens transactions on what is known of keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[PostgresKeyStore]:
        """A transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield PostgresKeyStore(connection)
