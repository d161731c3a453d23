"""Ranges of history on their queue."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from nightdesk.adapters.aws.history_queue import DELAY_S_MAX, SqsRangeQueue
from nightdesk.candles.coverage import RangeJob
from nightdesk.contracts.queues import RangeRequested
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import CorrelationId

JOBS = [RangeJob(number, VenueId("kraken" if number % 2 else "binance")) for number in range(1, 13)]


class Sqs:
    """As much of SQS as the queue needs; answers what it is told to."""

    def __init__(self, answer: dict[str, Any] | None = None) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        self._answer = answer or {}

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl == "url"
        self.batches.append(Entries)
        return self._answer


def queue(sqs: Sqs) -> SqsRangeQueue:
    return SqsRangeQueue(cast("Any", sqs), "url", lambda: CorrelationId("correlation-1"))


def test_ranges_go_by_tens_each_in_the_group_of_its_venue() -> None:
    sqs = Sqs()
    queue(sqs).send(JOBS)
    assert [len(batch) for batch in sqs.batches] == [10, 2]
    entry = sqs.batches[0][0]
    assert entry["MessageGroupId"] == "kraken"
    assert RangeRequested.model_validate_json(entry["MessageBody"]).range_id == 1
    assert json.loads(entry["MessageBody"])["correlation_id"] == "correlation-1"
    assert len({each["Id"] for each in sqs.batches[0]}) == 10


def test_a_venue_s_long_pause_is_as_long_as_a_queue_can_wait() -> None:
    sqs = Sqs()
    queue(sqs).send(JOBS[:1], 100_000)
    assert sqs.batches[0][0]["DelaySeconds"] == DELAY_S_MAX


def test_a_message_that_was_not_taken_is_told() -> None:
    with pytest.raises(Unavailable) as caught:
        queue(Sqs({"Failed": [{"Id": "0"}]})).send(JOBS[:1])
    assert caught.value.code == "queue.unavailable"
