"""Imports, their cursors and skipped rows in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from nightdesk.accounts.model import ImportProgress, ImportState, Skip, StreamPosition
from nightdesk.adapters.postgres.database import Connection
from nightdesk.adapters.postgres.inbox import PostgresInboxStore
from nightdesk.kernel.ids import AccountId, CorrelationId, ImportId, TenantId
from nightdesk.ledger import inbox_findings

COLUMNS: LiteralString = """tenant_id, import_id, account_id, state, stage, rows_recorded, rows_duplicate, rows_skipped,
    streams_done, streams_total, progress_ratio, error_code, error_message, attempts, correlation_id, queued_at,
    started_at, heartbeat_at, finished_at"""
_ADD = """
    INSERT INTO imports (tenant_id, import_id, account_id, state, correlation_id, queued_at)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, account_id) WHERE state IN ('queued', 'running') DO NOTHING
"""
_LATEST = f"""
    SELECT {COLUMNS} FROM imports WHERE tenant_id = %s AND account_id = %s
    ORDER BY state IN ('queued', 'running') DESC, queued_at DESC LIMIT 1
"""  # noqa: S608 - constants
_LATEST_OF_ALL = f"""
    SELECT DISTINCT ON (account_id) {COLUMNS} FROM imports WHERE tenant_id = %s
    ORDER BY account_id, state IN ('queued', 'running') DESC, queued_at DESC
"""  # noqa: S608 - constants
_LOCK = f"SELECT {COLUMNS} FROM imports WHERE tenant_id = %s AND import_id = %s FOR UPDATE"  # noqa: S608 - constants
_SAVE = """
    UPDATE imports SET state = %s, stage = %s, rows_recorded = %s, rows_duplicate = %s, rows_skipped = %s,
      streams_done = %s, streams_total = %s, progress_ratio = %s, error_code = %s, error_message = %s, attempts = %s,
      started_at = %s, heartbeat_at = %s, finished_at = %s
    WHERE tenant_id = %s AND import_id = %s
"""
_POSITIONS = """
    SELECT stream, cursor FROM import_cursors WHERE tenant_id = %s AND account_id = %s
    ORDER BY (cursor ->> 'rank')::int, stream
"""
_PUT_POSITION = """
    INSERT INTO import_cursors (tenant_id, account_id, stream, cursor, moved_at) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, account_id, stream) DO UPDATE SET cursor = excluded.cursor, moved_at = excluded.moved_at
"""
_ADD_SKIPS = """
    INSERT INTO import_skips (tenant_id, account_id, identity, reason, payload, skipped_at)
    SELECT %s, %s, identity, reason, payload, %s
    FROM unnest(%s::text[], %s::text[], %s::jsonb[]) AS skipped (identity, reason, payload)
    ON CONFLICT (tenant_id, account_id, identity) DO NOTHING
"""
_EARLIEST = "SELECT min(occurred_at) FROM ledger_entries WHERE tenant_id = %s AND account_id = %s"


class PostgresImportStore:
    """Imports in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, progress: ImportProgress) -> bool:
        """Keep a new import; False if the account has one open already."""
        row = (
            progress.tenant_id,
            progress.import_id,
            progress.account_id,
            progress.state.value,
            progress.correlation_id,
            progress.queued_at,
        )
        return self._connection.execute(_ADD, row).rowcount == 1

    def latest(self, tenant_id: TenantId, account_id: AccountId) -> ImportProgress | None:
        """The account's open import, or else the one queued last."""
        return self._one(_LATEST, (tenant_id, account_id))

    def latest_of_all(self, tenant_id: TenantId) -> dict[AccountId, ImportProgress]:
        """The same for every account of the tenant."""
        found = (import_progress(row) for row in self._connection.execute(_LATEST_OF_ALL, (tenant_id,)))
        return {progress.account_id: progress for progress in found}

    def lock(self, tenant_id: TenantId, import_id: ImportId) -> ImportProgress | None:
        """The import, its row locked until the transaction ends."""
        return self._one(_LOCK, (tenant_id, import_id))

    def save(self, progress: ImportProgress) -> None:
        """Keep what changed of a locked import."""
        row = (
            progress.state.value,
            progress.stage,
            progress.rows_recorded,
            progress.rows_duplicate,
            progress.rows_skipped,
            progress.streams_done,
            progress.streams_total,
            progress.progress_ratio,
            progress.error_code,
            progress.error_message,
            progress.attempts,
            progress.started_at,
            progress.heartbeat_at,
            progress.finished_at,
            progress.tenant_id,
            progress.import_id,
        )
        self._connection.execute(_SAVE, row)

    def positions(self, tenant_id: TenantId, account_id: AccountId) -> tuple[StreamPosition, ...]:
        """Every stream's position, in the order to import them."""
        rows = self._connection.execute(_POSITIONS, (tenant_id, account_id))
        return tuple(_position(stream, document) for stream, document in rows)

    def put_position(
        self, tenant_id: TenantId, account_id: AccountId, position: StreamPosition, moved_at: datetime
    ) -> None:
        """Keep the stream's position."""
        document = {
            "rank": position.rank,
            "cursor": dict(position.cursor),
            "finished_by": str(position.finished_by) if position.finished_by else None,
        }
        row = (tenant_id, account_id, position.stream, Jsonb(document), moved_at)
        self._connection.execute(_PUT_POSITION, row)

    def add_skips(self, tenant_id: TenantId, account_id: AccountId, skips: Sequence[Skip], skipped_at: datetime) -> int:
        """Keep what could not be recorded, and put it in the inbox; how many were not kept before."""
        if not skips:
            return 0
        findings = [
            inbox_findings.of_skip(account_id, skip.identity, skip.reason, skip.payload)
            for skip in skips
            if skip.reason not in inbox_findings.HARMLESS
        ]
        PostgresInboxStore(self._connection).raise_(tenant_id, findings, skipped_at)
        columns = (
            [skip.identity for skip in skips],
            [skip.reason for skip in skips],
            [Jsonb(dict(skip.payload)) for skip in skips],
        )
        return self._connection.execute(_ADD_SKIPS, (tenant_id, account_id, skipped_at, *columns)).rowcount

    def earliest_at(self, tenant_id: TenantId, account_id: AccountId) -> datetime | None:
        """When the first event of the account's ledger occurred."""
        row = self._connection.execute(_EARLIEST, (tenant_id, account_id)).fetchone()
        return row[0] if row else None

    def _one(self, query: LiteralString, parameters: tuple[UUID, UUID]) -> ImportProgress | None:
        row = self._connection.execute(query, parameters).fetchone()
        return None if row is None else import_progress(row)


def import_progress(row: Sequence[Any]) -> ImportProgress:
    """The import that a row of `COLUMNS` is."""
    return ImportProgress(
        tenant_id=TenantId(row[0]),
        import_id=ImportId(row[1]),
        account_id=AccountId(row[2]),
        state=ImportState(row[3]),
        stage=row[4],
        rows_recorded=row[5],
        rows_duplicate=row[6],
        rows_skipped=row[7],
        streams_done=row[8],
        streams_total=row[9],
        progress_ratio=row[10],
        error_code=row[11],
        error_message=row[12],
        attempts=row[13],
        correlation_id=CorrelationId(row[14]),
        queued_at=row[15],
        started_at=row[16],
        heartbeat_at=row[17],
        finished_at=row[18],
    )


def _position(stream: str, document: dict[str, Any]) -> StreamPosition:
    finished_by = document["finished_by"]
    return StreamPosition(
        stream=stream,
        rank=document["rank"],
        cursor=document["cursor"],
        finished_by=ImportId(UUID(finished_by)) if finished_by else None,
    )
