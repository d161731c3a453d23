"""Entry: messages of `candles-backfill`, and every five minutes the schedule that plans, verifies and sends them."""

from __future__ import annotations

import logging
from dataclasses import asdict
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.candles_backfill.wiring import (
    market_at,
    meter,
    wire,
    wire_keeper,
    wire_planner,
    wire_records,
)
from nightdesk.candles.coverage import RangeJob
from nightdesk.contracts.queues import RangeRequested
from nightdesk.kernel.assets import VenueId
from nightdesk.runtime import correlation
from nightdesk.runtime.batch import process
from nightdesk.runtime.functions import entry

_log = logging.getLogger(__name__)


@entry("candles_backfill")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work on the ranges of the messages, or plan.

    Returns:
        The partial batch response, or what was planned: `{"wanted", "ranges", "verified", "missing", "sent", "kept"}`.
    """
    try:
        if event.get("detail-type") == "Scheduled Event":
            with correlation.bound(correlation.new()):
                return _plan()
        return process(event, partial(_fill, context))
    finally:
        meter().flush()


def _fill(context: LambdaContext, record: SQSRecord) -> None:
    message = RangeRequested.model_validate_json(record.body)
    job = RangeJob(message.range_id, VenueId(message.venue))
    wire().run(job, lambda: context.get_remaining_time_in_millis() / 1000)


def _plan() -> dict[str, Any]:
    kept = wire_keeper().run(market_at())
    records = wire_records().run(market_at())
    planned = wire_planner().run()
    meter().count("MinutesMissing", planned.missing)
    told = {
        **asdict(planned),
        "partitions_made": kept.partitions_made,
        "expired": len(kept.expired),
        "records": records,
    }
    _log.info("histories planned", extra={**told, "compression": kept.compression})
    return told
