"""The functions' entries, wired from settings as in the cloud."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import functions.accounts_import.handler as accounts_import
import functions.accounts_import.wiring as import_wiring
import functions.accounts_refresh.handler as accounts_refresh
import functions.accounts_refresh.wiring as refresh_wiring
import functions.exchange_gateway.handler as exchange_gateway
import functions.exchange_gateway.wiring as gateway_wiring
import functions.outbox_publish.handler as outbox_publish
import functions.outbox_publish.wiring as outbox_wiring
from nightdesk.accounts.model import Account
from nightdesk.runtime.settings import settings
from tests.builders.cloud import REGION, Cloud, cloud
from tests.builders.desk_accounts import DeskAccounts, desk_accounts
from tests.fakes.desk import FakeInvocation
from tests.servers import Servers

pytestmark = pytest.mark.integration

CACHES: tuple[Callable[[], object], ...] = (
    settings,
    import_wiring.wire,
    refresh_wiring.wire,
    refresh_wiring.wire_fan_out,
    gateway_wiring.wire,
    outbox_wiring.wire,
)


@dataclass(frozen=True, slots=True)
class Queues:
    imports: str
    refreshes: str


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp("cloud")) as running:
        running.client("events").create_event_bus(Name="nightdesk")
        yield running


@pytest.fixture(scope="module")
def queues(aws: Cloud) -> Queues:
    sqs = aws.client("sqs")
    return Queues(*(sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("imports", "refreshes")))


@pytest.fixture
def desk(servers: Servers, aws: Cloud, queues: Queues, tmp_path: Path) -> Iterator[DeskAccounts]:
    """A desk whose settings are this process's environment."""
    postgres, paper = servers.postgres(), servers.paper()
    with desk_accounts(postgres, paper, tmp_path) as made, pytest.MonkeyPatch.context() as environment:
        told = {
            "NIGHTDESK_VALKEY_URL": servers.valkey_url(),
            "NIGHTDESK_VAULT_KEY": f"file:{made.key_file}",
            "NIGHTDESK_VENUES_ROUTE": paper.route,
            "NIGHTDESK_BALANCER": "off",
            "NIGHTDESK_EVENT_BUS": "nightdesk",
            "NIGHTDESK_QUEUE_ACCOUNTS_IMPORT": queues.imports,
            "NIGHTDESK_QUEUE_ALERTS": queues.imports,
            "NIGHTDESK_QUEUE_ACCOUNTS_REFRESH": queues.refreshes,
            "NIGHTDESK_EXCHANGE_GATEWAY_FUNCTION": "gateway-that-is-not-deployed",
            "NIGHTDESK_OUTBOX_DATABASE_URL": postgres.url("outbox"),
            "AWS_ENDPOINT_URL": aws.endpoint,
            "AWS_ACCESS_KEY_ID": aws.access_key,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        }
        for name, value in told.items():
            environment.setenv(name, value)
        yield made
        _forget()


def _forget() -> None:
    for cached in CACHES:
        cached.cache_clear()  # type: ignore[attr-defined]


def as_role(desk: DeskAccounts, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    _forget()
    monkeypatch.setenv("NIGHTDESK_DATABASE_URL", desk.postgres.url(role))


def record(message_id: str, body: object) -> dict[str, Any]:
    return {"messageId": message_id, "body": json.dumps(body), "messageAttributes": {}, "eventSource": "aws:sqs"}


def import_record(desk: DeskAccounts, account: Account, message_id: str) -> dict[str, Any]:
    job = desk.job(account)
    ids = {"tenant_id": job.tenant_id, "account_id": job.account_id, "import_id": job.import_id}
    return record(message_id, {**{name: str(value) for name, value in ids.items()}, "correlation_id": "c" * 8})


def test_gateway_answers_and_refuses(desk: DeskAccounts, monkeypatch: pytest.MonkeyPatch) -> None:
    as_role(desk, monkeypatch, "gateway")
    credential = desk.open_at_venue({"kind": "empty"})
    event = {
        "operation": "connect",
        "tenant_id": str(desk.tenant_id),
        "account_id": str(uuid4()),
        "venue": "binance",
        "correlation_id": "correlation-1",
        "key": credential.key,
        "secret": credential.secret,
    }
    good = exchange_gateway.handler(event, FakeInvocation())
    assert good["ok"] is True
    bad = exchange_gateway.handler(event | {"secret": "x" * 64}, FakeInvocation())
    assert bad["error"]["code"] == "accounts.key_wrong"
    refused = exchange_gateway.handler(event | {"operation": "create_order"}, FakeInvocation())
    assert refused["error"]["code"] == "gateway.operation_refused"


def test_finished_import_delivered_again(desk: DeskAccounts, monkeypatch: pytest.MonkeyPatch) -> None:
    as_role(desk, monkeypatch, "app")
    account = desk.connect(desk.open_at_venue({"kind": "seeded", "seed": 2, "trades": 20}))
    before = desk.import_all(account)
    event = {"Records": [import_record(desk, account, "m1")]}
    assert accounts_import.handler(event, FakeInvocation()) == {"batchItemFailures": []}
    assert desk.progress(account) == before


def test_gateway_that_does_not_answer_keeps_the_import(desk: DeskAccounts, monkeypatch: pytest.MonkeyPatch) -> None:
    class Patient(FakeInvocation):
        @staticmethod
        def get_remaining_time_in_millis() -> int:
            return 100_000

    as_role(desk, monkeypatch, "app")
    account = desk.connect(desk.open_at_venue({"kind": "empty"}))
    event = {"Records": [import_record(desk, account, "m1")]}
    assert accounts_import.handler(event, Patient()) == {"batchItemFailures": []}
    progress = desk.progress(account)
    assert (progress.state.value, progress.error_code) == ("running", "gateway.unavailable")


def test_message_that_cannot_be_read_fails_alone(desk: DeskAccounts, monkeypatch: pytest.MonkeyPatch) -> None:
    as_role(desk, monkeypatch, "app")
    account = desk.connect(desk.open_at_venue({"kind": "seeded", "seed": 2, "trades": 20}))
    desk.import_all(account)
    event = {"Records": [record("bad", {"tenant_id": "no"}), import_record(desk, account, "good")]}
    answer = accounts_import.handler(event, FakeInvocation())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}


def test_schedule_queues_every_account(
    desk: DeskAccounts, monkeypatch: pytest.MonkeyPatch, aws: Cloud, queues: Queues
) -> None:
    as_role(desk, monkeypatch, "app")
    desk.connect(desk.open_at_venue({"kind": "empty"}))
    answer = accounts_refresh.handler({"detail-type": "Scheduled Event"}, FakeInvocation())
    assert answer["queued"] >= 1
    attributes = aws.client("sqs").get_queue_attributes(
        QueueUrl=queues.refreshes, AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert int(attributes["Attributes"]["ApproximateNumberOfMessages"]) >= 1


def test_sweep_publishes_what_waits(desk: DeskAccounts, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.connect(desk.open_at_venue({"kind": "empty"}))
    as_role(desk, monkeypatch, "outbox")
    waits = "SELECT count(*) FROM outbox WHERE tenant_id = %s AND published_at IS NULL"
    ((waiting,),) = desk.rows(waits, desk.tenant_id)
    assert waiting >= 1
    assert outbox_publish.handler({}, FakeInvocation())["published"] >= 1
    assert desk.rows(waits, desk.tenant_id) == [(0,)]
