"""Files' ports in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from nightdesk.accounts.files.ports import FileImportUnit, FilesUnit
from nightdesk.accounts.files.span import VenueSpan
from nightdesk.accounts.files.stored import (
    EntryDetails,
    FileId,
    FileJob,
    FileState,
    KeptRow,
    MappingId,
    SavedMapping,
    StoredFile,
)
from nightdesk.accounts.model import AccountRef
from nightdesk.accounts.ports import Booked
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import Fact
from nightdesk.ledger.service import append
from tests.fakes.accounts import FakeAccountsUnits
from tests.fakes.ledger import FakeLedgerStore


@dataclass(slots=True)
class FakeFileStore:
    """Files by tenant."""

    files: dict[tuple[TenantId, FileId], StoredFile] = field(default_factory=dict)
    chunks: dict[tuple[FileId, int], bytes] = field(default_factory=dict)
    kept: dict[tuple[FileId, int], KeptRow] = field(default_factory=dict)
    details: dict[str, EntryDetails] = field(default_factory=dict)
    saved: dict[tuple[TenantId, MappingId], SavedMapping] = field(default_factory=dict)

    def add(self, file: StoredFile) -> None:
        self.files[file.tenant_id, file.file_id] = file

    def put_chunk(self, tenant_id: TenantId, file_id: FileId, position: int, content: bytes) -> None:  # noqa: ARG002
        self.chunks[file_id, position] = content

    def content(self, tenant_id: TenantId, file_id: FileId) -> bytes:  # noqa: ARG002
        return b"".join(self.chunks[key] for key in sorted(self.chunks) if key[0] == file_id)

    def forget_content(self, tenant_id: TenantId, file_id: FileId) -> None:  # noqa: ARG002
        self.chunks = {key: content for key, content in self.chunks.items() if key[0] != file_id}

    def get(self, tenant_id: TenantId, file_id: FileId) -> StoredFile | None:
        return self.files.get((tenant_id, file_id))

    lock = get

    def save(self, file: StoredFile) -> None:
        self.files[file.tenant_id, file.file_id] = file

    def newest(self, tenant_id: TenantId, before: tuple[datetime, FileId] | None, limit: int) -> tuple[StoredFile, ...]:
        own = [each for (owner, _), each in self.files.items() if owner == tenant_id]
        shown = [each for each in own if each.state is not FileState.REMOVED]
        ordered = sorted(shown, key=lambda each: (each.uploaded_at, each.file_id), reverse=True)
        later = [each for each in ordered if before is None or (each.uploaded_at, each.file_id) < before]
        return tuple(later[:limit])

    def add_rows(self, tenant_id: TenantId, file_id: FileId, rows: Sequence[KeptRow]) -> None:  # noqa: ARG002
        for row in rows:
            self.kept.setdefault((file_id, row.line), row)

    def rows(
        self,
        tenant_id: TenantId,  # noqa: ARG002
        file_id: FileId,
        after: int,
        limit: int,
        *,
        rejected: bool | None = None,
    ) -> tuple[KeptRow, ...]:
        found = [row for (owner, line), row in sorted(self.kept.items()) if owner == file_id and line > after]
        return tuple(row for row in found if rejected is None or row.rejected is rejected)[:limit]

    def add_details(self, tenant_id: TenantId, account_id: AccountId, details: Sequence[EntryDetails]) -> None:  # noqa: ARG002
        self.details.update({each.identity: each for each in details})

    def mappings(self, tenant_id: TenantId) -> tuple[SavedMapping, ...]:
        return tuple(each for (owner, _), each in self.saved.items() if owner == tenant_id)

    def put_mapping(self, tenant_id: TenantId, saved: SavedMapping) -> None:
        self.saved[tenant_id, saved.mapping_id] = saved

    def remove_mapping(self, tenant_id: TenantId, mapping_id: MappingId) -> bool:
        return self.saved.pop((tenant_id, mapping_id), None) is not None


@dataclass(slots=True)
class FakeKnownEvents:
    """What a fake ledger holds."""

    ledger: FakeLedgerStore
    claims: dict[str, str] = field(default_factory=dict)

    def lock(self, tenant_id: TenantId, account_id: AccountId) -> None:
        self.ledger.lock_head(tenant_id, account_id)

    def between(self, tenant_id: TenantId, account_id: AccountId, span: tuple[datetime, datetime]) -> tuple[Fact, ...]:
        facts = self._facts(tenant_id, account_id)
        return tuple(fact for fact in facts if span[0] <= fact.occurred_at < span[1])

    def booked(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str]) -> frozenset[str]:
        return frozenset(identities) & {fact.identity for fact in self._facts(tenant_id, account_id)}

    def venue_span(self, tenant_id: TenantId, account_id: AccountId) -> VenueSpan | None:
        facts = self._facts(tenant_id, account_id)
        instants = [fact.occurred_at for fact in facts if not fact.identity.startswith("file:")]
        return VenueSpan(first_at=min(instants), last_at=max(instants)) if instants else None

    def has_files(self, tenant_id: TenantId, account_id: AccountId) -> bool:
        return any(fact.identity.startswith("file:") for fact in self._facts(tenant_id, account_id))

    def claimed(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str]) -> frozenset[str]:  # noqa: ARG002
        return frozenset(identities) & self.claims.keys()

    def unclaimed(
        self, tenant_id: TenantId, account_id: AccountId, span: tuple[datetime, datetime]
    ) -> tuple[Fact, ...]:
        taken = set(self.claims.values())
        facts = self.between(tenant_id, account_id, span)
        return tuple(fact for fact in facts if fact.identity.startswith("file:") and fact.identity not in taken)

    def claim(
        self,
        tenant_id: TenantId,  # noqa: ARG002
        account_id: AccountId,  # noqa: ARG002
        claims: Mapping[str, str],
        claimed_at: datetime,  # noqa: ARG002
    ) -> None:
        self.claims.update(claims)

    def _facts(self, tenant_id: TenantId, account_id: AccountId) -> list[Fact]:
        return [entry.fact for entry in self.ledger.chains.get((tenant_id, account_id), [])]


@dataclass(slots=True)
class FakeFileRecorder:
    """Books in a fake ledger."""

    ledger: FakeLedgerStore
    settled: int = 0

    def record(self, account: AccountRef, facts: Sequence[Fact], recorded_at: datetime) -> Booked:
        done = append(
            self.ledger,
            account.tenant_id,
            account.account_id,
            facts,
            recorded_at=recorded_at,
            correlation_id=account.correlation_id,
        )
        return Booked(len(done.entries), len(done.duplicates))

    def settle(self, account: AccountRef, now: datetime) -> None:  # noqa: ARG002
        self.settled += 1

    def assets(self, account: AccountRef) -> frozenset[AssetId]:  # noqa: ARG002
        return frozenset()

    def earliest_at(self, account: AccountRef) -> datetime | None:  # noqa: ARG002
        return None


@dataclass(slots=True)
class FakeFilesUnits:
    """Transactions on one set of files; `accounts` and `ledger` are shared with other fakes."""

    accounts: FakeAccountsUnits
    ledger: FakeLedgerStore
    files: FakeFileStore = field(default_factory=FakeFileStore)
    die_after: int | None = None
    """So many transactions commit; the next one breaks, as a killed worker's does."""

    refusal: NightdeskError | None = None
    """What the next one breaks with instead, once."""

    @property
    def known(self) -> FakeKnownEvents:
        return FakeKnownEvents(self.ledger)

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[FilesUnit]:
        with self.accounts(tenant_id) as unit:
            yield FilesUnit(self.files, unit.accounts, self.known, unit.outbox)


@dataclass(slots=True)
class FakeFileImportUnits:
    """The same for the worker."""

    shared: FakeFilesUnits

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[FileImportUnit]:
        if self.shared.die_after == 0 and self.shared.refusal:
            self.shared.die_after = None
            raise self.shared.refusal
        if self.shared.die_after == 0:
            raise KeyboardInterrupt
        if self.shared.die_after is not None:
            self.shared.die_after -= 1
        with self.shared.accounts(tenant_id) as unit:
            recorder = FakeFileRecorder(self.shared.ledger)
            yield FileImportUnit(self.shared.files, unit.accounts, self.shared.known, unit.outbox, recorder)


@dataclass(slots=True)
class FakeFileQueue:
    """Jobs in the order in which they were sent."""

    jobs: list[FileJob] = field(default_factory=list)

    def send(self, job: FileJob, delay_s: int = 0) -> None:  # noqa: ARG002
        self.jobs.append(job)
