"""Entry: messages of `files-import`, each a file to take or to go on with; and each minute the sweep."""

from __future__ import annotations

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.files_import.wiring import wire, wire_sweeper
from nightdesk.accounts.files.stored import FileId, FileJob
from nightdesk.contracts.queues import FileImportRequested
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.runtime import correlation
from nightdesk.runtime.batch import process
from nightdesk.runtime.functions import entry


@entry("files_import")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Import the files; what failed is delivered again. By schedule, send again what the queue lost."""
    if event.get("detail-type") == "Scheduled Event":
        with correlation.bound(correlation.new()):
            return {"resent": wire_sweeper().sweep()}
    return process(event, partial(_import, context))


def _import(context: LambdaContext, record: SQSRecord) -> None:
    message = FileImportRequested.model_validate_json(record.body)
    job = FileJob(
        tenant_id=TenantId(message.tenant_id),
        account_id=AccountId(message.account_id),
        file_id=FileId(message.file_id),
        correlation_id=CorrelationId(message.correlation_id),
    )
    wire().run(job, lambda: context.get_remaining_time_in_millis() / 1000)
