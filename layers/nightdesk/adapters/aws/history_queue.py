"""Ranges of history on SQS: `candles-backfill`, a fair queue, each venue a message group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from nightdesk.adapters.aws.errors import unavailable
from nightdesk.candles.coverage import RangeJob
from nightdesk.contracts.queues import RangeRequested
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import CorrelationId

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH_MAX: Final = 10
DELAY_S_MAX: Final = 900


class SqsRangeQueue:
    """`candles-backfill`."""

    def __init__(self, client: SQSClient, url: str, correlation: Callable[[], CorrelationId]) -> None:
        self._client = client
        self._url = url
        self._correlation = correlation

    def send(self, jobs: Sequence[RangeJob], delay_s: int = 0) -> None:
        """Hand ranges to workers after the delay.

        Raises:
            Unavailable: `queue.unavailable`: at least one was not taken.
        """
        delay_s = min(max(delay_s, 0), DELAY_S_MAX)
        for start in range(0, len(jobs), BATCH_MAX):
            some = enumerate(jobs[start : start + BATCH_MAX])
            entries = [self._entry(str(number), job, delay_s) for number, job in some]
            with unavailable("queue.unavailable", "The queue of histories"):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise Unavailable("queue.unavailable", "The queue of histories did not take every message.")

    def _entry(self, number: str, job: RangeJob, delay_s: int) -> SendMessageBatchRequestEntryTypeDef:
        correlation = self._correlation()
        message = RangeRequested(range_id=job.range_id, venue=job.venue, correlation_id=correlation)
        return {
            "Id": number,
            "MessageBody": message.model_dump_json(),
            "MessageGroupId": job.venue,
            "DelaySeconds": delay_s,
            "MessageAttributes": {"correlation_id": {"DataType": "String", "StringValue": correlation}},
        }
