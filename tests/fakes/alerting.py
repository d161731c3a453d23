"""The services behind the API's routes of alerts, over stores in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from secrets import token_urlsafe
from uuid import uuid4

from functions.api.alerting import Alerting
from nightdesk.alerts.centre import AlertCentre, AlertFilter
from nightdesk.alerts.channels import ChannelService
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
)
from nightdesk.alerts.preferences import Preferences
from nightdesk.alerts.raising import AlertDesk
from nightdesk.alerts.signal_receiving import Known, SignalService, SignalUnit
from nightdesk.alerts.signals import HookId, Signal, SignalHook, SignalId
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.kernel.instants import Clock
from tests.fakes.alerts import FakeAlertQueue, FakeSenderGate, FakeSignalNews


@dataclass(slots=True)
class FakeAlertStores:
    """`AlertUnit` and `AlertReads`: alerts, channels, preferences and codes of all tenants."""

    raised: dict[AlertId, RaisedAlert] = field(default_factory=dict)
    by_id: dict[ChannelId, Channel] = field(default_factory=dict)
    chosen: dict[TenantId, Preferences] = field(default_factory=dict)
    hashes: dict[ChannelId, tuple[bytes, datetime, int]] = field(default_factory=dict)

    @property
    def alerts(self) -> FakeAlertStores:
        return self

    @property
    def codes(self) -> FakeAlertStores:
        return self

    @property
    def channels(self) -> FakeChannelStore:
        return FakeChannelStore(self)

    def add(self, raised: RaisedAlert) -> bool:
        return self.raised.setdefault(raised.alert_id, raised) is raised

    def get(self, tenant_id: TenantId, alert_id: AlertId) -> RaisedAlert | None:
        found = self.raised.get(alert_id)
        return found if found and found.alert.tenant_id == tenant_id else None

    def count_since(self, tenant_id: TenantId, category: Category, since: datetime) -> int:
        return sum(each.alert.category is category and each.raised_at > since for each in self._of(tenant_id))

    def add_delivery(self, delivery: Delivery) -> bool:
        raise NotImplementedError

    def take(self, tenant_id: TenantId, delivery_id: DeliveryId, now: datetime, until: datetime) -> Delivery | None:
        raise NotImplementedError

    def take_digest(
        self, tenant_id: TenantId, channel_id: ChannelId, now: datetime, until: datetime
    ) -> tuple[Delivery, ...]:
        raise NotImplementedError

    def save(self, delivery: Delivery) -> None:
        raise NotImplementedError

    def mark_queued(self, tenant_id: TenantId, delivery_ids: Sequence[DeliveryId], at: datetime) -> None:
        raise NotImplementedError

    def mark_lost(self, tenant_id: TenantId, delivery_id: DeliveryId, at: datetime) -> bool:
        raise NotImplementedError

    def put_code(self, tenant_id: TenantId, channel_id: ChannelId, code_hash: bytes, until: datetime) -> None:
        del tenant_id
        self.hashes[channel_id] = (code_hash, until, 0)

    def try_code(self, tenant_id: TenantId, channel_id: ChannelId, now: datetime) -> tuple[bytes, int] | None:
        del tenant_id
        kept = self.hashes.get(channel_id)
        if kept is None or kept[1] <= now:
            return None
        self.hashes[channel_id] = (kept[0], kept[1], kept[2] + 1)
        return kept[0], kept[2] + 1

    def page(self, tenant_id: TenantId, wanted: AlertFilter) -> Sequence[RaisedAlert]:
        found = sorted(self._of(tenant_id), key=lambda each: (each.raised_at, each.alert_id), reverse=True)
        return [each for each in found if _fits(each, wanted)][: wanted.limit]

    def unacknowledged(self, tenant_id: TenantId) -> int:
        return sum(each.acknowledged_at is None for each in self._of(tenant_id))

    def acknowledge(self, tenant_id: TenantId, alert_id: AlertId | None, at: datetime) -> int:
        found = [
            each for each in self._of(tenant_id) if each.acknowledged_at is None and alert_id in {None, each.alert_id}
        ]
        for each in found:
            self.raised[each.alert_id] = replace(each, acknowledged_at=at)
        return len(found)

    def canaries(self, tenant_id: TenantId, since: datetime, limit: int) -> Sequence[Canary]:
        del tenant_id, since, limit
        return ()

    def _of(self, tenant_id: TenantId) -> list[RaisedAlert]:
        return [each for each in self.raised.values() if each.alert.tenant_id == tenant_id]


@dataclass(slots=True)
class FakeChannelStore:
    """`ChannelStore`."""

    stores: FakeAlertStores

    def channels(self, tenant_id: TenantId) -> tuple[Channel, ...]:
        own = [each for each in self.stores.by_id.values() if each.tenant_id == tenant_id]
        return tuple(each for each in own if each.state is not ChannelState.REMOVED)

    def channel(self, tenant_id: TenantId, channel_id: ChannelId) -> Channel | None:
        found = self.stores.by_id.get(channel_id)
        return found if found and found.tenant_id == tenant_id else None

    def put_channel(self, channel: Channel) -> None:
        self.stores.by_id[channel.channel_id] = channel

    def remove_channel(self, tenant_id: TenantId, channel_id: ChannelId) -> None:
        del tenant_id
        self.put_channel(replace(self.stores.by_id[channel_id], state=ChannelState.REMOVED))

    def preferences(self, tenant_id: TenantId) -> Preferences:
        return self.stores.chosen.get(tenant_id, Preferences())

    def put_preferences(self, tenant_id: TenantId, preferences: Preferences) -> None:
        self.stores.chosen[tenant_id] = preferences

    def set_channel_state(
        self, tenant_id: TenantId, channel_id: ChannelId, state: ChannelState, *, code: str | None, at: datetime
    ) -> None:
        raise NotImplementedError

    def add_canary(self, canary: Canary) -> bool:
        raise NotImplementedError

    def canary(self, tenant_id: TenantId, canary_id: CanaryId) -> Canary | None:
        raise NotImplementedError

    def save_canary(self, canary: Canary) -> None:
        raise NotImplementedError

    def fail_canary(self, tenant_id: TenantId, canary_id: CanaryId, code: str) -> None:
        raise NotImplementedError


@dataclass(slots=True)
class FakeSignalStore:
    """`SignalStore` for whoever looks at hooks; what receives is tested over PostgreSQL."""

    kept: dict[HookId, SignalHook] = field(default_factory=dict)

    def hooks(self, tenant_id: TenantId) -> tuple[SignalHook, ...]:
        return tuple(each for each in self.kept.values() if each.tenant_id == tenant_id)

    def put_hook(self, hook: SignalHook, token_hash: bytes | None) -> None:
        del token_hash
        self.kept[hook.hook_id] = hook

    def remove_hook(self, tenant_id: TenantId, hook_id: HookId) -> None:
        if hook_id in self.kept and self.kept[hook_id].tenant_id == tenant_id:
            del self.kept[hook_id]

    def signals(self, tenant_id: TenantId, limit: int, before: tuple[datetime, SignalId] | None) -> Sequence[Signal]:
        del tenant_id, limit, before
        return ()

    def used(self, token_hash: bytes, at: datetime) -> SignalHook | None:
        raise NotImplementedError

    def find(self, hook: SignalHook, identity: str) -> Known | None:
        raise NotImplementedError

    def find_text(self, hook: SignalHook, identity: str, since: datetime) -> Known | None:
        raise NotImplementedError

    def count_since(self, hook: SignalHook, since: datetime) -> int:
        raise NotImplementedError

    def last_position(self, hook: SignalHook, name: str, instrument: str) -> tuple[str, datetime] | None:
        raise NotImplementedError

    def add(self, signal: Signal) -> None:
        raise NotImplementedError


class FakeSignalEvents:
    """Takes no events: the routes make none."""

    def add(
        self,
        tenant_id: TenantId,
        name: str,
        payload: Mapping[str, str | int | None],
        *,
        correlation_id: CorrelationId,
        at: datetime,
    ) -> None:
        raise NotImplementedError


def fake_alerting(clock: Clock) -> Alerting:
    """The services, over stores of their own."""
    stores, hooks, queue = FakeAlertStores(), FakeSignalStore(), FakeAlertQueue()

    @contextmanager
    def units(tenant_id: TenantId) -> Iterator[FakeAlertStores]:
        del tenant_id
        yield stores

    @contextmanager
    def signal_units(tenant_id: TenantId | None) -> Iterator[SignalUnit]:
        del tenant_id
        yield SignalUnit(hooks, FakeSignalEvents(), AlertDesk(stores, stores.channels, clock))

    return Alerting(
        AlertCentre(reads=stores, units=units, queue=queue, clock=clock, new_id=uuid4),
        ChannelService(units=units, gate=FakeSenderGate(), clock=clock, new_id=uuid4, new_code=lambda: "123456"),
        SignalService(
            units=signal_units,
            queue=queue,
            news=FakeSignalNews(),
            clock=clock,
            new_id=uuid4,
            new_token=lambda: token_urlsafe(32),
        ),
    )


def _fits(raised: RaisedAlert, wanted: AlertFilter) -> bool:
    return (
        (wanted.category is None or raised.alert.category is wanted.category)
        and (wanted.severity is None or raised.alert.severity is wanted.severity)
        and not (wanted.is_open and raised.acknowledged_at)
        and (wanted.before is None or (raised.raised_at, raised.alert_id) < wanted.before)
    )
