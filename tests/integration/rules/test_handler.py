"""The function's entry, wired from settings, with SQS played by moto."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

import functions.rules_evaluate.handler as rules_evaluate
from functions.rules_evaluate import wiring
from nightdesk.adapters.aws.rules_queue import SqsCandidateQueue
from nightdesk.contracts.queues import CandidateTold
from nightdesk.rules.firing import CandidateRef
from nightdesk.runtime.settings import settings
from tests.builders.ledger import movement
from tests.fakes.desk import FakeInvocation
from tests.integration.rules.rig import Rig
from tests.servers import Postgres

pytestmark = pytest.mark.integration
OVER = {"kind": "compare", "left": "price(BINANCE:BTC/USDT)", "relation": ">", "right": "100"}


@pytest.fixture
def rig(postgres: Postgres) -> Iterator[Rig]:
    made = Rig(postgres)
    made.record(movement(1, "BTC", "1"))
    yield made
    made.close()


@pytest.fixture
def sqs(postgres: Postgres, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("sqs", region_name="eu-central-1")
        candidates = client.create_queue(QueueName="rules-evaluate")["QueueUrl"]
        actions = client.create_queue(QueueName="actions.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        told = {
            "AWS_DEFAULT_REGION": "eu-central-1",
            "NIGHTDESK_DATABASE_URL": postgres.url("app"),
            "NIGHTDESK_OUTBOX_DATABASE_URL": postgres.url("outbox"),
            "NIGHTDESK_VALKEY_URL": valkey_url,
            "NIGHTDESK_QUEUE_RULES_EVALUATE": candidates,
            "NIGHTDESK_QUEUE_ACTIONS": actions,
        }
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        _forget()
        yield client, candidates, actions
    _forget()


def _forget() -> None:
    for cached in (settings, wiring.wire, wiring.wire_sweep, wiring.wire_schedules, wiring._across):
        cached.cache_clear()


def test_a_message_is_judged_and_its_actions_queued(rig: Rig, sqs: Any) -> None:
    client, candidates, actions = sqs
    rig.arm(OVER)
    refs = rig.after(10, "101")
    queue = SqsCandidateQueue(client, candidates)
    queue.send(refs)
    (message,) = client.receive_message(QueueUrl=candidates)["Messages"]
    assert CandidateTold.model_validate_json(message["Body"]).candidate_id == refs[0].candidate_id
    record = {
        "messageId": "1",
        "body": message["Body"],
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:1:rules-evaluate",
        "awsRegion": "eu-central-1",
        "md5OfBody": "",
        "receiptHandle": "x",
    }
    for _ in range(2):
        assert rules_evaluate.handler({"Records": [record]}, FakeInvocation()) == {"batchItemFailures": []}
    assert len(client.receive_message(QueueUrl=actions)["Messages"]) == 1
    (firing,) = rig.desk.firings(rig.tenant_id)
    assert rig.desk.firing(rig.tenant_id, firing.firing_id) == firing


def test_the_schedule_sends_what_waits(rig: Rig, sqs: Any) -> None:
    client, candidates, _ = sqs
    rig.arm(OVER)
    (ref,) = rig.after(10, "101")
    with rig.app.transaction(tenant_id=rig.tenant_id) as connection:
        connection.execute("UPDATE rule_candidates SET told_at = told_at - interval '1 minute'")
    answer = rules_evaluate.handler({"detail-type": "Scheduled Event"}, FakeInvocation())
    assert answer["sent"] >= 1
    assert answer["told"] >= 0
    heard: list[str] = []
    while messages := client.receive_message(QueueUrl=candidates, MaxNumberOfMessages=10).get("Messages"):
        heard += [message["Body"] for message in messages]
    assert any(str(ref.candidate_id) in body for body in heard)
    assert isinstance(ref, CandidateRef)
