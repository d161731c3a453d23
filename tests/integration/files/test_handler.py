"""The function that imports files, wired from settings as in the cloud, and what wakes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import functions.files_import.handler as files_import
import functions.files_import.wiring as files_wiring
from nightdesk.adapters.aws.files_queue import SqsFileQueue
from nightdesk.runtime.settings import settings
from tests.builders.cloud import REGION, Cloud, cloud
from tests.builders.desk_files import DeskFiles
from tests.builders.stored_desk import stored_desk
from tests.fakes.desk import FakeInvocation
from tests.servers import Servers

pytestmark = pytest.mark.integration
GOLDEN = Path(__file__).parents[2] / "golden" / "files"


class LongInvocation(FakeInvocation):
    """Enough time for a whole file."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 100_000


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def queue(servers: Servers, aws: Cloud) -> Iterator[str]:
    """The queue's address, told to this process as its environment."""
    postgres = servers.postgres()
    url = aws.client("sqs").create_queue(QueueName="files")["QueueUrl"]
    told = {
        "NIGHTDESK_DATABASE_URL": postgres.url(),
        "NIGHTDESK_OUTBOX_DATABASE_URL": postgres.url("outbox"),
        "NIGHTDESK_VALKEY_URL": servers.valkey_url(),
        "NIGHTDESK_QUEUE_FILES_IMPORT": url,
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": aws.access_key,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }
    caches = (settings, files_wiring.wire, files_wiring.wire_sweeper)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in told.items():
            environment.setenv(name, value)
        for cache in caches:
            cache.cache_clear()
        yield url
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def files(servers: Servers) -> Iterator[DeskFiles]:
    with stored_desk(servers.postgres().url(), servers.valkey_url()) as desk:
        yield DeskFiles.of(desk)


def committed(files: DeskFiles) -> str:
    path = files.upload((GOLDEN / "koinly_universal.csv").read_bytes())
    assert files.caller.call("POST", f"{path}/commit", {"precedence": "count"}).status == 202
    return path


def taken(aws: Cloud, queue: str) -> dict[str, Any]:
    """What the queue holds, as Lambda hands it over."""
    found = aws.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages", [])
    return {"Records": [record(each["MessageId"], each["Body"]) for each in found]}


def record(message_id: str, body: str) -> dict[str, Any]:
    """A message as Lambda hands it over."""
    kept: dict[str, str] = {}
    return {
        "messageId": message_id,
        "body": body,
        "eventSource": "aws:sqs",
        "attributes": kept,
        "messageAttributes": kept,
    }


def test_a_file_that_the_queue_holds_is_imported_once(aws: Cloud, queue: str, files: DeskFiles) -> None:
    path = committed(files)
    SqsFileQueue(aws.client("sqs"), queue).send(files.desk.file_jobs.jobs.pop())
    event = taken(aws, queue)
    for _ in range(2):
        assert files_import.handler(event, LongInvocation()) == {"batchItemFailures": []}
    done = files.caller.call("GET", path).json
    assert (done["state"], done["entries"], done["rows_rejected"]) == ("done", 5, 1)
    assert len(files.entries()) == 5


def test_a_file_that_the_queue_lost_is_sent_again(servers: Servers, aws: Cloud, queue: str, files: DeskFiles) -> None:
    path = committed(files)
    files.desk.file_jobs.jobs.clear()
    with psycopg.connect(servers.postgres().url("superuser")) as superuser:
        superuser.execute(
            "UPDATE files SET heartbeat_at = now() - interval '1 hour' WHERE tenant_id = %s", (files.tenant,)
        )
    answer = files_import.handler({"detail-type": "Scheduled Event"}, LongInvocation())
    assert answer["resent"] >= 1
    while (event := taken(aws, queue))["Records"]:
        files_import.handler(event, LongInvocation())
    assert files.caller.call("GET", path).json["state"] == "done"


def test_a_message_that_is_none_is_delivered_again(queue: str) -> None:
    nothing = record("m-1", json.dumps({"file_id": queue}))
    answer = files_import.handler({"Records": [nothing]}, LongInvocation())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
