"""Reported trades on SQS: in order for each account, each event once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightdesk.adapters.aws.errors import unavailable
from nightdesk.contracts.webhooks import TradeInbound

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsTradeQueue:
    """`trades-inbound.fifo`."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, trade: TradeInbound) -> None:
        """Hand the trade to the recorder.

        Raises:
            Unavailable: `queue.unavailable`.
        """
        with unavailable("queue.unavailable", "The queue of trades"):
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=trade.model_dump_json(),
                MessageGroupId=trade.group,
                MessageDeduplicationId=trade.deduplication,
                MessageAttributes={
                    "correlation_id": {"DataType": "String", "StringValue": trade.correlation_id},
                },
            )
