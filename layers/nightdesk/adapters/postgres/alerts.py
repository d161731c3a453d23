"""Alerts and their deliveries in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from nightdesk.adapters.postgres.alerts_channels import PostgresChannelStore, PostgresCodeStore
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.alerts.model import (
    Alert,
    AlertId,
    Category,
    ChannelId,
    Delivery,
    DeliveryId,
    DeliveryState,
    Hops,
    RaisedAlert,
    Severity,
    Way,
)
from nightdesk.kernel.ids import CorrelationId, TenantId

_DELIVERY = """
    tenant_id, delivery_id, alert_id, channel_id, state, way, due_at, retry_at, escalated, attempts, leased_until,
    queued_at, taken_at, sent_at, delivered_at, receipt, error_code, lost_at
"""
ALERT_COLUMNS = """
    tenant_id, alert_id, key, category, severity, title, text, facts, link, correlation_id, venue_at, received_at,
    evaluated_at, raised_at, acknowledged_at
"""
_ADD = f"""
    INSERT INTO alerts ({ALERT_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, NULL)
    ON CONFLICT (tenant_id, alert_id) DO NOTHING
"""  # noqa: S608 - constants
_ADD_DELIVERY = """
    INSERT INTO alert_deliveries (tenant_id, delivery_id, alert_id, channel_id, state, way, due_at, retry_at, escalated,
      queued_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, delivery_id) DO NOTHING
"""
_GET = f"SELECT {ALERT_COLUMNS} FROM alerts WHERE tenant_id = %s AND alert_id = %s"  # noqa: S608 - constants
_DELIVERIES = f"""
    SELECT {_DELIVERY} FROM alert_deliveries WHERE tenant_id = %s AND alert_id = ANY(%s) ORDER BY due_at, delivery_id
"""  # noqa: S608 - constants
_COUNT = "SELECT count(*) FROM alerts WHERE tenant_id = %s AND category = %s AND raised_at > %s"
_FREE = """
    tenant_id = %(tenant)s AND (state = 'waiting' OR state = 'sending' AND leased_until < %(now)s)
    AND due_at <= %(now)s AND retry_at <= %(now)s
"""
_LEASE = """
    UPDATE alert_deliveries SET state = 'sending', leased_until = %(until)s, taken_at = %(now)s, attempts = attempts + 1
"""
_TAKE = f"{_LEASE} WHERE {_FREE} AND delivery_id = %(delivery)s RETURNING {_DELIVERY}"
_TAKE_DIGEST = f"""
    {_LEASE} WHERE tenant_id = %(tenant)s AND delivery_id IN (
      SELECT delivery_id FROM alert_deliveries WHERE {_FREE} AND channel_id = %(channel)s AND way <> 'now'
      ORDER BY due_at LIMIT 200 FOR UPDATE SKIP LOCKED
    ) RETURNING {_DELIVERY}
"""  # noqa: S608 - constants
_SAVE = """
    UPDATE alert_deliveries SET state = %s, retry_at = coalesce(%s, retry_at), leased_until = %s, queued_at = %s,
      sent_at = %s, delivered_at = %s, receipt = %s, error_code = %s
    WHERE tenant_id = %s AND delivery_id = %s AND state <> 'delivered'
"""
_QUEUED = "UPDATE alert_deliveries SET queued_at = %s WHERE tenant_id = %s AND delivery_id = ANY(%s)"
_LOST = """
    UPDATE alert_deliveries SET lost_at = %s WHERE tenant_id = %s AND delivery_id = %s
      AND lost_at IS NULL AND state IN ('waiting', 'sending')
"""


class PostgresAlertStore:
    """`AlertStore` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, raised: RaisedAlert) -> bool:
        """Keep a new alert with its deliveries; False if there is one under its key already."""
        alert, hops = raised.alert, raised.alert.hops
        said = (alert.tenant_id, raised.alert_id, alert.key, alert.category.value, alert.severity.value)
        shown = (alert.title, alert.text, Jsonb(dict(alert.facts)), alert.link, alert.correlation_id)
        passed = (hops.venue_at, hops.received_at, hops.evaluated_at, raised.raised_at)
        if self._connection.execute(_ADD, (*said, *shown, *passed)).rowcount == 0:
            return False
        for delivery in raised.deliveries:
            self.add_delivery(delivery)
        return True

    def get(self, tenant_id: TenantId, alert_id: AlertId) -> RaisedAlert | None:
        """The alert with its deliveries."""
        row = self._connection.execute(_GET, (tenant_id, alert_id)).fetchone()
        return None if row is None else alert_of(row, self.deliveries(tenant_id, [alert_id]))

    def deliveries(self, tenant_id: TenantId, alert_ids: Sequence[AlertId]) -> tuple[Delivery, ...]:
        """The deliveries of the alerts."""
        rows = self._connection.execute(_DELIVERIES, (tenant_id, list(alert_ids)))
        return tuple(delivery_of(row) for row in rows)

    def count_since(self, tenant_id: TenantId, category: Category, since: datetime) -> int:
        """How many alerts of the category were raised since then."""
        row = self._connection.execute(_COUNT, (tenant_id, category.value, since)).fetchone()
        return int(row[0]) if row else 0

    def add_delivery(self, delivery: Delivery) -> bool:
        """Keep one more delivery of an alert."""
        named = (delivery.tenant_id, delivery.delivery_id, delivery.alert_id, delivery.channel_id)
        due = (delivery.state.value, delivery.way.value, delivery.due_at, delivery.retry_at or delivery.due_at)
        row = (*named, *due, delivery.escalated, delivery.queued_at)
        return self._connection.execute(_ADD_DELIVERY, row).rowcount > 0

    def take(self, tenant_id: TenantId, delivery_id: DeliveryId, now: datetime, until: datetime) -> Delivery | None:
        """Lease the delivery if it is open, due and with no other sender."""
        wanted = {"tenant": tenant_id, "delivery": delivery_id, "now": now, "until": until}
        row = self._connection.execute(_TAKE, wanted).fetchone()
        return None if row is None else delivery_of(row)

    def take_digest(
        self, tenant_id: TenantId, channel_id: ChannelId, now: datetime, until: datetime
    ) -> tuple[Delivery, ...]:
        """Lease everything of the channel's digest that is due, the oldest first."""
        wanted = {"tenant": tenant_id, "channel": channel_id, "now": now, "until": until}
        rows = self._connection.execute(_TAKE_DIGEST, wanted).fetchall()
        return tuple(sorted((delivery_of(row) for row in rows), key=lambda each: (each.due_at, each.delivery_id)))

    def save(self, delivery: Delivery) -> None:
        """Keep what changed of a leased delivery."""
        leased = (delivery.state.value, delivery.retry_at, delivery.leased_until, delivery.queued_at)
        done = (delivery.sent_at, delivery.delivered_at, delivery.receipt, delivery.error_code)
        self._connection.execute(_SAVE, (*leased, *done, delivery.tenant_id, delivery.delivery_id))

    def mark_queued(self, tenant_id: TenantId, delivery_ids: Sequence[DeliveryId], at: datetime) -> None:
        """Note that the deliveries were handed to the queue."""
        self._connection.execute(_QUEUED, (at, tenant_id, list(delivery_ids)))

    def mark_lost(self, tenant_id: TenantId, delivery_id: DeliveryId, at: datetime) -> bool:
        """Note that an open delivery's being late is reported."""
        return self._connection.execute(_LOST, (at, tenant_id, delivery_id)).rowcount > 0


@dataclass(frozen=True, slots=True)
class PostgresAlertUnit:
    """`AlertUnit`."""

    alerts: PostgresAlertStore
    channels: PostgresChannelStore
    codes: PostgresCodeStore


class PostgresAlertUnits:
    """Opens transactions of a tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[PostgresAlertUnit]:
        """A transaction."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield unit_of(connection)


def unit_of(connection: Connection) -> PostgresAlertUnit:
    """The stores in the transaction of one connection."""
    return PostgresAlertUnit(
        PostgresAlertStore(connection), PostgresChannelStore(connection), PostgresCodeStore(connection)
    )


def alert_of(row: Sequence[Any], deliveries: tuple[Delivery, ...]) -> RaisedAlert:
    """An alert's row as it is spoken of."""
    tenant, alert_id, key, category, severity, title, text, facts, link, correlation, *instants = row
    venue_at, received_at, evaluated_at, raised_at, acknowledged_at = instants
    alert = Alert(
        tenant_id=TenantId(tenant),
        key=key,
        category=Category(category),
        severity=Severity(severity),
        title=title,
        text=text,
        facts=facts,
        link=link,
        hops=Hops(venue_at=venue_at, received_at=received_at, evaluated_at=evaluated_at),
        correlation_id=CorrelationId(correlation),
    )
    own = tuple(each for each in deliveries if each.alert_id == alert_id)
    return RaisedAlert(
        alert=alert,
        alert_id=AlertId(alert_id),
        raised_at=raised_at,
        acknowledged_at=acknowledged_at,
        deliveries=own,
    )


def delivery_of(row: Sequence[Any]) -> Delivery:
    """A delivery's row as it is spoken of."""
    tenant, delivery, alert, channel, state, way, due_at, retry_at, escalated, attempts, *more = row
    leased_until, queued_at, taken_at, sent_at, delivered_at, receipt, error_code, lost_at = more
    return Delivery(
        tenant_id=TenantId(tenant),
        delivery_id=DeliveryId(delivery),
        alert_id=AlertId(alert),
        channel_id=ChannelId(channel),
        state=DeliveryState(state),
        way=Way(way),
        due_at=due_at,
        retry_at=retry_at,
        escalated=escalated,
        attempts=attempts,
        leased_until=leased_until,
        queued_at=queued_at,
        taken_at=taken_at,
        sent_at=sent_at,
        delivered_at=delivered_at,
        receipt=receipt,
        error_code=error_code,
        lost_at=lost_at,
    )
