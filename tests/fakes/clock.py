"""Time and identities that tests decide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class FakeClock:
    """Stands still until told."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class CountedIds:
    """1, 2, 3 … as UUIDs."""

    def __init__(self, start: int = 1) -> None:
        self._numbers: Iterator[int] = count(start)

    def __call__(self) -> UUID:
        return UUID(int=next(self._numbers))
