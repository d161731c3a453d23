"""Entry: messages of `accounts-refresh`, and each minute the schedule that queues one for every account."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.accounts_refresh.wiring import wire, wire_books, wire_fan_out
from nightdesk.accounts.model import RefreshJob
from nightdesk.contracts.queues import RefreshRequested
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.runtime import correlation
from nightdesk.runtime.batch import process
from nightdesk.runtime.functions import entry


@entry("accounts_refresh")
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Refresh the accounts of the messages, or queue all of them."""
    if event.get("detail-type") == "Scheduled Event":
        with correlation.bound(correlation.new()) as correlation_id:
            return {"queued": wire_fan_out().run(correlation_id)}
    return process(event, _refresh)


def _refresh(record: SQSRecord) -> None:
    message = RefreshRequested.model_validate_json(record.body)
    job = RefreshJob(
        tenant_id=TenantId(message.tenant_id),
        account_id=AccountId(message.account_id),
        correlation_id=CorrelationId(message.correlation_id),
    )
    wire().run(job)
    wire_books().synced(job.tenant_id, job.account_id)
