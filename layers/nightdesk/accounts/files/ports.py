"""What files need from outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nightdesk.accounts.files.span import VenueSpan
from nightdesk.accounts.files.stored import EntryDetails, FileId, FileJob, KeptRow, MappingId, SavedMapping, StoredFile
from nightdesk.accounts.ports import AccountStore, FactRecorder, Outbox
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import Fact


class FileStore(Protocol):
    """Files, their rows and mappings, within one transaction of one tenant."""

    def add(self, file: StoredFile) -> None:
        """Keep a new file, of which nothing has arrived."""
        ...

    def put_chunk(self, tenant_id: TenantId, file_id: FileId, position: int, content: bytes) -> None:
        """Keep a piece of the file; the same piece again replaces it."""
        ...

    def content(self, tenant_id: TenantId, file_id: FileId) -> bytes:
        """What has arrived, in order."""
        ...

    def forget_content(self, tenant_id: TenantId, file_id: FileId) -> None:
        """Remove what has arrived."""
        ...

    def get(self, tenant_id: TenantId, file_id: FileId) -> StoredFile | None:
        """The file."""
        ...

    def lock(self, tenant_id: TenantId, file_id: FileId) -> StoredFile | None:
        """The file, its row locked until the transaction ends."""
        ...

    def save(self, file: StoredFile) -> None:
        """Keep what changed of a locked file."""
        ...

    def newest(self, tenant_id: TenantId, before: tuple[datetime, FileId] | None, limit: int) -> tuple[StoredFile, ...]:
        """At most so many files, newest first, all uploaded before the place; removed ones are left out."""
        ...

    def add_rows(self, tenant_id: TenantId, file_id: FileId, rows: Sequence[KeptRow]) -> None:
        """Keep rows that became no entry; a line kept before stays."""
        ...

    def rows(
        self, tenant_id: TenantId, file_id: FileId, after: int, limit: int, *, rejected: bool | None = None
    ) -> tuple[KeptRow, ...]:
        """At most so many kept rows behind the line, in the order of lines."""
        ...

    def add_details(self, tenant_id: TenantId, account_id: AccountId, details: Sequence[EntryDetails]) -> None:
        """Keep what a file says of entries beside their amounts."""
        ...

    def mappings(self, tenant_id: TenantId) -> tuple[SavedMapping, ...]:
        """Every mapping, by name."""
        ...

    def put_mapping(self, tenant_id: TenantId, saved: SavedMapping) -> None:
        """Keep a mapping; one of the same name is replaced."""
        ...

    def remove_mapping(self, tenant_id: TenantId, mapping_id: MappingId) -> bool:
        """Forget a mapping; whether there was one."""
        ...


class KnownEvents(Protocol):
    """What an account's ledger holds, for comparing files with it."""

    def lock(self, tenant_id: TenantId, account_id: AccountId) -> None:
        """Let nobody else append to the account's ledger until the transaction ends."""
        ...

    def between(self, tenant_id: TenantId, account_id: AccountId, span: tuple[datetime, datetime]) -> tuple[Fact, ...]:
        """Events within the span (its end exclusive), without those that were taken back."""
        ...

    def booked(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str]) -> frozenset[str]:
        """Those of the identities that the account's ledger holds."""
        ...

    def venue_span(self, tenant_id: TenantId, account_id: AccountId) -> VenueSpan | None:
        """From when until when the venue itself told; None if it told nothing."""
        ...


class ClaimStore(Protocol):
    """Entries of files that a venue tells of later."""

    def has_files(self, tenant_id: TenantId, account_id: AccountId) -> bool:
        """Whether the account's ledger holds an event of a file."""
        ...

    def booked(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str]) -> frozenset[str]:
        """Those of the identities that the account's ledger holds itself."""
        ...

    def claimed(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str]) -> frozenset[str]:
        """Those of the venue's identities that stand for an entry of a file."""
        ...

    def unclaimed(
        self, tenant_id: TenantId, account_id: AccountId, span: tuple[datetime, datetime]
    ) -> tuple[Fact, ...]:
        """Events of files within the span that no identity of the venue stands for."""
        ...

    def claim(
        self, tenant_id: TenantId, account_id: AccountId, claims: Mapping[str, str], claimed_at: datetime
    ) -> None:
        """Keep which identity of the venue stands for which entry of a file."""
        ...


@dataclass(frozen=True, slots=True)
class FilesUnit:
    """Stores that share one transaction."""

    files: FileStore
    accounts: AccountStore
    known: KnownEvents
    outbox: Outbox


@dataclass(frozen=True, slots=True)
class FileImportUnit:
    """Stores and the ledger's recorder, sharing one transaction."""

    files: FileStore
    accounts: AccountStore
    known: KnownEvents
    outbox: Outbox
    facts: FactRecorder


class FilesUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[FilesUnit]:
        """A transaction."""
        ...


class FileImportUnits(Protocol):
    """Opens transactions of a tenant that can book."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[FileImportUnit]:
        """A transaction."""
        ...


class FileQueue(Protocol):
    """Where files wait for a worker."""

    def send(self, job: FileJob, delay_s: int = 0) -> None:
        """Hand the job to a worker after the delay.

        Raises:
            Unavailable: `queue.unavailable`.
        """
        ...


class SilentFiles(Protocol):
    """Files of every tenant that wait."""

    def silent(self, silent_since: datetime, limit: int) -> tuple[FileJob, ...]:
        """Open ones without a sign of life since then, the oldest first."""
        ...
