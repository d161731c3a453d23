"""Queues in SQS. Each message carries its correlation id as an attribute as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from nightdesk.accounts.model import ImportJob, RefreshJob
from nightdesk.adapters.aws.errors import unavailable
from nightdesk.contracts.queues import ImportRequested, RefreshRequested
from nightdesk.kernel.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef, SendMessageBatchRequestEntryTypeDef

BATCH_MAX: Final = 10
DELAY_S_MAX: Final = 900


class SqsImportQueue:
    """`accounts-import`."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, job: ImportJob, delay_s: int = 0) -> None:
        """Hand the job to a worker after the delay.

        Raises:
            Unavailable: `queue.unavailable`.
        """
        message = ImportRequested(
            tenant_id=job.tenant_id,
            account_id=job.account_id,
            import_id=job.import_id,
            correlation_id=job.correlation_id,
        )
        with unavailable("queue.unavailable", "The import queue"):
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=message.model_dump_json(),
                DelaySeconds=min(max(delay_s, 0), DELAY_S_MAX),
                MessageAttributes=_attributes(job.correlation_id),
            )


class SqsRefreshQueue:
    """`accounts-refresh`: a fair queue, each tenant a message group."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, jobs: Sequence[RefreshJob]) -> None:
        """Hand the jobs to workers.

        Raises:
            Unavailable: `queue.unavailable`: at least one was not taken.
        """
        for start in range(0, len(jobs), BATCH_MAX):
            entries = [_entry(number, job) for number, job in enumerate(jobs[start : start + BATCH_MAX])]
            with unavailable("queue.unavailable", "The refresh queue"):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise Unavailable("queue.unavailable", "The refresh queue did not take every message.")


def _entry(number: int, job: RefreshJob) -> SendMessageBatchRequestEntryTypeDef:
    message = RefreshRequested(tenant_id=job.tenant_id, account_id=job.account_id, correlation_id=job.correlation_id)
    return {
        "Id": str(number),
        "MessageBody": message.model_dump_json(),
        "MessageGroupId": str(job.tenant_id),
        "MessageAttributes": _attributes(job.correlation_id),
    }


def _attributes(correlation_id: str) -> dict[str, MessageAttributeValueTypeDef]:
    return {"correlation_id": {"DataType": "String", "StringValue": correlation_id}}
