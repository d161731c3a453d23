import json
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from nightdesk.kernel.errors import Unavailable
from nightdesk.runtime import correlation
from nightdesk.runtime.batch import process


def message(message_id: str, group: str = "a", correlation_id: str | None = None) -> dict[str, Any]:
    attribute = {"stringValue": correlation_id, "dataType": "String"}
    return {
        "messageId": message_id,
        "body": json.dumps({"id": message_id}),
        "attributes": {"MessageGroupId": group},
        "messageAttributes": {"correlation_id": attribute} if correlation_id else {},
        "eventSource": "aws:sqs",
    }


def fails(*ids: str) -> Any:
    def handle(record: SQSRecord) -> None:
        if record.message_id in ids:
            raise Unavailable("database.unavailable", "The database does not answer.")

    return handle


def failed(answer: dict[str, Any]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_only_what_failed_is_delivered_again() -> None:
    batch = {"Records": [message(name) for name in ("1", "2", "3")]}
    assert failed(process(batch, fails("2"))) == ["2"]
    assert failed(process(batch, fails())) == []


def test_a_batch_that_failed_whole_is_answered_not_raised() -> None:
    batch = {"Records": [message("1"), message("2")]}
    assert failed(process(batch, fails("1", "2"))) == ["1", "2"]
    assert failed(process(batch, fails("1", "2"), fifo=True)) == ["1", "2"]


def test_in_a_fifo_batch_the_failed_group_waits_and_others_go_on() -> None:
    batch = {"Records": [message("1", "a"), message("2", "b"), message("3", "a"), message("4", "b")]}
    assert failed(process(batch, fails("1"), fifo=True)) == ["1", "3"]


def test_each_record_runs_under_its_own_correlation_id() -> None:
    seen: list[str | None] = []
    batch = {"Records": [message("1", correlation_id="from-browser-1"), message("2", correlation_id="bad id")]}
    process(batch, lambda _record: seen.append(correlation.current()))
    assert seen[0] == "from-browser-1"
    assert seen[1] not in {None, "bad id", "from-browser-1"}
    assert correlation.current() is None
