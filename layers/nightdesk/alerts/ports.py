"""What alerts need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from nightdesk.alerts.model import (
    AlertId,
    Canary,
    CanaryId,
    Category,
    Channel,
    ChannelId,
    ChannelState,
    Delivery,
    DeliveryId,
    RaisedAlert,
    Work,
)
from nightdesk.alerts.preferences import Preferences
from nightdesk.kernel.ids import TenantId


class AlertStore(Protocol):
    """Alerts and their deliveries, within one transaction of one tenant."""

    def add(self, raised: RaisedAlert) -> bool:
        """Keep a new alert with its deliveries; False if there is one under its key already."""
        ...

    def get(self, tenant_id: TenantId, alert_id: AlertId) -> RaisedAlert | None:
        """The alert with its deliveries."""
        ...

    def count_since(self, tenant_id: TenantId, category: Category, since: datetime) -> int:
        """How many alerts of the category were raised since then."""
        ...

    def add_delivery(self, delivery: Delivery) -> bool:
        """Keep one more delivery of an alert; False if the channel has one already."""
        ...

    def take(self, tenant_id: TenantId, delivery_id: DeliveryId, now: datetime, until: datetime) -> Delivery | None:
        """Lease the delivery if it is open, due and with no other sender; one more attempt is counted."""
        ...

    def take_digest(
        self, tenant_id: TenantId, channel_id: ChannelId, now: datetime, until: datetime
    ) -> tuple[Delivery, ...]:
        """Lease everything of the channel's digest that is due, the oldest first."""
        ...

    def save(self, delivery: Delivery) -> None:
        """Keep what changed of a leased delivery."""
        ...

    def mark_queued(self, tenant_id: TenantId, delivery_ids: Sequence[DeliveryId], at: datetime) -> None:
        """Note that the deliveries were handed to the queue."""
        ...

    def mark_lost(self, tenant_id: TenantId, delivery_id: DeliveryId, at: datetime) -> bool:
        """Note that an open delivery's being late is reported; False if it is not open or was reported before."""
        ...


class ChannelStore(Protocol):
    """Channels, preferences and canaries, within one transaction of one tenant."""

    def channels(self, tenant_id: TenantId) -> tuple[Channel, ...]:
        """Every channel, the oldest first."""
        ...

    def channel(self, tenant_id: TenantId, channel_id: ChannelId) -> Channel | None:
        """One channel."""
        ...

    def put_channel(self, channel: Channel) -> None:
        """Keep a new or changed channel."""
        ...

    def remove_channel(self, tenant_id: TenantId, channel_id: ChannelId) -> None:
        """Forget it and what was still to be delivered by it."""
        ...

    def set_channel_state(
        self, tenant_id: TenantId, channel_id: ChannelId, state: ChannelState, *, code: str | None, at: datetime
    ) -> None:
        """Move a verified or failing channel to the state; `failing_since` stays that of the first failure."""
        ...

    def preferences(self, tenant_id: TenantId) -> Preferences:
        """What the tenant chose, or what holds for everybody."""
        ...

    def put_preferences(self, tenant_id: TenantId, preferences: Preferences) -> None:
        """Keep what the tenant chose."""
        ...

    def add_canary(self, canary: Canary) -> bool:
        """Keep a new canary; False if there is one of the channel and moment already."""
        ...

    def canary(self, tenant_id: TenantId, canary_id: CanaryId) -> Canary | None:
        """One canary."""
        ...

    def save_canary(self, canary: Canary) -> None:
        """Keep what changed of it."""
        ...

    def fail_canary(self, tenant_id: TenantId, canary_id: CanaryId, code: str) -> None:
        """Note that it never came back."""
        ...


class CodeStore(Protocol):
    """Codes that test messages showed, within one transaction of one tenant."""

    def put_code(self, tenant_id: TenantId, channel_id: ChannelId, code_hash: bytes, until: datetime) -> None:
        """Keep it in place of any other; tries are counted anew."""
        ...

    def try_code(self, tenant_id: TenantId, channel_id: ChannelId, now: datetime) -> tuple[bytes, int] | None:
        """The hash and the number of this try; None if no code is valid now."""
        ...


class AlertUnit(Protocol):
    """Stores that share one transaction."""

    @property
    def alerts(self) -> AlertStore:
        """Alerts and deliveries."""
        ...

    @property
    def channels(self) -> ChannelStore:
        """Channels and preferences."""
        ...

    @property
    def codes(self) -> CodeStore:
        """Codes that test messages showed."""
        ...


class AlertUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[AlertUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class AlertQueue(Protocol):
    """The queue `alerts`."""

    def send(self, works: Sequence[Work]) -> None:
        """Hand the works to senders.

        Raises:
            Unavailable: `queue.unavailable`: at least one was not taken; the sweeper makes up for it.
        """
        ...
