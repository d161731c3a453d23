"""Files and mappings as rows and documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from psycopg.types.json import Jsonb

from nightdesk.accounts.files.mapping import ColumnMapping
from nightdesk.accounts.files.model import ColumnRole
from nightdesk.accounts.files.stored import FileId, FileState, Precedence, StoredFile, ZoneProof
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.ledger.model import EntryKind

CHANGING: LiteralString = """state, format, mapping, zone, zone_proof, precedence, rows_total, rows_imported,
    rows_duplicate, rows_skipped, rows_rejected, entries, position, events_total, error_code, error_message, attempts,
    queued_at, started_at, heartbeat_at, finished_at"""
COLUMNS: LiteralString = (
    f"tenant_id, file_id, account_id, name, size_bytes, sha256, correlation_id, uploaded_at, {CHANGING}"
)
_FIXED = 8


def new_values(file: StoredFile) -> tuple[object, ...]:
    """What a new file's row holds."""
    return (
        file.tenant_id,
        file.file_id,
        file.account_id,
        file.name,
        file.size_bytes,
        file.sha256,
        file.state.value,
        file.correlation_id,
        file.uploaded_at,
    )


def changing_values(file: StoredFile) -> tuple[object, ...]:
    """The values of `CHANGING`."""
    return (
        file.state.value,
        file.format_name,
        Jsonb(mapping_document(file.mapping)) if file.mapping else None,
        file.zone,
        file.zone_proof.value if file.zone_proof else None,
        file.precedence.value if file.precedence else None,
        file.rows_total,
        file.rows_imported,
        file.rows_duplicate,
        file.rows_skipped,
        file.rows_rejected,
        file.entries,
        file.position,
        file.events_total,
        file.error_code,
        file.error_message,
        file.attempts,
        file.queued_at,
        file.started_at,
        file.heartbeat_at,
        file.finished_at,
    )


def file_of(row: Sequence[Any]) -> StoredFile:
    """The file that a row of `COLUMNS` is."""
    tenant, file_id, account, name, size_bytes, sha256, correlation, uploaded_at = row[:_FIXED]
    state, form, mapping, zone, zone_proof, precedence, *rest = row[_FIXED:]
    return StoredFile(
        tenant_id=TenantId(tenant),
        file_id=FileId(file_id),
        account_id=AccountId(account),
        name=name,
        size_bytes=size_bytes,
        sha256=sha256,
        correlation_id=CorrelationId(correlation),
        uploaded_at=uploaded_at,
        state=FileState(state),
        format_name=form,
        mapping=mapping_of(mapping) if mapping else None,
        zone=zone,
        zone_proof=ZoneProof(zone_proof) if zone_proof else None,
        precedence=Precedence(precedence) if precedence else None,
        **dict(zip(_COUNTED, rest, strict=True)),
    )


_COUNTED = (
    *("rows_total", "rows_imported", "rows_duplicate", "rows_skipped", "rows_rejected", "entries", "position"),
    *("events_total", "error_code", "error_message", "attempts"),
    *("queued_at", "started_at", "heartbeat_at", "finished_at"),
)


def mapping_document(mapping: ColumnMapping) -> dict[str, object]:
    """A mapping as JSON."""
    return {
        "name": mapping.name,
        "fingerprint": mapping.fingerprint,
        "header": list(mapping.header),
        "columns": {role.value: place for role, place in mapping.columns.items()},
        "zone": mapping.zone,
        "date_pattern": mapping.date_pattern,
        "types": {word: kind.value for word, kind in mapping.types.items()},
    }


def mapping_of(document: Mapping[str, Any]) -> ColumnMapping:
    """The mapping that the document is."""
    return ColumnMapping(
        name=document["name"],
        fingerprint=document["fingerprint"],
        header=tuple(document["header"]),
        columns={ColumnRole(role): place for role, place in document["columns"].items()},
        zone=document["zone"],
        date_pattern=document["date_pattern"],
        types={word: EntryKind(kind) for word, kind in document["types"].items()},
    )
