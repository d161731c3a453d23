"""Files, their rows and mappings in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from nightdesk.accounts.files.stored import EntryDetails, FileId, KeptRow, MappingId, SavedMapping, StoredFile
from nightdesk.adapters.postgres.database import Connection
from nightdesk.adapters.postgres.file_rows import (
    CHANGING,
    COLUMNS,
    changing_values,
    file_of,
    mapping_document,
    mapping_of,
    new_values,
)
from nightdesk.kernel.ids import AccountId, TenantId

_ADD = """
    INSERT INTO files (tenant_id, file_id, account_id, name, size_bytes, sha256, state, correlation_id, uploaded_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_PUT_CHUNK = """
    INSERT INTO file_chunks (tenant_id, file_id, position, content) VALUES (%s, %s, %s, %s)
    ON CONFLICT (tenant_id, file_id, position) DO UPDATE SET content = excluded.content
"""
_CONTENT = "SELECT content FROM file_chunks WHERE tenant_id = %s AND file_id = %s ORDER BY position"
_FORGET = "DELETE FROM file_chunks WHERE tenant_id = %s AND file_id = %s"
_GET = f"SELECT {COLUMNS} FROM files WHERE tenant_id = %s AND file_id = %s"  # noqa: S608 - constants
_LOCK = f"{_GET} FOR UPDATE"
_SAVE = f"UPDATE files SET ({CHANGING}) = ROW ({{}}) WHERE tenant_id = %s AND file_id = %s"  # noqa: S608 - constants
_NEWEST = f"""
    SELECT {COLUMNS} FROM files
    WHERE tenant_id = %s AND state <> 'removed'
      AND (%s::timestamptz IS NULL OR (uploaded_at, file_id) < (%s::timestamptz, %s::uuid))
    ORDER BY uploaded_at DESC, file_id DESC LIMIT %s
"""  # noqa: S608 - constants
_ADD_ROWS = """
    INSERT INTO file_rows (tenant_id, file_id, line, reason, rejected, detail, cells)
    SELECT %s, %s, line, reason, rejected, detail, ARRAY(SELECT jsonb_array_elements_text(cells))
    FROM unnest(%s::int[], %s::text[], %s::boolean[], %s::text[], %s::jsonb[])
      AS kept (line, reason, rejected, detail, cells)
    ON CONFLICT (tenant_id, file_id, line) DO NOTHING
"""
_ROWS = """
    SELECT line, reason, rejected, detail, cells FROM file_rows
    WHERE tenant_id = %s AND file_id = %s AND line > %s AND (%s::boolean IS NULL OR rejected = %s::boolean)
    ORDER BY line LIMIT %s
"""
_ADD_DETAILS = """
    INSERT INTO file_entry_details (tenant_id, account_id, identity, tx_hash, sent_from, sent_to, told_id, note)
    SELECT %s, %s, * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
    ON CONFLICT (tenant_id, account_id, identity) DO NOTHING
"""
_MAPPINGS = """
    SELECT mapping_id, name, fingerprint, document, saved_at FROM file_mappings WHERE tenant_id = %s ORDER BY name
"""
_PUT_MAPPING = """
    INSERT INTO file_mappings (tenant_id, mapping_id, name, fingerprint, document, saved_at)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, name) DO UPDATE
      SET fingerprint = excluded.fingerprint, document = excluded.document, saved_at = excluded.saved_at
"""
_REMOVE_MAPPING = "DELETE FROM file_mappings WHERE tenant_id = %s AND mapping_id = %s"
_TEXT_LENGTH_MAX = 500


class PostgresFileStore:
    """`FileStore` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, file: StoredFile) -> None:
        """Keep a new file, of which nothing has arrived."""
        self._connection.execute(_ADD, new_values(file))

    def put_chunk(self, tenant_id: TenantId, file_id: FileId, position: int, content: bytes) -> None:
        """Keep a piece of the file; the same piece again replaces it."""
        self._connection.execute(_PUT_CHUNK, (tenant_id, file_id, position, content))

    def content(self, tenant_id: TenantId, file_id: FileId) -> bytes:
        """What has arrived, in order."""
        return b"".join(piece for (piece,) in self._connection.execute(_CONTENT, (tenant_id, file_id)))

    def forget_content(self, tenant_id: TenantId, file_id: FileId) -> None:
        """Remove what has arrived."""
        self._connection.execute(_FORGET, (tenant_id, file_id))

    def get(self, tenant_id: TenantId, file_id: FileId) -> StoredFile | None:
        """The file."""
        return self._one(_GET, (tenant_id, file_id))

    def lock(self, tenant_id: TenantId, file_id: FileId) -> StoredFile | None:
        """The file, its row locked until the transaction ends."""
        return self._one(_LOCK, (tenant_id, file_id))

    def save(self, file: StoredFile) -> None:
        """Keep what changed of a locked file."""
        values = changing_values(file)
        statement = _SAVE.format(", ".join(["%s"] * len(values)))
        self._connection.execute(statement.encode(), (*values, file.tenant_id, file.file_id))

    def newest(self, tenant_id: TenantId, before: tuple[datetime, FileId] | None, limit: int) -> tuple[StoredFile, ...]:
        """At most so many files, newest first; removed ones are left out."""
        at, file_id = before or (None, None)
        rows = self._connection.execute(_NEWEST, (tenant_id, at, at, file_id, limit))
        return tuple(file_of(row) for row in rows)

    def add_rows(self, tenant_id: TenantId, file_id: FileId, rows: Sequence[KeptRow]) -> None:
        """Keep rows that became no entry; a line kept before stays."""
        if not rows:
            return
        columns = (
            [row.line for row in rows],
            [row.reason for row in rows],
            [row.rejected for row in rows],
            [row.detail for row in rows],
            [Jsonb(list(row.cells)) for row in rows],
        )
        self._connection.execute(_ADD_ROWS, (tenant_id, file_id, *columns))

    def rows(
        self, tenant_id: TenantId, file_id: FileId, after: int, limit: int, *, rejected: bool | None = None
    ) -> tuple[KeptRow, ...]:
        """At most so many kept rows behind the line, in the order of lines."""
        found = self._connection.execute(_ROWS, (tenant_id, file_id, after, rejected, rejected, limit))
        return tuple(
            KeptRow(line=line, reason=reason, rejected=refused, detail=detail, cells=tuple(cells))
            for line, reason, refused, detail, cells in found
        )

    def add_details(self, tenant_id: TenantId, account_id: AccountId, details: Sequence[EntryDetails]) -> None:
        """Keep what a file says of entries beside their amounts."""
        if not details:
            return
        columns = (
            [each.identity for each in details],
            [_cut(each.details.tx_hash) for each in details],
            [_cut(each.details.sent_from) for each in details],
            [_cut(each.details.sent_to) for each in details],
            [_cut(each.details.told_id) for each in details],
            [_cut(each.note) for each in details],
        )
        self._connection.execute(_ADD_DETAILS, (tenant_id, account_id, *columns))

    def mappings(self, tenant_id: TenantId) -> tuple[SavedMapping, ...]:
        """Every mapping, by name."""
        rows = self._connection.execute(_MAPPINGS, (tenant_id,))
        return tuple(
            SavedMapping(
                mapping_id=MappingId(mapping_id),
                mapping=mapping_of({**document, "name": name, "fingerprint": fingerprint}),
                saved_at=saved_at,
            )
            for mapping_id, name, fingerprint, document, saved_at in rows
        )

    def put_mapping(self, tenant_id: TenantId, saved: SavedMapping) -> None:
        """Keep a mapping; one of the same name is replaced."""
        mapping = saved.mapping
        document = Jsonb(mapping_document(mapping))
        row = (tenant_id, saved.mapping_id, mapping.name, mapping.fingerprint, document, saved.saved_at)
        self._connection.execute(_PUT_MAPPING, row)

    def remove_mapping(self, tenant_id: TenantId, mapping_id: MappingId) -> bool:
        """Forget a mapping; whether there was one."""
        return self._connection.execute(_REMOVE_MAPPING, (tenant_id, mapping_id)).rowcount == 1

    def _one(self, query: LiteralString, parameters: tuple[UUID, UUID]) -> StoredFile | None:
        row: Sequence[Any] | None = self._connection.execute(query, parameters).fetchone()
        return None if row is None else file_of(row)


def _cut(text: str | None) -> str | None:
    return None if text is None else text.replace("\x00", "")[:_TEXT_LENGTH_MAX]
