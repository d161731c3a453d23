"""The function as it is deployed: its schedule, its queue, the shared budget, five-minute runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import functions.candles_backfill.handler as candles_backfill
import functions.candles_backfill.wiring as backfill_wiring
from nightdesk.runtime.settings import settings
from tests.builders.cloud import REGION, Cloud, cloud
from tests.builders.desk_history import HistoryDesk, own_database
from tests.fakes.desk import FakeInvocation
from tests.fakes.venue_history import WrittenHistory
from tests.servers import Servers

pytestmark = pytest.mark.integration

BTC = "BINANCE:BTC/USDT"
SCHEDULED = {"detail-type": "Scheduled Event"}
CACHES: tuple[Callable[[], object], ...] = (
    settings,
    backfill_wiring.meter,
    backfill_wiring.wire,
    backfill_wiring.wire_planner,
    backfill_wiring.wire_keeper,
    backfill_wiring.wire_records,
    backfill_wiring._database,
)


class Patient(FakeInvocation):
    """An invocation with time to work."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 110_000


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def queue(servers: Servers, aws: Cloud, tmp_path: Path) -> Iterator[str]:
    """The queue's address; settings are this process's environment."""
    del tmp_path
    paper, url = servers.paper(), aws.client("sqs").create_queue(QueueName="candles-backfill")["QueueUrl"]
    with own_database(servers.postgres()) as database, pytest.MonkeyPatch.context() as environment:
        told = {
            "NIGHTDESK_DATABASE_URL": database.url("streams"),
            "NIGHTDESK_VALKEY_URL": servers.valkey_url(),
            "NIGHTDESK_VENUES_ROUTE": paper.route,
            "NIGHTDESK_BALANCER": "direct",
            "NIGHTDESK_BALANCER_CALENDAR_SPEED": "60",
            "NIGHTDESK_QUEUE_CANDLES_BACKFILL": url,
            "NIGHTDESK_BACKFILL_DAYS": "2",
            "AWS_ENDPOINT_URL": aws.endpoint,
            "AWS_ACCESS_KEY_ID": aws.access_key,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        }
        for name, value in told.items():
            environment.setenv(name, value)
        _forget()
        desk = HistoryDesk(postgres=database, venues=WrittenHistory(), market_at=datetime.now(UTC))
        desk.ask(BTC, days=2)
        yield url
        backfill_wiring._database().close()
        desk.close()
        _forget()


def _forget() -> None:
    for cached in CACHES:
        cached.cache_clear()  # type: ignore[attr-defined]


def delivered(aws: Cloud, queue: str) -> list[dict[str, Any]]:
    """What SQS would hand to the function; it is gone from the queue then."""
    sqs = aws.client("sqs")
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
    for each in found:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
    return [
        {"messageId": each["MessageId"], "body": each["Body"], "messageAttributes": {}, "eventSource": "aws:sqs"}
        for each in found
    ]


def test_a_wish_becomes_two_whole_days(aws: Cloud, queue: str) -> None:
    states: list[dict[str, Any]] = []
    for _ in range(6):
        states.append(candles_backfill.handler(SCHEDULED, Patient()))
        while records := delivered(aws, queue):
            assert candles_backfill.handler({"Records": records}, Patient()) == {"batchItemFailures": []}
        if states[-1]["verified"]:
            break
    assert (states[0]["wanted"], states[-1]["verified"], states[-1]["missing"]) == (1, 1, 0)
    with backfill_wiring._database().transaction() as connection:
        row = connection.execute("SELECT count(*), min(at), max(at) FROM candles_1m").fetchone()
        covered = connection.execute("SELECT state, planned_from, planned_until FROM candle_coverage").fetchone()
    assert row is not None
    assert covered is not None
    state, since, until = covered
    assert (state, row) == ("whole", ((until - since) // timedelta(minutes=1), since, until - timedelta(minutes=1)))


def test_a_message_that_cannot_be_read_fails_alone(queue: str) -> None:
    del queue
    good = {"range_id": 10**9, "venue": "binance", "correlation_id": "c" * 8}
    records = [
        {"messageId": name, "body": json.dumps(body), "messageAttributes": {}, "eventSource": "aws:sqs"}
        for name, body in (("bad", {"range_id": "no"}), ("unknown", good))
    ]
    answer = candles_backfill.handler({"Records": records}, Patient())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
