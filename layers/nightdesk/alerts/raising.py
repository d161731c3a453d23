"""Raising alerts, within the transaction of whoever has something to say.

Use, from any function or service::

    with database.transaction(tenant_id=tenant) as connection:
        desk = alert_desk(connection)                # nightdesk.wiring_alerts
        desk.raise_alert(Alert(tenant_id=tenant, key=f"firing:{firing}:{step}", …))
    queue.send(desk.works)                           # after the commit; what is not sent, the sweeper sends

The same key raises nothing again, so a redelivered message or a retried transaction is harmless.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from nightdesk.alerts.model import (
    TEXT_CHARACTERS_MAX,
    TITLE_CHARACTERS_MAX,
    Alert,
    Channel,
    Delivery,
    RaisedAlert,
    Way,
    Work,
    WorkKind,
    delivery_id,
)
from nightdesk.alerts.ports import AlertStore, ChannelStore
from nightdesk.alerts.preferences import Preferences
from nightdesk.kernel.instants import Clock


class AlertDesk:
    """Raises alerts in one transaction, and remembers what is to be sent once that is committed."""

    def __init__(self, alerts: AlertStore, channels: ChannelStore, clock: Clock) -> None:
        self._alerts = alerts
        self._channels = channels
        self._clock = clock
        self._works: list[Work] = []

    @property
    def works(self) -> tuple[Work, ...]:
        """What is to be handed to the queue after the commit."""
        return tuple(self._works)

    def raise_alert(self, alert: Alert) -> bool:
        """Keep the alert with one delivery for each channel that takes it; False if it was raised before."""
        now = self._clock.now()
        preferences = self._channels.preferences(alert.tenant_id)
        way, due_at = self._due(alert, preferences, now)
        channels = [channel for channel in self._channels.channels(alert.tenant_id) if channel.takes(alert)]
        raised = RaisedAlert(
            alert=_cut(alert),
            alert_id=alert.alert_id,
            raised_at=now,
            deliveries=tuple(_delivery(alert, channel, way, due_at) for channel in channels),
        )
        if way is Way.NOW:
            raised = replace(raised, deliveries=tuple(replace(each, queued_at=now) for each in raised.deliveries))
        if not self._alerts.add(raised):
            return False
        if way is Way.NOW:
            self._works += works_of(raised, preferences)
        return True

    def _due(self, alert: Alert, preferences: Preferences, now: datetime) -> tuple[Way, datetime]:
        span = timedelta(seconds=preferences.throttle_of(alert.category).span_s)
        before = self._alerts.count_since(alert.tenant_id, alert.category, now - span)
        return preferences.due(alert.severity, now, before, alert.category)


def works_of(raised: RaisedAlert, preferences: Preferences) -> list[Work]:
    """One message for each delivery, and one that looks later whether any of them arrived."""
    alert = raised.alert
    works = [
        Work(
            kind=WorkKind.DELIVER,
            tenant_id=alert.tenant_id,
            subject=each.delivery_id,
            correlation_id=alert.correlation_id,
        )
        for each in raised.deliveries
    ]
    if preferences.escalate_to is not None:
        look = Work(
            kind=WorkKind.ESCALATE,
            tenant_id=alert.tenant_id,
            subject=raised.alert_id,
            correlation_id=alert.correlation_id,
            delay_s=preferences.escalate_after_s,
        )
        works.append(look)
    return works


def _delivery(alert: Alert, channel: Channel, way: Way, due_at: datetime) -> Delivery:
    return Delivery(
        tenant_id=alert.tenant_id,
        delivery_id=delivery_id(alert.alert_id, channel.channel_id),
        alert_id=alert.alert_id,
        channel_id=channel.channel_id,
        way=way,
        due_at=due_at,
    )


def _cut(alert: Alert) -> Alert:
    return replace(alert, title=alert.title[:TITLE_CHARACTERS_MAX], text=alert.text[:TEXT_CHARACTERS_MAX])
