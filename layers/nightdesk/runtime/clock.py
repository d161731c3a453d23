"""Wall time, the only place that reads it."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The machine's clock in UTC."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)  # noqa: TID251
