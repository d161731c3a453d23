"""The alert centre: what was raised and how it travelled, what was chosen, tests of the whole way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from nightdesk.alerts.model import (
    Alert,
    AlertId,
    Canary,
    Category,
    ChannelId,
    ChannelState,
    Hops,
    RaisedAlert,
    Severity,
)
from nightdesk.alerts.ports import AlertQueue, AlertUnits
from nightdesk.alerts.preferences import Preferences, zone_of
from nightdesk.alerts.raising import AlertDesk
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.kernel.instants import Clock

CANARIES_SHOWN: Final = timedelta(hours=24)
CANARIES_MAX: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts are asked for; None is any.

    Attributes:
        before: Only those raised before this place.
        is_open: Only those that nobody has acknowledged yet.
    """

    category: Category | None = None
    severity: Severity | None = None
    is_open: bool = False
    before: tuple[datetime, AlertId] | None = None
    limit: int = 50


class AlertReads(Protocol):
    """Reads what is shown."""

    def page(self, tenant_id: TenantId, wanted: AlertFilter) -> Sequence[RaisedAlert]:
        """Alerts, the newest first."""
        ...

    def unacknowledged(self, tenant_id: TenantId) -> int:
        """How many nobody has acknowledged."""
        ...

    def acknowledge(self, tenant_id: TenantId, alert_id: AlertId | None, at: datetime) -> int:
        """Acknowledge one, or all that were raised until then; how many were not before."""
        ...

    def canaries(self, tenant_id: TenantId, since: datetime, limit: int) -> Sequence[Canary]:
        """Canaries since then, the newest first."""
        ...


class AlertCentre:
    """What the page of alerts asks for."""

    def __init__(
        self,
        *,
        reads: AlertReads,
        units: AlertUnits,
        queue: AlertQueue,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._reads = reads
        self._units = units
        self._queue = queue
        self._clock = clock
        self._new_id = new_id

    def page(self, tenant_id: TenantId, wanted: AlertFilter) -> Sequence[RaisedAlert]:
        """Alerts with their deliveries, the newest first."""
        return self._reads.page(tenant_id, wanted)

    def unacknowledged(self, tenant_id: TenantId) -> int:
        """How many nobody has acknowledged."""
        return self._reads.unacknowledged(tenant_id)

    def get(self, tenant_id: TenantId, alert_id: AlertId) -> RaisedAlert:
        """One alert.

        Raises:
            NotFound: `alert.not_found`.
        """
        with self._units(tenant_id) as unit:
            found = unit.alerts.get(tenant_id, alert_id)
        if found is None:
            raise NotFound("alert.not_found", "There is no such alert.")
        return found

    def acknowledge(self, tenant_id: TenantId, alert_id: AlertId | None = None) -> int:
        """Acknowledge one alert, or all; how many were not before."""
        return self._reads.acknowledge(tenant_id, alert_id, self._clock.now())

    def canaries(self, tenant_id: TenantId) -> Sequence[Canary]:
        """Canaries of the last day, the newest first."""
        return self._reads.canaries(tenant_id, self._clock.now() - CANARIES_SHOWN, CANARIES_MAX)

    def raise_test(
        self,
        tenant_id: TenantId,
        severity: Severity,
        channels: tuple[ChannelId, ...],
        correlation_id: CorrelationId,
    ) -> RaisedAlert:
        """Send a test alert the whole way that every alert goes."""
        now = self._clock.now()
        alert = Alert(
            tenant_id=tenant_id,
            key=f"test:{self._new_id()}",
            category=Category.TEST,
            severity=severity,
            title="A test of your alerts",
            text="It went the whole way that every alert goes.",
            link="/alerts",
            hops=Hops(received_at=now, evaluated_at=now),
            channels=channels,
            correlation_id=correlation_id,
        )
        with self._units(tenant_id) as unit:
            desk = AlertDesk(unit.alerts, unit.channels, self._clock)
            desk.raise_alert(alert)
        self._queue.send(desk.works)
        return self.get(tenant_id, alert.alert_id)

    def preferences(self, tenant_id: TenantId) -> Preferences:
        """What was chosen."""
        with self._units(tenant_id) as unit:
            return unit.channels.preferences(tenant_id)

    def choose(self, tenant_id: TenantId, preferences: Preferences) -> Preferences:
        """Keep what was chosen.

        Raises:
            InvalidInput: `alerts.zone_unknown`.
            NotFound: `channel.not_found`: the channel to escalate to.
        """
        zone_of(preferences.zone)
        with self._units(tenant_id) as unit:
            target = preferences.escalate_to
            channel = unit.channels.channel(tenant_id, target) if target else None
            if target is not None and (channel is None or channel.state is ChannelState.REMOVED):
                raise NotFound("channel.not_found", "There is no channel to escalate to.")
            unit.channels.put_preferences(tenant_id, preferences)
        return preferences
