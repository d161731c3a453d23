"""Entry: batches of `trades-inbound.fifo`; after a failure only its own account's trades wait."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.ledger_record.wiring import wire
from nightdesk.contracts.webhooks import TradeInbound
from nightdesk.runtime.batch import process
from nightdesk.runtime.functions import entry


@entry("ledger_record")
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Record every trade of the batch; answer which are to be delivered again."""
    return process(event, _record, fifo=True)


def _record(record: SQSRecord) -> None:
    wire().record(TradeInbound.model_validate_json(record.body))
