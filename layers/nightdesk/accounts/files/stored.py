"""Files as they are kept, and the import of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from nightdesk.accounts.files.mapping import ColumnMapping
from nightdesk.accounts.files.model import Cells, TransferDetails
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId

FileId = NewType("FileId", UUID)
MappingId = NewType("MappingId", UUID)


class FileState(StrEnum):
    """Where a file stands."""

    UPLOADING = "uploading"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REMOVED = "removed"

    @property
    def is_open(self) -> bool:
        """Whether a worker still has work with it."""
        return self in {FileState.QUEUED, FileState.RUNNING}


class ZoneProof(StrEnum):
    """How a file's zone became known."""

    CONTRACT = "contract"
    PROVEN = "proven"
    GIVEN = "given"


class Precedence(StrEnum):
    """What of a file counts where the venue's own history tells of the same time."""

    COUNT = "count"
    """Every event beyond as many equal ones as are known."""

    VENUE = "venue"
    """Nothing: the venue's own history is complete there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file and how far its import is.

    Attributes:
        rows_duplicate: Rows of events that are known from elsewhere.
        entries: How many events were booked: some take several rows.
        position: How many of its events are done, in the order of their times.
        attempts: How often a worker took it; only the last to take it may write.
    """

    tenant_id: TenantId
    file_id: FileId
    account_id: AccountId
    name: str
    size_bytes: int
    sha256: str
    state: FileState
    format_name: str | None = None
    mapping: ColumnMapping | None = None
    zone: str | None = None
    zone_proof: ZoneProof | None = None
    precedence: Precedence | None = None
    rows_total: int = 0
    rows_imported: int = 0
    rows_duplicate: int = 0
    rows_skipped: int = 0
    rows_rejected: int = 0
    entries: int = 0
    position: int = 0
    events_total: int = 0
    error_code: str | None = None
    error_message: str | None = None
    attempts: int = 0
    correlation_id: CorrelationId
    uploaded_at: datetime
    queued_at: datetime | None = None
    started_at: datetime | None = None
    heartbeat_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileJob:
    """The message that makes a worker take a file."""

    tenant_id: TenantId
    account_id: AccountId
    file_id: FileId
    correlation_id: CorrelationId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRow:
    """A row that became no entry."""

    line: int
    reason: str
    rejected: bool
    detail: str
    cells: Cells


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMapping:
    """A mapping by its id."""

    mapping_id: MappingId
    mapping: ColumnMapping
    saved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDetails:
    """What a file says of an entry beside its amounts."""

    identity: str
    details: TransferDetails
    note: str | None


def job_of(file: StoredFile) -> FileJob:
    """The message that makes a worker take the file."""
    return FileJob(
        tenant_id=file.tenant_id,
        account_id=file.account_id,
        file_id=file.file_id,
        correlation_id=file.correlation_id,
    )
