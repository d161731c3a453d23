"""Which function is running: told to whoever keeps a record of who asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_running: ContextVar[str] = ContextVar("running", default="service")


def running() -> str:
    """The name of the function whose handler runs; `service` where none does."""
    return _running.get()


@contextmanager
def named(service: str) -> Iterator[None]:
    """Run the block as the function of this name."""
    token = _running.set(service)
    try:
        yield
    finally:
        _running.reset(token)
