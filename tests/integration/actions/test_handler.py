"""The function's entry, wired from settings as in the cloud: one firing, one redelivery, one that waits, the sweep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import functions.actions_run.handler as actions_run
from functions.actions_run import wiring
from nightdesk.adapters.aws.action_queue import SqsActionQueue
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.contracts.queues import ActionsRequested
from nightdesk.rules.action_ports import ActionsDue
from nightdesk.rules.actions import Notify, PanicSell
from nightdesk.runtime.settings import settings
from tests.builders.cloud import REGION, Cloud, cloud
from tests.builders.desk_actions import DeskActions
from tests.fakes.desk import FakeInvocation
from tests.servers import Servers

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def queue(aws: Cloud, servers: Servers, rig: DeskActions) -> Iterator[str]:
    """The queue of actions; the settings are this process's environment."""
    sqs = aws.client("sqs")
    actions = sqs.create_queue(QueueName="actions.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    alerts = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    postgres = rig.orders.accounts.postgres
    told = {
        "NIGHTDESK_DATABASE_URL": postgres.url("app"),
        "NIGHTDESK_OUTBOX_DATABASE_URL": postgres.url("outbox"),
        "NIGHTDESK_VALKEY_URL": servers.valkey_url(),
        "NIGHTDESK_QUEUE_ACTIONS": actions,
        "NIGHTDESK_QUEUE_ALERTS": alerts,
        "NIGHTDESK_EXCHANGE_GATEWAY_FUNCTION": "gateway-that-is-not-deployed",
        "NIGHTDESK_WEBHOOK_SIGNING_SECRET": "not-read",
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": aws.access_key,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in told.items():
            environment.setenv(name, value)
        yield actions
    for cached in (settings, wiring.wire, wiring.wire_sweeper):
        cached.cache_clear()


def message(due: ActionsDue) -> dict[str, Any]:
    requested = ActionsRequested(
        tenant_id=due.tenant_id,
        rule_set_id=due.rule_set_id,
        firing_id=due.firing_id,
        correlation_id=due.correlation_id,
    )
    record = {
        "messageId": str(due.firing_id),
        "receiptHandle": "x",
        "body": requested.model_dump_json(),
        "attributes": {"MessageGroupId": str(due.rule_set_id)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:000000000000:actions.fifo",
    }
    return {"Records": [record]}


@pytest.mark.usefixtures("queue")
def test_a_firing_is_run_and_its_redelivery_does_nothing(rig: DeskActions) -> None:
    due = rig.begin(rig.due(Notify(text="Look.")))
    for _ in range(2):
        assert actions_run.handler(message(due), FakeInvocation()) == {"batchItemFailures": []}
    assert rig.alert_keys() == {f"firing:{due.firing_id}:0"}
    assert rig.kept(due).finished_at


@pytest.mark.usefixtures("queue")
def test_a_firing_that_waits_for_the_gateway_is_delivered_again(rig: DeskActions, valkey_url: str) -> None:
    ValkeyPriceBook(valkey(valkey_url)).put(rig.orders.prices.all(rig.orders.account.venue))
    due = rig.begin(rig.due(PanicSell()))
    answer = actions_run.handler(message(due), FakeInvocation())
    assert answer == {"batchItemFailures": [{"itemIdentifier": str(due.firing_id)}]}
    assert not rig.kept(due).finished_at
    assert f"firing:{due.firing_id}:0:delayed" in rig.alert_keys()


def test_the_sweep_sends_again_what_nobody_is_at_work_on(rig: DeskActions, aws: Cloud, queue: str) -> None:
    due = rig.begin(rig.due(Notify()))
    with rig.orders.accounts.app.transaction(tenant_id=due.tenant_id) as connection:
        connection.execute("UPDATE action_firings SET created_at = created_at - interval '1 minute'")
    swept = actions_run.handler({"detail-type": "Scheduled Event"}, FakeInvocation())
    assert swept["resent"] >= 1
    assert str(due.firing_id) in sent(aws, queue)
    rig.runner().run(due.tenant_id, due.firing_id)


def test_the_same_firing_is_queued_once(rig: DeskActions, aws: Cloud, queue: str) -> None:
    due = rig.due(Notify(), rule_set=77)
    for _ in range(2):
        SqsActionQueue(aws.client("sqs"), queue).send(due)
    assert sent(aws, queue).count(str(due.firing_id)) == 1


def sent(aws: Cloud, queue: str) -> list[str]:
    """The firings that the queue's messages name; they are taken from it."""
    sqs, found = aws.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for each in messages:
            found.append(json.loads(each["Body"])["firing_id"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
    return found
