from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from nightdesk.accounts.importing import ImportService
from nightdesk.accounts.model import (
    Account,
    AccountRef,
    AccountState,
    Cursor,
    HistoryPage,
    ImportJob,
    ImportProgress,
    ImportState,
    KnownHistory,
    Skip,
    StreamStart,
)
from nightdesk.accounts.ports import Booked, ImportUnit
from nightdesk.alerts.model import Severity
from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.kernel.errors import Conflict, InvalidInput, NightdeskError, RateLimited, Unavailable
from nightdesk.kernel.ids import AccountId, CorrelationId, ImportId, TenantId
from nightdesk.ledger.model import Fact
from tests.builders.ledger import trade
from tests.fakes.accounts import (
    FakeAccountStore,
    FakeAlertRaiser,
    FakeImportStore,
    FakeOutbox,
    FakeVenueGateway,
)
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.queues import SeenProgress, WaitingImports

TENANT, ACCOUNT, IMPORT = TenantId(UUID(int=1)), AccountId(UUID(int=2)), ImportId(UUID(int=3))
CORRELATION = CorrelationId("correlation-1")
JOB = ImportJob(tenant_id=TENANT, account_id=ACCOUNT, import_id=IMPORT, correlation_id=CORRELATION)


@dataclass(slots=True)
class FakeRecorder:
    """A ledger that takes each identity once."""

    facts: dict[str, Fact] = field(default_factory=dict)
    settled: int = 0

    def record(self, account: AccountRef, facts: Sequence[Fact], recorded_at: datetime) -> Booked:  # noqa: ARG002
        fresh = {fact.identity: fact for fact in facts if fact.identity not in self.facts}
        self.facts |= fresh
        return Booked(len(fresh), len(facts) - len(fresh))

    def settle(self, account: AccountRef, now: datetime) -> None:  # noqa: ARG002
        self.settled += 1

    def assets(self, account: AccountRef) -> frozenset[AssetId]:  # noqa: ARG002
        return frozenset(leg.asset for fact in self.facts.values() for leg in fact.legs)

    def earliest_at(self, account: AccountRef) -> datetime | None:  # noqa: ARG002
        return min((fact.occurred_at for fact in self.facts.values()), default=None)


@dataclass(slots=True)
class ScriptedGateway(FakeVenueGateway):
    """Streams of prepared pages; the cursor is the page's number. Errors strike once, before a page."""

    pages: dict[str, list[tuple[list[Fact], list[Skip]]]] = field(default_factory=dict)
    later: dict[AssetId, str] = field(default_factory=dict)
    errors: list[NightdeskError] = field(default_factory=list)
    asked: list[tuple[str, Cursor]] = field(default_factory=list)

    def streams(self, account: AccountRef, known: KnownHistory) -> tuple[StreamStart, ...]:  # noqa: ARG002
        hidden = {stream for asset, stream in self.later.items() if asset not in known.assets}
        return tuple(StreamStart(stream=stream) for stream in self.pages if stream not in hidden)

    def history_page(self, account: AccountRef, stream: str, cursor: Cursor) -> HistoryPage:  # noqa: ARG002
        self.asked.append((stream, cursor))
        if self.errors:
            raise self.errors.pop(0)
        pages, number = self.pages[stream], int(cursor.get("page") or 0)
        facts, skips = pages[number] if number < len(pages) else ([], [])
        finished = number >= len(pages) - 1
        return HistoryPage(
            facts=tuple(facts),
            skips=tuple(skips),
            cursor={"page": min(number + 1, len(pages))},
            finished=finished,
            done_ratio=min((number + 1) / max(len(pages), 1), 1.0),
        )


class Desk:
    def __init__(self) -> None:
        self.clock, self.queue, self.channel = FakeClock(), WaitingImports(), SeenProgress()
        self.gateway, self.recorder = ScriptedGateway(), FakeRecorder()
        self.alerts = FakeAlertRaiser()
        self.unit = ImportUnit(FakeAccountStore(), FakeImportStore(), FakeOutbox(), self.recorder, self.alerts)
        self.unit.accounts.add(
            Account(
                tenant_id=TENANT,
                account_id=ACCOUNT,
                venue=VenueId("binance"),
                label="Main",
                state=AccountState.ACTIVE,
                created_at=NOON,
            ),
            b"fingerprint",
        )
        self.queue_import(IMPORT)

    def queue_import(self, import_id: ImportId) -> ImportJob:
        self.unit.imports.add(
            ImportProgress(
                tenant_id=TENANT,
                import_id=import_id,
                account_id=ACCOUNT,
                state=ImportState.QUEUED,
                correlation_id=CORRELATION,
                queued_at=self.clock.now(),
            )
        )
        return replace(JOB, import_id=import_id)

    @contextmanager
    def units(self, tenant_id: TenantId) -> Iterator[ImportUnit]:
        assert tenant_id == TENANT
        yield self.unit

    def run(self, job: ImportJob = JOB, remaining_s: float = 100) -> ImportProgress:
        service = ImportService(
            units=self.units, gateway=self.gateway, queue=self.queue, channel=self.channel, clock=self.clock
        )
        service.run(job, lambda: remaining_s)
        return self.progress(job.import_id)

    def progress(self, import_id: ImportId = IMPORT) -> ImportProgress:
        found = self.unit.imports.lock(TENANT, import_id)
        assert found is not None
        return found

    @property
    def account(self) -> Account:
        found = self.unit.accounts.get(TENANT, ACCOUNT)
        assert found is not None
        return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


def facts(first: int, count: int) -> list[Fact]:
    return [trade(number, "1", "-10") for number in range(first, first + count)]


def skip(number: int) -> Skip:
    return Skip(identity=f"trade:?:{number}", reason="import.instrument_unknown", payload={"id": number})


def test_every_page_of_every_stream(desk: Desk) -> None:
    desk.gateway.pages = {
        "deposits": [],
        "trades:A": [(facts(1, 3), []), (facts(4, 2), [])],
        "trades:B": [(facts(9, 1), [])],
    }
    progress = desk.run()
    assert progress.state is ImportState.DONE
    assert (progress.rows_recorded, progress.rows_duplicate, progress.rows_skipped) == (6, 0, 0)
    assert (progress.streams_done, progress.streams_total, progress.progress_ratio) == (3, 3, 1.0)
    assert len(desk.recorder.facts) == 6
    assert desk.recorder.settled == 1


def test_rows_that_cannot_be_booked_are_kept_aside(desk: Desk) -> None:
    desk.gateway.pages = {"trades:A": [(facts(1, 1), [skip(1), skip(2)])]}
    assert desk.run().rows_skipped == 2
    assert desk.unit.imports.add_skips(TENANT, ACCOUNT, [skip(1)], NOON) == 0


def test_streams_that_the_import_itself_brings_to_light(desk: Desk) -> None:
    desk.gateway.pages = {"deposits": [(facts(1, 1), [])], "trades:B": [(facts(2, 1), [])]}
    desk.gateway.later = {leg.asset: "trades:B" for fact in facts(1, 1) for leg in fact.legs}
    progress = desk.run()
    assert (progress.rows_recorded, progress.streams_total) == (2, 2)


def test_message_after_the_end_changes_nothing(desk: Desk) -> None:
    desk.gateway.pages = {"trades:A": [(facts(1, 3), [])]}
    before = desk.run()
    assert desk.run() == before


def test_second_import_begins_where_the_first_ended(desk: Desk) -> None:
    desk.gateway.pages = {"trades:A": [(facts(1, 3), [])]}
    desk.run()
    desk.gateway.asked.clear()
    desk.gateway.pages["trades:A"].append((facts(4, 2), []))
    progress = desk.run(desk.queue_import(ImportId(UUID(int=4))))
    assert (progress.rows_recorded, progress.rows_duplicate) == (2, 0)
    assert desk.gateway.asked == [("trades:A", {"page": 1})]


def test_worker_stops_before_its_end_and_hands_on(desk: Desk) -> None:
    desk.gateway.pages = {"trades:A": [(facts(1, 1), [])]}
    progress = desk.run(remaining_s=5)
    assert progress.state is ImportState.RUNNING
    assert list(desk.queue.waiting) == [(JOB, 0)]
    assert desk.run().state is ImportState.DONE


@pytest.mark.parametrize(
    ("error", "delay_s"),
    [
        (RateLimited("venue.rate_limited", "Slow down.", retry_after_s=30.2), 31),
        (RateLimited("venue.banned", "Go away.", retry_after_s=86_400), 900),
        (Unavailable("venue.unavailable", "Down."), 15),
        (Unavailable("gateway.unavailable", "Down."), 15),
    ],
)
def test_venue_that_wants_to_be_left_alone(desk: Desk, error: NightdeskError, delay_s: int) -> None:
    desk.gateway.pages = {"trades:A": [(facts(1, 1), [])]}
    desk.gateway.errors = [error]
    progress = desk.run()
    assert (progress.state, progress.error_code) == (ImportState.RUNNING, error.code)
    assert list(desk.queue.waiting) == [(JOB, delay_s)]
    assert progress.heartbeat_at is not None
    assert progress.heartbeat_at >= NOON + timedelta(seconds=delay_s - 1)
    after = desk.run()
    assert (after.state, after.error_code, after.rows_recorded) == (ImportState.DONE, None, 1)


def test_key_that_holds_no_more(desk: Desk) -> None:
    desk.gateway.pages = {"trades:A": [(facts(1, 1), [])]}
    desk.gateway.errors = [InvalidInput("accounts.key_wrong", "No.")]
    progress = desk.run()
    assert (progress.state, progress.error_code) == (ImportState.FAILED, "accounts.key_wrong")
    assert (desk.account.state, desk.account.state_code) == (AccountState.FAILING, "accounts.key_wrong")
    assert not desk.queue.waiting


def test_refused_request_fails_the_import_but_not_the_account(desk: Desk) -> None:
    desk.gateway.pages = {"trades:A": [(facts(1, 1), [])]}
    desk.gateway.errors = [Conflict("venue.request_refused", "No.")]
    assert desk.run().state is ImportState.FAILED
    assert desk.account.state is AccountState.ACTIVE


def test_account_recovers_with_a_whole_import(desk: Desk) -> None:
    desk.unit.accounts.set_state(TENANT, ACCOUNT, AccountState.FAILING, "accounts.key_wrong")
    desk.gateway.pages = {"trades:A": []}
    desk.run()
    assert desk.account.state is AccountState.ACTIVE


def test_worker_that_was_overtaken_writes_nothing(desk: Desk) -> None:
    class Overtaken(ScriptedGateway):
        def history_page(self, account: AccountRef, stream: str, cursor: Cursor) -> HistoryPage:
            page = ScriptedGateway.history_page(self, account, stream, cursor)
            present = desk.progress()
            desk.unit.imports.save(replace(present, attempts=present.attempts + 1))
            return page

    desk.gateway = Overtaken(pages={"trades:A": [(facts(1, 3), [])]})
    progress = desk.run()
    assert (progress.rows_recorded, progress.state) == (0, ImportState.RUNNING)
    assert desk.recorder.facts == {}


def test_disconnected_meanwhile(desk: Desk) -> None:
    class Closing(ScriptedGateway):
        def history_page(self, account: AccountRef, stream: str, cursor: Cursor) -> HistoryPage:
            desk.unit.imports.save(replace(desk.progress(), state=ImportState.FAILED))
            return ScriptedGateway.history_page(self, account, stream, cursor)

    desk.gateway = Closing(pages={"trades:A": [(facts(1, 3), [])]})
    assert desk.run().state is ImportState.FAILED
    assert desk.recorder.facts == {}


def test_progress_is_told_and_never_falls(desk: Desk) -> None:
    desk.gateway.pages = {"trades:A": [(facts(1, 1), []), (facts(2, 1), [])], "trades:B": [(facts(3, 1), [])]}
    desk.run()
    ratios = [progress.progress_ratio for progress, _ in desk.channel.seen]
    assert ratios == sorted(ratios)
    assert ratios[-1] == 1.0
    assert desk.channel.seen[-1][1] == 0.0


def test_nobody_listening_stops_nothing(desk: Desk) -> None:
    class Mute(SeenProgress):
        def publish(self, progress: ImportProgress, eta_s: float | None) -> None:
            raise Unavailable("cache.unavailable", f"{progress.state} {eta_s}")

    desk.channel = Mute()
    desk.gateway.pages = {"trades:A": [(facts(1, 1), [])]}
    assert desk.run().state is ImportState.DONE


def test_events_of_a_whole_import(desk: Desk) -> None:
    desk.gateway.pages = {"trades:A": [(facts(1, 2), [])]}
    desk.run()
    outbox = desk.unit.outbox
    assert isinstance(outbox, FakeOutbox)
    assert [event.name for _, event in outbox.events] == ["ledger.recorded.v1", "import.progressed.v1"]
    assert outbox.events[0][1].payload["entries"] == 2


def test_eta_follows_the_rate_so_far() -> None:
    running = ImportProgress(
        tenant_id=TENANT,
        import_id=IMPORT,
        account_id=ACCOUNT,
        state=ImportState.RUNNING,
        correlation_id=CORRELATION,
        queued_at=NOON,
        started_at=NOON,
        progress_ratio=0.25,
    )
    assert running.eta_s(NOON + timedelta(seconds=10)) == 30
    assert replace(running, progress_ratio=0.0).eta_s(NOON) is None
    assert replace(running, state=ImportState.FAILED).eta_s(NOON) is None


def test_an_import_that_ended_is_told_once(desk: Desk) -> None:
    desk.gateway.pages = {"trades:A": [(facts(1, 1), [])]}
    desk.run()
    desk.run()
    (alert,) = desk.alerts.raised.values()
    assert (alert.title, alert.severity) == ("Import of Main is complete", Severity.INFO)
    assert alert.text == "1 entry recorded from 1 stream."
    assert alert.link == f"/accounts/{ACCOUNT}/import"


def test_an_import_that_failed_is_told_with_what_to_do(desk: Desk) -> None:
    desk.gateway.pages = {"trades:A": [(facts(1, 1), [])]}
    desk.gateway.errors = [InvalidInput("accounts.key_wrong", "No.")]
    desk.run()
    (alert,) = desk.alerts.raised.values()
    assert (alert.title, alert.severity) == ("Import of Main has failed", Severity.WARNING)
    assert alert.facts["code"] == "accounts.key_wrong"
    assert "another import goes on from there" in alert.text
