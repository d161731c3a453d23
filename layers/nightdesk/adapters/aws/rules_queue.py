"""Candidates of rule sets on SQS: `rules-evaluate`, a fair queue, each tenant a message group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from nightdesk.adapters.aws.errors import unavailable
from nightdesk.contracts.queues import CandidateTold
from nightdesk.kernel.errors import Unavailable
from nightdesk.rules.firing import CandidateRef

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH_MAX: Final = 10


class SqsCandidateQueue:
    """`rules-evaluate`."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, refs: Sequence[CandidateRef]) -> None:
        """Hand the candidates over.

        Raises:
            Unavailable: `queue.unavailable`: at least one was not taken.
        """
        for start in range(0, len(refs), BATCH_MAX):
            entries = [_entry(number, ref) for number, ref in enumerate(refs[start : start + BATCH_MAX])]
            with unavailable("queue.unavailable", "The queue of candidates"):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise Unavailable("queue.unavailable", "The queue of candidates did not take every message.")


def _entry(number: int, ref: CandidateRef) -> SendMessageBatchRequestEntryTypeDef:
    message = CandidateTold(
        tenant_id=ref.tenant_id,
        rule_set_id=ref.rule_set_id,
        candidate_id=ref.candidate_id,
        correlation_id=ref.correlation_id,
    )
    return {
        "Id": str(number),
        "MessageBody": message.model_dump_json(),
        "MessageGroupId": str(ref.tenant_id),
        "MessageAttributes": {"correlation_id": {"DataType": "String", "StringValue": ref.correlation_id}},
    }
