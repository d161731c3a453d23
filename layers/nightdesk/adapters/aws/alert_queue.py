"""`alerts`: what senders are to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from nightdesk.adapters.aws.errors import unavailable
from nightdesk.alerts.model import Work
from nightdesk.contracts.alert_messages import AlertWork
from nightdesk.kernel.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH_MAX: Final = 10
DELAY_S_MAX: Final = 900


class SqsAlertQueue:
    """`AlertQueue`; what waits longer than SQS may hold it back, the sweeper sends when it is due."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, works: Sequence[Work]) -> None:
        """Hand the works to senders.

        Raises:
            Unavailable: `queue.unavailable`: at least one was not taken.
        """
        for start in range(0, len(works), BATCH_MAX):
            entries = [_entry(number, work) for number, work in enumerate(works[start : start + BATCH_MAX])]
            with unavailable("queue.unavailable", "The queue of alerts"):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise Unavailable("queue.unavailable", "The queue of alerts did not take every message.")


def _entry(number: int, work: Work) -> SendMessageBatchRequestEntryTypeDef:
    message = AlertWork(
        kind=work.kind, tenant_id=work.tenant_id, subject=work.subject, correlation_id=work.correlation_id
    )
    return {
        "Id": str(number),
        "MessageBody": message.model_dump_json(exclude_none=True),
        "DelaySeconds": min(max(work.delay_s, 0), DELAY_S_MAX),
        "MessageAttributes": {"correlation_id": {"DataType": "String", "StringValue": work.correlation_id}},
    }
