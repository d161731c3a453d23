"""Files in shape."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from nightdesk.accounts.files.mapping import ColumnMapping
from nightdesk.accounts.files.model import ColumnRole, FileFact
from nightdesk.accounts.files.parsing import kept_rows
from nightdesk.accounts.files.previewing import Preview, ZoneAnswer
from nightdesk.accounts.files.service import CHUNK_BYTES_MAX
from nightdesk.accounts.files.span import VenueSpan
from nightdesk.accounts.files.stored import FileId, KeptRow, SavedMapping, StoredFile
from nightdesk.contracts.api.common import AmountShape
from nightdesk.contracts.api.files import (
    CountsShape,
    FileEventShape,
    FilePage,
    FileShape,
    FileStateText,
    KeptRowPage,
    KeptRowShape,
    Kind,
    MappingShape,
    MeetingShape,
    OverlapShape,
    PreviewShape,
    ReasonShape,
    SavedMappingShape,
    SpanShape,
    ZoneCandidateShape,
    ZoneShape,
)
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import format_amount
from nightdesk.ledger.model import EntryKind


def file_shape(file: StoredFile) -> FileShape:
    """A file and how far its import is."""
    return FileShape(
        file_id=file.file_id,
        account_id=file.account_id,
        name=file.name,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        chunk_bytes=CHUNK_BYTES_MAX,
        state=cast("FileStateText", file.state.value),
        format=file.format_name,
        zone=file.zone,
        zone_proof=file.zone_proof.value if file.zone_proof else None,
        precedence=file.precedence.value if file.precedence else None,
        rows_total=file.rows_total,
        rows_imported=file.rows_imported,
        rows_duplicate=file.rows_duplicate,
        rows_skipped=file.rows_skipped,
        rows_rejected=file.rows_rejected,
        entries=file.entries,
        events_done=file.position,
        events_total=file.events_total,
        error_code=file.error_code,
        error_message=file.error_message,
        uploaded_at=format_instant(file.uploaded_at),
        finished_at=format_instant(file.finished_at) if file.finished_at else None,
    )


def file_page(files: Sequence[StoredFile], limit: int) -> FilePage:
    """So many of the files; one more tells that there is another page."""
    shown = files[:limit]
    more = len(files) > limit
    cursor = _encode([format_instant(shown[-1].uploaded_at), str(shown[-1].file_id)]) if more else None
    return FilePage(items=[file_shape(each) for each in shown], next_cursor=cursor)


def decode_place(cursor: str | None) -> tuple[datetime, FileId] | None:
    """The place that a cursor of files means.

    Raises:
        InvalidInput: `files.cursor_malformed`.
    """
    if cursor is None:
        return None
    try:
        at, file_id = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return parse_instant(at), FileId(UUID(file_id))
    except (ValueError, TypeError, AttributeError, RecursionError, InvalidInput):
        raise InvalidInput("files.cursor_malformed", "The cursor is not one of ours.") from None


def _encode(content: list[str]) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def row_page(rows: Sequence[KeptRow], limit: int) -> KeptRowPage:
    """So many of the rows; the cursor is the last one's line."""
    shown = rows[:limit]
    return KeptRowPage(
        items=[row_shape(each) for each in shown], next_cursor=str(shown[-1].line) if len(rows) > limit else None
    )


def row_shape(row: KeptRow) -> KeptRowShape:
    """A row that became no entry."""
    return KeptRowShape(
        line=row.line, reason=row.reason, rejected=row.rejected, detail=row.detail, cells=list(row.cells)
    )


def mapping_shape(mapping: ColumnMapping) -> MappingShape:
    """A mapping."""
    return MappingShape(
        name=mapping.name,
        fingerprint=mapping.fingerprint,
        header=list(mapping.header),
        columns={role.value: place for role, place in mapping.columns.items()},
        zone=mapping.zone,
        date_pattern=mapping.date_pattern,
        types={word: cast("Kind", kind.value) for word, kind in mapping.types.items()},
    )


def mapping_of(shape: MappingShape) -> ColumnMapping:
    """The mapping that a caller sent."""
    return ColumnMapping(
        name=shape.name,
        fingerprint=shape.fingerprint,
        header=tuple(shape.header),
        columns={ColumnRole(role): place for role, place in shape.columns.items()},
        zone=shape.zone,
        date_pattern=shape.date_pattern,
        types={" ".join(word.split()).lower(): EntryKind(kind) for word, kind in shape.types.items()},
    )


def saved_shape(saved: SavedMapping) -> SavedMappingShape:
    """A saved mapping."""
    return SavedMappingShape(
        mapping_id=saved.mapping_id,
        saved_at=format_instant(saved.saved_at),
        mapping=mapping_shape(saved.mapping),
    )


def _span(span: VenueSpan) -> SpanShape:
    since = None if span.trades_since is None else format_instant(span.trades_since)
    return SpanShape(first_at=format_instant(span.first_at), last_at=format_instant(span.last_at), trades_since=since)


def preview_shape(preview: Preview) -> PreviewShape:
    """A file as it would be imported."""
    span, counts = preview.venue_span, preview.counts
    return PreviewShape(
        file=file_shape(preview.file),
        header=list(preview.header),
        rows=[list(row) for row in preview.rows],
        fingerprint=preview.fingerprint,
        format=preview.format_name,
        format_title=preview.format_title,
        mapping=mapping_shape(preview.mapping.mapping) if preview.mapping else None,
        zone=_zone(preview.zone),
        counts=CountsShape(**_members(counts)) if counts else None,
        events=[_event(each) for each in preview.facts],
        left_out=[row_shape(row) for row in kept_rows(preview.left_out)],
        reasons=[ReasonShape(reason=reason, rows=rows) for reason, rows in preview.reasons],
        overlap=[OverlapShape(**_members(each)) for each in preview.overlap],
        venue_span=None if span is None else _span(span),
    )


def _members(each: Any) -> dict[str, Any]:
    return {name: getattr(each, name) for name in each.__slots__}


def _event(each: FileFact) -> FileEventShape:
    fact = each.fact
    return FileEventShape(
        line=each.line,
        rows=len(each.rows),
        kind=fact.kind.value,
        occurred_at=format_instant(fact.occurred_at),
        legs=[AmountShape(amount=format_amount(leg.amount), asset=leg.asset) for leg in fact.legs],
    )


def _zone(answer: ZoneAnswer) -> ZoneShape:
    finding = answer.finding
    proof: Literal["contract", "proven", "given"] | None = answer.proof.value if answer.proof else None
    return ZoneShape(
        zone=answer.zone,
        proof=proof,
        proven=finding.zone,
        matches=finding.matches,
        comparable=finding.comparable,
        contradicted=answer.contradicted,
        candidates=[ZoneCandidateShape(zone=zone, matches=matches) for zone, matches in finding.candidates],
        examples=[
            MeetingShape(
                line=each.line, wall=each.wall.isoformat(), at=format_instant(each.instant), source=each.source
            )
            for each in finding.examples
        ],
    )
