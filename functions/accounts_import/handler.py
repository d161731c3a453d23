"""Entry: messages of `accounts-import`, each an import to take or to go on with."""

from __future__ import annotations

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.accounts_import.wiring import wire, wire_books
from nightdesk.accounts.model import ImportJob
from nightdesk.contracts.queues import ImportRequested
from nightdesk.kernel.ids import AccountId, CorrelationId, ImportId, TenantId
from nightdesk.runtime.batch import process
from nightdesk.runtime.functions import entry


@entry("accounts_import")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run the imports; what failed is delivered again."""
    return process(event, partial(_import, context))


def _import(context: LambdaContext, record: SQSRecord) -> None:
    message = ImportRequested.model_validate_json(record.body)
    job = ImportJob(
        tenant_id=TenantId(message.tenant_id),
        account_id=AccountId(message.account_id),
        import_id=ImportId(message.import_id),
        correlation_id=CorrelationId(message.correlation_id),
    )
    wire().run(job, lambda: context.get_remaining_time_in_millis() / 1000)
    wire_books().imported(job.tenant_id, job.account_id)
