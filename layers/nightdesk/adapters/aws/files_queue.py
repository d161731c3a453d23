"""The queue of files that wait to be imported, in SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nightdesk.accounts.files.stored import FileJob
from nightdesk.adapters.aws.errors import unavailable
from nightdesk.contracts.queues import FileImportRequested

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

DELAY_S_MAX: Final = 900


class SqsFileQueue:
    """`files-import`."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, job: FileJob, delay_s: int = 0) -> None:
        """Hand the job to a worker after the delay.

        Raises:
            Unavailable: `queue.unavailable`.
        """
        message = FileImportRequested(
            tenant_id=job.tenant_id,
            account_id=job.account_id,
            file_id=job.file_id,
            correlation_id=job.correlation_id,
        )
        with unavailable("queue.unavailable", "The queue of files"):
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=message.model_dump_json(),
                DelaySeconds=min(max(delay_s, 0), DELAY_S_MAX),
                MessageAttributes={"correlation_id": {"DataType": "String", "StringValue": job.correlation_id}},
            )
