"""Batches from SQS: each record stands or falls alone, and only what failed is delivered again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from nightdesk.kernel.errors import NightdeskError
from nightdesk.runtime import correlation

RecordHandler = Callable[[SQSRecord], None]
_log = logging.getLogger(__name__)


def process(event: dict[str, Any], handle: RecordHandler, *, fifo: bool = False) -> dict[str, Any]:
    """Give every record to `handle`; answer which failed.

    Args:
        event: What SQS delivers to a function.
        handle: Takes a record; any exception puts the record back on its queue.
        fifo: After a failure the rest of the same message group, and only of it, is put back as well.

    Returns:
        The partial batch response: `{"batchItemFailures": [{"itemIdentifier": …}]}`.
    """
    processor = _fifo() if fifo else BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event=event, record_handler=_guarded(handle), processor=processor)
    return dict(answer)


def _fifo() -> SqsFifoPartialProcessor:
    processor = SqsFifoPartialProcessor(skip_group_on_error=True)
    processor.raise_on_entire_batch_failure = False
    return processor


def _guarded(handle: RecordHandler) -> RecordHandler:
    """The handler under the record's correlation id, its failures logged: the record boundary."""

    def guarded(record: SQSRecord) -> None:
        attribute = record.message_attributes["correlation_id"]  # None when absent; `get` would give a bare dict
        with correlation.bound(correlation.accept(attribute.string_value if attribute else None)):
            try:
                handle(record)
            except NightdeskError as error:
                _log.warning(
                    "record refused", extra={"message_id": record.message_id, "error_code": error.code}, exc_info=True
                )
                raise
            except Exception:
                _log.exception("record failed", extra={"message_id": record.message_id})
                raise

    return guarded
