"""The outbox and the sweeper on a real database, a real queue and a real bus (as the local cloud plays them)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from nightdesk.accounts.model import (
    Account,
    AccountState,
    Event,
    ImportProgress,
    ImportState,
    RefreshJob,
)
from nightdesk.accounts.publishing import PublishingService, WaitingEvent
from nightdesk.adapters.aws.events import EventBridgeBus
from nightdesk.adapters.aws.queues import SqsImportQueue, SqsRefreshQueue
from nightdesk.adapters.postgres.accounts import PostgresAccountsUnits
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.outbox import PostgresWaitingRoom
from nightdesk.contracts.queues import ImportRequested, RefreshRequested
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import AccountId, CorrelationId, ImportId, TenantId
from nightdesk.runtime.clock import SystemClock
from tests.builders.cloud import Cloud, cloud
from tests.fakes.queues import WaitingImports
from tests.servers import Postgres

pytestmark = pytest.mark.integration

CORRELATION = CorrelationId("correlation-1")


@dataclass(slots=True)
class FakeBus:
    """Takes every event, or none."""

    down: bool = False
    events: list[WaitingEvent] = field(default_factory=list)

    def publish(self, events: Sequence[WaitingEvent]) -> Sequence[UUID]:
        if self.down:
            raise Unavailable("events.unavailable", "Down.")
        self.events += events
        return [event.event_id for event in events]


class Desk:
    """One tenant's accounts, and the sweep over all tenants."""

    def __init__(self, postgres: Postgres) -> None:
        self.clock, self.bus, self.queue = SystemClock(), FakeBus(), WaitingImports()
        self.app, self.outbox = Database(postgres.url("app")), Database(postgres.url("outbox"))
        self.units, self.room = PostgresAccountsUnits(self.app), PostgresWaitingRoom(self.outbox)
        self.tenant = TenantId(uuid4())
        with psycopg.connect(postgres.url("superuser")) as connection:
            query = "INSERT INTO tenants (tenant_id, name, created_at) VALUES (%s, 'test', now())"
            connection.execute(query, (self.tenant,))

    def sweeper(self) -> PublishingService:
        return PublishingService(room=self.room, bus=self.bus, queue=self.queue, clock=self.clock)

    def add_events(self, count: int) -> None:
        with self.units(self.tenant) as unit:
            for number in range(count):
                event = Event(name="test.happened.v1", payload={"number": number})
                unit.outbox.add(self.tenant, event, CORRELATION, self.clock.now())

    def add_import(self, state: ImportState, silent_s: float, *, heart: bool = True) -> ImportProgress:
        now = self.clock.now()
        since = now - timedelta(seconds=silent_s)
        progress = ImportProgress(
            tenant_id=self.tenant,
            import_id=ImportId(uuid4()),
            account_id=AccountId(uuid4()),
            state=state,
            correlation_id=CORRELATION,
            queued_at=since,
            heartbeat_at=since if heart else None,
        )
        account = Account(
            tenant_id=self.tenant,
            account_id=progress.account_id,
            venue=VenueId("binance"),
            label="Main",
            state=AccountState.ACTIVE,
            created_at=now,
        )
        with self.units(self.tenant) as unit:
            unit.accounts.add(account, uuid4().bytes)
            unit.imports.add(progress)
            unit.imports.save(progress)
        return progress

    def mine(self) -> list[int]:
        return [int(event.event.payload["number"] or 0) for event in self.bus.events if event.tenant_id == self.tenant]

    def resent(self) -> set[ImportId]:
        return {job.import_id for job, _ in self.queue.waiting if job.tenant_id == self.tenant}


@pytest.fixture
def desk(postgres: Postgres) -> Iterator[Desk]:
    made = Desk(postgres)
    yield made
    made.app.close()
    made.outbox.close()


def test_every_event_once_in_order(desk: Desk) -> None:
    desk.add_events(450)
    desk.sweeper().sweep()
    desk.sweeper().sweep()
    assert desk.mine() == list(range(450))


def test_sweeps_at_once_share_the_work(desk: Desk) -> None:
    desk.add_events(900)
    with ThreadPoolExecutor(3) as many:
        for done in [many.submit(desk.sweeper().sweep) for _ in range(3)]:
            done.result()
    assert sorted(desk.mine()) == list(range(900))


def test_events_wait_for_a_bus_that_is_down(desk: Desk) -> None:
    desk.add_events(3)
    desk.bus.down = True
    with pytest.raises(Unavailable):
        desk.sweeper().sweep()
    desk.bus.down = False
    desk.sweeper().sweep()
    assert desk.mine() == [0, 1, 2]


class Killed(BaseException):
    """The process ends here: nothing after it is done, and nobody catches it."""


@dataclass(slots=True)
class FatalBus(FakeBus):
    """Takes every event, and the process is killed before it can say so."""

    def publish(self, events: Sequence[WaitingEvent]) -> Sequence[UUID]:
        self.events += events
        raise Killed


def test_event_published_by_a_process_that_was_killed_comes_again_as_the_same(desk: Desk) -> None:
    desk.add_events(5)
    honest, desk.bus = desk.bus, FatalBus(events=desk.bus.events)
    with pytest.raises(Killed):
        desk.sweeper().sweep()
    desk.bus = honest
    desk.sweeper().sweep()
    desk.sweeper().sweep()
    mine = [event for event in desk.bus.events if event.tenant_id == desk.tenant]
    first, again = mine[:5], mine[5:]
    assert again == first
    assert len({event.event_id for event in mine}) == 5


def test_event_of_a_transaction_that_failed_never_happened(desk: Desk) -> None:
    with suppress(RuntimeError), desk.units(desk.tenant) as unit:
        unit.outbox.add(desk.tenant, Event(name="x.v1", payload={"number": 1}), CORRELATION, desk.clock.now())
        raise RuntimeError
    desk.sweeper().sweep()
    assert desk.mine() == []


def test_silent_imports_are_sent_again(desk: Desk) -> None:
    lost = desk.add_import(ImportState.QUEUED, 90, heart=False)
    killed = desk.add_import(ImportState.RUNNING, 61)
    desk.add_import(ImportState.RUNNING, 30)
    desk.add_import(ImportState.RUNNING, -300)  # waits for a venue's ban to end
    desk.add_import(ImportState.DONE, 900)
    desk.add_import(ImportState.FAILED, 900)
    desk.sweeper().sweep()
    assert desk.resent() == {lost.import_id, killed.import_id}


def test_every_connected_account_is_refreshed(desk: Desk) -> None:
    account = desk.add_import(ImportState.DONE, 0).account_id
    gone = desk.add_import(ImportState.DONE, 0).account_id
    with desk.units(desk.tenant) as unit:
        unit.accounts.set_state(desk.tenant, gone, AccountState.DISCONNECTED)
    assert [mine for tenant, mine in desk.room.connected_accounts() if tenant == desk.tenant] == [account]


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2, MessageAttributeNames=["All"])
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found


def test_import_queue(aws: Cloud, desk: Desk) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="imports")["QueueUrl"]
    progress = desk.add_import(ImportState.QUEUED, 90)
    room, queue = desk.room, SqsImportQueue(sqs, url)
    (job,) = [job for job in room.silent_imports(desk.clock.now(), 500) if job.tenant_id == desk.tenant]
    queue.send(job)
    queue.send(job, delay_s=600)
    (message,) = received(sqs, url)
    assert ImportRequested.model_validate_json(message["Body"]).import_id == progress.import_id
    assert message["MessageAttributes"]["correlation_id"]["StringValue"] == CORRELATION


def test_refresh_queue_takes_more_than_a_batch(aws: Cloud) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="refreshes")["QueueUrl"]
    tenant = TenantId(uuid4())
    jobs = [RefreshJob(tenant_id=tenant, account_id=AccountId(uuid4()), correlation_id=CORRELATION) for _ in range(23)]
    SqsRefreshQueue(sqs, url).send(jobs)
    found: set[UUID] = set()
    for _ in range(12):
        for message in received(sqs, url):
            found.add(RefreshRequested.model_validate_json(message["Body"]).account_id)
        if len(found) == len(jobs):
            break
    assert found == {job.account_id for job in jobs}


def test_event_bus_delivers_the_detail(aws: Cloud) -> None:
    sqs, events = aws.client("sqs"), aws.client("events")
    url = sqs.create_queue(QueueName="seen")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name="desk")
    events.put_rule(Name="all", EventBusName="desk", EventPattern=json.dumps({"source": ["nightdesk"]}))
    events.put_targets(Rule="all", EventBusName="desk", Targets=[{"Id": "seen", "Arn": arn}])
    waiting = WaitingEvent(
        event_id=uuid4(),
        tenant_id=TenantId(uuid4()),
        event=Event(name="account.connected.v1", payload={"label": "Main"}),
        correlation_id=CORRELATION,
        created_at=SystemClock().now(),
    )
    assert EventBridgeBus(events, "desk").publish([waiting]) == [waiting.event_id]
    (message,) = received(sqs, url)
    body = json.loads(message["Body"])
    assert body["detail-type"] == "account.connected.v1"
    assert body["detail"]["payload"] == {"label": "Main"}
    assert body["detail"]["event_id"] == str(waiting.event_id)


def test_queue_and_bus_that_are_down(tmp_path: Path) -> None:
    down = Cloud("http://127.0.0.1:9", "x", str(tmp_path))
    job = RefreshJob(tenant_id=TenantId(uuid4()), account_id=AccountId(uuid4()), correlation_id=CORRELATION)
    with pytest.raises(Unavailable) as error:
        SqsRefreshQueue(down.client("sqs"), "http://127.0.0.1:9/queue").send([job])
    assert error.value.code == "queue.unavailable"
