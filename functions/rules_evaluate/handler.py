"""Entry: batches of `rules-evaluate`; each minute what schedules name, and again what a queue lost."""

from __future__ import annotations

import logging
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.rules_evaluate.wiring import wire, wire_schedules, wire_sweep
from nightdesk.contracts.queues import CandidateTold
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.firing import CandidateId, CandidateRef
from nightdesk.runtime import correlation
from nightdesk.runtime.batch import process
from nightdesk.runtime.functions import entry

_log = logging.getLogger(__name__)


@entry("rules_evaluate")
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Judge the candidates of the messages, or tell those whose minute it is and send those again that wait."""
    if event.get("detail-type") == "Scheduled Event":
        wire()  # so that a candidate finds a process that is ready
        with correlation.bound(correlation.new()):
            return {"told": wire_schedules().run(), "sent": wire_sweep().run()}
    return process(event, _judge)


def _judge(record: SQSRecord) -> None:
    message = CandidateTold.model_validate_json(record.body)
    ref = CandidateRef(
        TenantId(message.tenant_id),
        RuleSetId(message.rule_set_id),
        CandidateId(message.candidate_id),
        CorrelationId(message.correlation_id),
    )
    outcome = wire().judge(ref)
    _log.info("candidate judged", extra={"rule_set_id": str(ref.rule_set_id), "outcome": outcome or "judged before"})
