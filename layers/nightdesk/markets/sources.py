"""How the sources of reference data are: when each answered last, with what, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How a source is.

    Attributes:
        asked_at: When it was asked last.
        answered_at: When it last answered what could be used.
        made_at: When it says that its answer was made.
        items: How many rows that had.
        failure_code: Why the last question failed; None when it did not.
        mark: Handed back with the next question.
        credits_month: Of the plan's, spent in the month of `asked_at`; None where none are counted.
    """

    source: str
    asked_at: datetime
    answered_at: datetime | None = None
    made_at: datetime | None = None
    items: int = 0
    failure_code: str | None = None
    mark: str | None = None
    credits_month: int | None = None


class SourceStates(Protocol):
    """Where that is kept."""

    def state(self, source: str) -> SourceState | None:
        """How the source is; None if it was never asked."""
        ...

    def note(self, state: SourceState) -> None:
        """Keep how it is."""
        ...

    def all(self) -> Sequence[SourceState]:
        """Every source that was ever asked, by name."""
        ...
