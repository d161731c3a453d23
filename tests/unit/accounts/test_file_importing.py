"""The worker of files: taken over, failed, left to the sweeper; and claims of a venue's later telling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from nightdesk.accounts.files.claims import unclaimed_facts
from nightdesk.accounts.files.facts import digest
from nightdesk.accounts.files.importing import SILENT_AFTER, FileImportService, FileSweeper
from nightdesk.accounts.files.stored import FileId, FileJob, FileState, Precedence, StoredFile, job_of
from nightdesk.accounts.model import Account, AccountState
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Broken, NightdeskError, Unavailable
from nightdesk.kernel.ids import CorrelationId
from nightdesk.ledger.model import Fact
from nightdesk.ledger.service import append
from tests.builders.ledger import ACCOUNT, CORRELATION, RECORDED, TENANT, at, trade
from tests.fakes.accounts import FakeAccountsUnits
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.files import FakeFileImportUnits, FakeFileQueue, FakeFilesUnits, FakeKnownEvents
from tests.fakes.ledger import FakeLedgerStore

CONTENT = b"Koinly Date,Amount,Currency\n2024-01-01 00:00:00 UTC,1,BTC\n2024-01-01 00:00:01 UTC,2,BTC\n"
FILE = StoredFile(
    tenant_id=TENANT,
    file_id=FileId(UUID(int=7)),
    account_id=ACCOUNT,
    name="koinly.csv",
    size_bytes=len(CONTENT),
    sha256=digest(CONTENT),
    state=FileState.QUEUED,
    format_name="koinly.simple",
    zone="UTC",
    precedence=Precedence.COUNT,
    correlation_id=CorrelationId("correlation-1"),
    uploaded_at=NOON,
)


@dataclass(slots=True)
class Bench:
    """One file that waits for a worker."""

    shared: FakeFilesUnits
    queue: FakeFileQueue
    clock: FakeClock

    def run(self, remaining_s: float = 100.0) -> None:
        units = FakeFileImportUnits(self.shared)
        FileImportService(units=units, queue=self.queue, clock=self.clock).run(job_of(FILE), lambda: remaining_s)

    @property
    def file(self) -> StoredFile:
        return self.shared.files.files[TENANT, FILE.file_id]

    @property
    def entries(self) -> int:
        return len(self.shared.ledger.chains.get((TENANT, ACCOUNT), []))


@pytest.fixture
def bench() -> Bench:
    accounts = FakeAccountsUnits()
    account = Account(
        tenant_id=TENANT,
        account_id=ACCOUNT,
        venue=VenueId("koinly"),
        label="Old",
        state=AccountState.MANUAL,
        created_at=NOON,
    )
    accounts.accounts.add(account, b"1")
    shared = FakeFilesUnits(accounts, FakeLedgerStore())
    shared.files.add(FILE)
    shared.files.put_chunk(TENANT, FILE.file_id, 0, CONTENT)
    return Bench(shared, FakeFileQueue(), FakeClock())


def test_a_file_is_imported_once_however_often_its_job_comes(bench: Bench) -> None:
    bench.run()
    bench.run()
    assert (bench.file.state, bench.file.attempts, bench.entries) == (FileState.DONE, 1, 2)


def test_a_worker_whose_file_was_taken_over_stops(bench: Bench) -> None:
    calls: list[float] = []

    def remaining() -> float:
        if not calls:
            bench.shared.files.save(replace(bench.file, attempts=9))
        calls.append(1.0)
        return 100.0

    units = FakeFileImportUnits(bench.shared)
    FileImportService(units=units, queue=bench.queue, clock=bench.clock).run(job_of(FILE), remaining)
    assert (bench.file.state, bench.file.attempts, bench.entries) == (FileState.RUNNING, 9, 0)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Broken("ledger.head_lost", "The head is lost."), FileState.FAILED),
        (Unavailable("database.unavailable", "The database does not answer."), FileState.RUNNING),
    ],
)
def test_what_can_pass_is_delivered_again_and_what_cannot_ends_the_import(
    bench: Bench, error: NightdeskError, state: FileState
) -> None:
    bench.shared.die_after, bench.shared.refusal = 1, error
    if state is FileState.RUNNING:
        with pytest.raises(Unavailable):
            bench.run()
    else:
        bench.run()
        assert bench.file.error_code == "ledger.head_lost"
    assert (bench.file.state, bench.entries) == (state, 0)


def test_an_unavailable_queue_leaves_the_rest_to_the_sweeper(bench: Bench) -> None:
    class Deaf(FakeFileQueue):
        def send(self, job: FileJob, delay_s: int = 0) -> None:  # noqa: ARG002
            raise Unavailable("queue.unavailable", "The queue does not answer.")

    bench.queue = Deaf()
    bench.run(remaining_s=1.0)
    assert bench.file.state is FileState.RUNNING


def test_the_sweeper_sends_silent_files_again() -> None:
    class Silent:
        def silent(self, silent_since: datetime, limit: int) -> tuple[FileJob, ...]:
            assert (silent_since, limit) == (NOON - SILENT_AFTER, 100)
            return (job_of(FILE),)

    queue = FakeFileQueue()
    assert FileSweeper(Silent(), queue, FakeClock()).sweep() == 1
    assert queue.jobs == [job_of(FILE)]


def told_by_file(fact: Fact, line: int) -> Fact:
    return replace(fact, identity=f"file:{'0' * 32}:{line}", source="file.koinly.simple")


def book(ledger: FakeLedgerStore, facts: Sequence[Fact]) -> None:
    append(ledger, TENANT, ACCOUNT, facts, recorded_at=RECORDED, correlation_id=CORRELATION)


def test_a_venue_claims_as_many_equal_entries_as_a_file_told() -> None:
    ledger = FakeLedgerStore()
    fills = [trade(number, "1", "-100", second=0.1) for number in range(5)]
    book(ledger, [told_by_file(fill, line) for line, fill in enumerate(fills[:3], 2)])
    store = FakeKnownEvents(ledger)
    fresh = unclaimed_facts(store, TENANT, ACCOUNT, fills, at(0))
    assert fresh == fills[3:]
    assert sorted(store.claims) == sorted(fill.identity for fill in fills[:3])
    assert unclaimed_facts(store, TENANT, ACCOUNT, fills[:3], at(0)) == []


def test_what_is_booked_already_claims_nothing() -> None:
    ledger = FakeLedgerStore()
    fill = trade(1, "1", "-100")
    book(ledger, [fill, told_by_file(replace(fill, occurred_at=fill.occurred_at + timedelta(milliseconds=5)), 2)])
    store = FakeKnownEvents(ledger)
    assert unclaimed_facts(store, TENANT, ACCOUNT, [fill], at(0)) == [fill]
    assert store.claims == {}


def test_without_files_nothing_is_looked_up() -> None:
    fill = trade(1, "1", "-100")
    assert unclaimed_facts(FakeKnownEvents(FakeLedgerStore()), TENANT, ACCOUNT, [fill], at(0)) == [fill]
