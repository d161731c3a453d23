"""Nothing that was kept is left unsaid: events leave the outbox, silent imports go back to their queue."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from nightdesk.accounts.model import Event, ImportJob
from nightdesk.accounts.ports import ImportQueue
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.instants import Clock

EVENTS_A_BATCH: Final = 200
BATCHES_MAX: Final = 50
IMPORTS_A_SWEEP: Final = 500
SILENT_AFTER: Final = timedelta(seconds=60)
KEPT_AFTER: Final = timedelta(days=7)

Account = tuple[TenantId, AccountId]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingEvent:
    """An event that has not been published."""

    event_id: UUID
    tenant_id: TenantId
    event: Event
    correlation_id: CorrelationId
    created_at: datetime


class WaitingRoom(Protocol):
    """What waits to be sent, of all tenants."""

    def publish(self, send: Callable[[Sequence[WaitingEvent]], Sequence[UUID]], limit: int, now: datetime) -> int:
        """Hand at most so many waiting events to `send`, mark those it answers; how many there were."""
        ...

    def forget(self, published_before: datetime) -> int:
        """Remove what was published long ago."""
        ...

    def silent_imports(self, silent_since: datetime, limit: int) -> tuple[ImportJob, ...]:
        """Open imports without a sign of life since then."""
        ...

    def connected_accounts(self) -> tuple[Account, ...]:
        """Every account of every tenant that can be refreshed."""
        ...


class EventBus(Protocol):
    """Where events are published."""

    def publish(self, events: Sequence[WaitingEvent]) -> Sequence[UUID]:
        """Publish the events, at least once each; those that arrived.

        Raises:
            Unavailable: `events.unavailable`: none did.
        """
        ...


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    published: int
    resent: int


class PublishingService:
    """Runs each minute."""

    def __init__(self, *, room: WaitingRoom, bus: EventBus, queue: ImportQueue, clock: Clock) -> None:
        self._room = room
        self._bus = bus
        self._queue = queue
        self._clock = clock

    def sweep(self) -> Swept:
        """Send again what imports have gone silent, then publish what waits.

        Raises:
            Unavailable: The database, the queue or the bus does not answer; the next sweep goes on.
        """
        resent = self._resend()
        published = self._publish()
        self._room.forget(self._clock.now() - KEPT_AFTER)
        return Swept(published=published, resent=resent)

    def _resend(self) -> int:
        jobs = self._room.silent_imports(self._clock.now() - SILENT_AFTER, IMPORTS_A_SWEEP)
        for job in jobs:
            self._queue.send(job)
            _log.warning("silent import sent again", extra={"import_id": str(job.import_id)})
        return len(jobs)

    def _publish(self) -> int:
        published = 0

        def send(events: Sequence[WaitingEvent]) -> Sequence[UUID]:
            nonlocal published
            arrived = self._bus.publish(events)
            published += len(arrived)
            return arrived

        for _ in range(BATCHES_MAX):
            before = published
            waiting = self._room.publish(send, EVENTS_A_BATCH, self._clock.now())
            if waiting < EVENTS_A_BATCH or published == before:
                break
        return published
