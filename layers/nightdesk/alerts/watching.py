"""Nothing is lost silently.

Every 20 seconds deliveries that went quiet are queued again, digests sent, channels tried out by canaries, and what is
late is reported through the other channels and on the page. A delivery or canary counts as lost after 30 seconds, so
that a loss is reported within 60 seconds as long as the queue carries the looks in between, and otherwise by the next
minute's schedule.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID, uuid5

from nightdesk.alerts.model import (
    Alert,
    AlertId,
    Canary,
    CanaryId,
    Category,
    Channel,
    ChannelId,
    ChannelState,
    DeliveryId,
    Hops,
    Severity,
    Work,
    WorkKind,
)
from nightdesk.alerts.ports import AlertQueue, AlertUnits
from nightdesk.alerts.raising import AlertDesk
from nightdesk.alerts.sending import escalate
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.kernel.instants import EPOCH, Clock, format_instant

SILENT_AFTER: Final = timedelta(seconds=15)
LOST_AFTER: Final = timedelta(seconds=30)
FAILING_AFTER: Final = timedelta(seconds=10)
LOOKS_BETWEEN_S: Final = (20, 40)
A_LOOK: Final = 500
_NAMESPACE: Final = UUID("8f4b1f6e-6d0e-4b6c-8a53-0f6b3a0f7c55")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that is not where it should be."""

    tenant_id: TenantId
    delivery_id: DeliveryId
    alert_id: AlertId
    channel_id: ChannelId


@dataclass(frozen=True, slots=True)
class Trial:
    """A channel that is to be tried out so often, or a canary that never came back."""

    tenant_id: TenantId
    channel_id: ChannelId
    every_s: int = 0
    canary_id: CanaryId | None = None


class Watchtower(Protocol):
    """What waits, of all tenants."""

    def silent(self, queued_before: datetime, limit: int) -> tuple[Waiting, ...]:
        """Open deliveries that are due, without a sender, and were last queued before then."""
        ...

    def late(self, due_before: datetime, limit: int) -> tuple[Waiting, ...]:
        """Open deliveries that were due before then and are not reported yet."""
        ...

    def digests(self, now: datetime) -> tuple[Trial, ...]:
        """Channels with something in their digest that is due."""
        ...

    def channels(self) -> tuple[Trial, ...]:
        """Every usable channel that wants canaries."""
        ...

    def late_canaries(self, queued_before: datetime) -> tuple[Trial, ...]:
        """Canaries that were queued before then and neither came back nor failed."""
        ...

    def failing(self, failing_before: datetime) -> tuple[Trial, ...]:
        """Channels that have failed since before then."""
        ...


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look did."""

    resent: int
    digests: int
    canaries: int
    lost: int


class WatchService:
    """Runs each minute by schedule, and twice in between by messages of its own."""

    def __init__(
        self,
        *,
        tower: Watchtower,
        units: AlertUnits,
        queue: AlertQueue,
        clock: Clock,
        new_correlation: Callable[[], CorrelationId],
    ) -> None:
        self._tower = tower
        self._units = units
        self._queue = queue
        self._clock = clock
        self._new_correlation = new_correlation

    def look(self, *, and_again: bool) -> Looked:
        """Look once, and have two more looks come before the next minute.

        Raises:
            Unavailable: The database or the queue does not answer; the next look goes on.
        """
        now = self._clock.now()
        if and_again:
            self._queue.send([self._work(WorkKind.LOOK, delay_s=delay_s) for delay_s in LOOKS_BETWEEN_S])
        lost = self._report(now)
        return Looked(self._resend(now), self._digests(now), self._canaries(now), lost)

    def _resend(self, now: datetime) -> int:
        waiting = self._tower.silent(now - SILENT_AFTER, A_LOOK)
        works = [self._work(WorkKind.DELIVER, each.tenant_id, each.delivery_id) for each in waiting]
        for tenant_id in {each.tenant_id for each in waiting}:
            ids = [each.delivery_id for each in waiting if each.tenant_id == tenant_id]
            with self._units(tenant_id) as unit:
                unit.alerts.mark_queued(tenant_id, ids, now)
        self._queue.send(works)
        return len(works)

    def _digests(self, now: datetime) -> int:
        due = self._tower.digests(now)
        self._queue.send([self._work(WorkKind.DIGEST, each.tenant_id, each.channel_id) for each in due])
        return len(due)

    def _canaries(self, now: datetime) -> int:
        works = []
        for trial in self._tower.channels():
            canary = _canary(trial, now)
            with self._units(trial.tenant_id) as unit:
                if unit.channels.add_canary(canary):
                    works.append(self._work(WorkKind.CANARY, trial.tenant_id, canary.canary_id))
        self._queue.send(works)
        return len(works)

    def _report(self, now: datetime) -> int:
        late = self._tower.late(now - LOST_AFTER, A_LOOK)
        for waiting in late:
            self._lost(waiting, now)
        canaries = self._tower.late_canaries(now - LOST_AFTER)
        for trial in canaries:
            self._silent(trial, now)
        for trial in self._tower.failing(now - FAILING_AFTER):
            self._tell(trial, now)
        return len(late) + len(canaries)

    def _lost(self, lost: Waiting, now: datetime) -> None:
        with self._units(lost.tenant_id) as unit:
            if not unit.alerts.mark_lost(lost.tenant_id, lost.delivery_id, now):
                return
            unit.channels.set_channel_state(
                lost.tenant_id, lost.channel_id, ChannelState.FAILING, code="alerts.late", at=now - FAILING_AFTER
            )
            escalated = escalate(unit, lost.tenant_id, lost.alert_id, now)
        _log.warning("an alert is late", extra={"delivery_id": str(lost.delivery_id)})
        self._queue.send([self._work(WorkKind.DELIVER, lost.tenant_id, escalated.delivery_id)] if escalated else [])

    def _silent(self, lost: Trial, now: datetime) -> None:
        if lost.canary_id is None:
            return
        with self._units(lost.tenant_id) as unit:
            unit.channels.fail_canary(lost.tenant_id, lost.canary_id, "canary.late")
            unit.channels.set_channel_state(
                lost.tenant_id, lost.channel_id, ChannelState.FAILING, code="canary.late", at=now - FAILING_AFTER
            )

    def _tell(self, failing: Trial, now: datetime) -> None:
        """Report through every other channel, once for each outage of a channel."""
        with self._units(failing.tenant_id) as unit:
            channel = unit.channels.channel(failing.tenant_id, failing.channel_id)
            if channel is None or channel.failing_since is None:
                return
            desk = AlertDesk(unit.alerts, unit.channels, self._clock)
            desk.raise_alert(_outage(channel, channel.failing_since, now, self._new_correlation()))
        self._queue.send(desk.works)

    def _work(
        self, kind: WorkKind, tenant_id: TenantId | None = None, subject: UUID | None = None, *, delay_s: int = 0
    ) -> Work:
        correlation_id = self._new_correlation()
        return Work(kind=kind, tenant_id=tenant_id, subject=subject, correlation_id=correlation_id, delay_s=delay_s)


def _canary(trial: Trial, now: datetime) -> Canary:
    """The one of the present span; it is made once however often it is asked for."""
    span = timedelta(seconds=trial.every_s)
    due_at = EPOCH + (now - EPOCH) // span * span
    return Canary(
        tenant_id=trial.tenant_id,
        canary_id=CanaryId(uuid5(_NAMESPACE, f"{trial.channel_id}:{due_at.isoformat()}")),
        channel_id=trial.channel_id,
        due_at=due_at,
        queued_at=now,
    )


def _outage(channel: Channel, since: datetime, now: datetime, correlation_id: CorrelationId) -> Alert:
    return Alert(
        tenant_id=channel.tenant_id,
        key=f"channel.failing:{channel.channel_id}:{since.isoformat()}",
        category=Category.SYSTEM,
        severity=Severity.CRITICAL,
        title=f"{channel.name} does not deliver",
        text="Alerts that should have left by it are shown on the page of alerts; it is tried again by itself.",
        facts={"channel": channel.name, "code": channel.state_code or "", "since": format_instant(since)},
        link="/alerts",
        hops=Hops(evaluated_at=now),
        excluded=frozenset({channel.channel_id}),
        correlation_id=correlation_id,
    )
