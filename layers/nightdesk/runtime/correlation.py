"""The correlation id: one name for everything that one request set off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from uuid import uuid4

from nightdesk.kernel.ids import CorrelationId

HEADER: Final = "X-Correlation-Id"
_FORM: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
_present: ContextVar[CorrelationId | None] = ContextVar("correlation_id", default=None)


def new() -> CorrelationId:
    """A fresh one."""
    return CorrelationId(str(uuid4()))


def accept(text: str | None) -> CorrelationId:
    """The id that a caller sent, if it has the right form; otherwise a fresh one."""
    return CorrelationId(text) if text and _FORM.fullmatch(text) else new()


def current() -> CorrelationId | None:
    """The id under which this task is running."""
    return _present.get()


@contextmanager
def bound(correlation_id: CorrelationId) -> Iterator[CorrelationId]:
    """Run the block under the id: every log line in it carries it."""
    token = _present.set(correlation_id)
    try:
        yield correlation_id
    finally:
        _present.reset(token)
