"""Queues and channels that remember what was sent."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from nightdesk.accounts.model import ImportJob, ImportProgress


@dataclass(slots=True)
class WaitingImports:
    """An import queue to take from; the delay is remembered, not waited for."""

    waiting: deque[tuple[ImportJob, int]] = field(default_factory=deque)

    def send(self, job: ImportJob, delay_s: int = 0) -> None:
        self.waiting.append((job, delay_s))


@dataclass(slots=True)
class SeenProgress:
    """Every progress that was published."""

    seen: list[tuple[ImportProgress, float | None]] = field(default_factory=list)

    def publish(self, progress: ImportProgress, eta_s: float | None) -> None:
        self.seen.append((progress, eta_s))
