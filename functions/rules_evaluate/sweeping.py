"""Sends candidates again that nobody has judged: a queue may have lost them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from nightdesk.rules.firing import CandidateRef

SILENT_AFTER_S: Final = 20.0
SENT_MAX: Final = 1000


class WaitingCandidates(Protocol):
    """Candidates of all tenants that nobody has judged."""

    def waiting(self, since_s: float, limit: int) -> list[CandidateRef]:
        """Those told longer ago than this, the oldest first."""
        ...


class CandidateQueue(Protocol):
    """Where candidates wait to be judged."""

    def send(self, refs: Sequence[CandidateRef]) -> None:
        """Hand the candidates over.

        Raises:
            Unavailable: `queue.unavailable`: at least one was not taken.
        """
        ...


class Sweep:
    """Runs each minute."""

    def __init__(self, waiting: WaitingCandidates, queue: CandidateQueue) -> None:
        self._waiting = waiting
        self._queue = queue

    def run(self) -> int:
        """Send what waits; how many.

        Raises:
            Unavailable: The database or the queue does not answer; the next sweep goes on.
        """
        refs = self._waiting.waiting(SILENT_AFTER_S, SENT_MAX)
        if refs:
            self._queue.send(refs)
        return len(refs)
