"""Firings whose actions are to be run, on SQS: in order within their rule set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightdesk.adapters.aws.errors import unavailable
from nightdesk.contracts.queues import ActionsRequested
from nightdesk.rules.action_ports import ActionsDue, FiringRef

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsActionQueue:
    """`actions.fifo`."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, due: ActionsDue) -> None:
        """Hand the firing over, once.

        Raises:
            Unavailable: `queue.unavailable`.
        """
        message = ActionsRequested(
            tenant_id=due.tenant_id,
            rule_set_id=due.rule_set_id,
            firing_id=due.firing_id,
            correlation_id=due.correlation_id,
        )
        self._send(message, str(due.firing_id))

    def resend(self, ref: FiringRef, sweep: str) -> None:
        """Hand it over once more; once for each name of a sweep.

        Raises:
            Unavailable: `queue.unavailable`.
        """
        message = ActionsRequested(
            tenant_id=ref.tenant_id,
            rule_set_id=ref.rule_set_id,
            firing_id=ref.firing_id,
            correlation_id=ref.correlation_id,
        )
        self._send(message, f"{ref.firing_id}:{sweep}")

    def _send(self, message: ActionsRequested, once: str) -> None:
        with unavailable("queue.unavailable", "The queue of actions"):
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=message.model_dump_json(),
                MessageGroupId=str(message.rule_set_id),
                MessageDeduplicationId=once,
                MessageAttributes={"correlation_id": {"DataType": "String", "StringValue": message.correlation_id}},
            )
