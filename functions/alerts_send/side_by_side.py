"""Works on all records of a batch at once, so that a channel that hangs holds up nobody else's alert."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

AT_ONCE: Final = 10
Handle = Callable[[SQSRecord], None]


@contextmanager
def side_by_side(event: dict[str, Any], handle: Handle) -> Iterator[Handle]:
    """Begin with every record; what is given answers with a record's own outcome, and raises what it raised."""
    records = [SQSRecord(each) for each in event["Records"]]
    with ThreadPoolExecutor(min(len(records), AT_ONCE)) as pool:
        begun = {record.message_id: pool.submit(handle, record) for record in records}
        yield lambda record: begun[record.message_id].result()
