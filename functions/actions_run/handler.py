"""Entry: messages of `actions.fifo`, each a firing whose actions are to be run; and each minute the sweep."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.actions_run.wiring import wire, wire_sweeper
from nightdesk.contracts.queues import ActionsRequested
from nightdesk.kernel.ids import TenantId
from nightdesk.rules.action_ports import FiringId
from nightdesk.runtime import correlation
from nightdesk.runtime.batch import process
from nightdesk.runtime.functions import entry


@entry("actions_run")
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Run the firings of the messages, or send again those that nobody is at work on."""
    if event.get("detail-type") == "Scheduled Event":
        wire()  # so that a firing finds a process that is ready
        with correlation.bound(correlation.new()):
            return {"resent": wire_sweeper().sweep()}
    return process(event, _run, fifo=True)


def _run(record: SQSRecord) -> None:
    message = ActionsRequested.model_validate_json(record.body)
    wire().run(TenantId(message.tenant_id), FiringId(message.firing_id))
