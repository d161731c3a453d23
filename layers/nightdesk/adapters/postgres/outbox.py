"""The outbox in PostgreSQL: written with what happened, read by who publishes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from nightdesk.accounts.model import Event, ImportJob
from nightdesk.accounts.publishing import Account, WaitingEvent
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.kernel.ids import AccountId, CorrelationId, ImportId, TenantId

_ADD = """
    INSERT INTO outbox (event_id, tenant_id, name, payload, correlation_id, created_at) VALUES (%s, %s, %s, %s, %s, %s)
"""
_TAKE = """
    SELECT event_id, tenant_id, name, payload, correlation_id, created_at FROM outbox
    WHERE published_at IS NULL ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
_MARK = "UPDATE outbox SET published_at = %s WHERE event_id = ANY(%s)"
_FORGET = "DELETE FROM outbox WHERE published_at < %s"
_SILENT = """
    SELECT tenant_id, account_id, import_id, correlation_id FROM imports
    WHERE state IN ('queued', 'running') AND coalesce(heartbeat_at, queued_at) < %s
    ORDER BY queued_at LIMIT %s
"""
_ACTIVE = "SELECT tenant_id, account_id FROM accounts WHERE state IN ('active', 'failing')"


class PostgresOutbox:
    """Keeps events in the transaction of one connection."""

    def __init__(self, connection: Connection, new_id: Callable[[], UUID] = uuid4) -> None:
        self._connection = connection
        self._new_id = new_id

    def add(self, tenant_id: TenantId, event: Event, correlation_id: CorrelationId, created_at: datetime) -> None:
        """Keep the event until it is published."""
        row = (self._new_id(), tenant_id, event.name, Jsonb(dict(event.payload)), correlation_id, created_at)
        self._connection.execute(_ADD, row)


class PostgresWaitingRoom:
    """What waits to be sent, of all tenants; needs the outbox's own role."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publish(self, send: Callable[[Sequence[WaitingEvent]], Sequence[UUID]], limit: int, now: datetime) -> int:
        """Hand at most so many waiting events to `send` and mark those it answers; how many there were.

        Rows that another publisher holds are left to it.
        """
        with self._database.transaction() as connection:
            events = [_waiting(row) for row in connection.execute(_TAKE, (limit,))]
            if events:
                connection.execute(_MARK, (now, list(send(events))))
        return len(events)

    def forget(self, published_before: datetime) -> int:
        """Remove what was published long ago; how many rows."""
        with self._database.transaction() as connection:
            return connection.execute(_FORGET, (published_before,)).rowcount

    def silent_imports(self, silent_since: datetime, limit: int) -> tuple[ImportJob, ...]:
        """Open imports without a sign of life since then, the oldest first."""
        with self._database.transaction() as connection:
            rows = connection.execute(_SILENT, (silent_since, limit)).fetchall()
        return tuple(
            ImportJob(
                tenant_id=TenantId(tenant),
                account_id=AccountId(account),
                import_id=ImportId(import_id),
                correlation_id=CorrelationId(correlation),
            )
            for tenant, account, import_id, correlation in rows
        )

    def connected_accounts(self) -> tuple[Account, ...]:
        """Every account of every tenant that can be refreshed."""
        with self._database.transaction() as connection:
            rows = connection.execute(_ACTIVE).fetchall()
        return tuple((TenantId(tenant), AccountId(account)) for tenant, account in rows)


def _waiting(row: Sequence[Any]) -> WaitingEvent:
    event_id, tenant, name, payload, correlation, created_at = row
    return WaitingEvent(
        event_id=event_id,
        tenant_id=TenantId(tenant),
        event=Event(name=name, payload=payload),
        correlation_id=CorrelationId(correlation),
        created_at=created_at,
    )
