"""Entry: messages of `alerts`, direct invocations that seal, test or forget a channel's address, and the schedule."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.alerts_send.custody import answer
from functions.alerts_send.side_by_side import side_by_side
from functions.alerts_send.wiring import wire
from nightdesk.alerts.model import WorkKind
from nightdesk.contracts.alert_messages import AlertWork
from nightdesk.runtime import correlation
from nightdesk.runtime.batch import process
from nightdesk.runtime.functions import entry


@entry("alerts_send")
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Do what the messages ask, side by side; answer which are to be delivered again. By schedule, only be ready."""
    if event.get("detail-type") == "Scheduled Event":
        return {"ready": wire() is not None}
    if "Records" in event:
        with side_by_side(event, _work) as outcome:
            return process(event, outcome)
    asked = event.get("correlation_id")
    with correlation.bound(correlation.accept(asked if isinstance(asked, str) else None)):
        return answer(wire().custody, event)


def _work(record: SQSRecord) -> None:
    work = AlertWork.model_validate_json(record.body).as_work()
    with correlation.bound(work.correlation_id):
        if work.kind is WorkKind.LOOK:
            wire().look_again()
        else:
            wire().sending.work(work)
