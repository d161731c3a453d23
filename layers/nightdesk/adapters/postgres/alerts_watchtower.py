"""What waits of all tenants' alerts; needs the outbox's own role."""

from __future__ import annotations

from datetime import datetime

from nightdesk.adapters.postgres.database import Database
from nightdesk.alerts.model import AlertId, CanaryId, ChannelId, DeliveryId
from nightdesk.alerts.watching import Trial, Waiting
from nightdesk.kernel.ids import TenantId

_SILENT = """
    SELECT tenant_id, delivery_id, alert_id, channel_id FROM alert_deliveries
    WHERE state IN ('waiting', 'sending') AND way = 'now' AND due_at < %(then)s AND retry_at < %(then)s
      AND coalesce(queued_at, due_at) < %(then)s AND coalesce(leased_until, due_at) < %(then)s
    ORDER BY due_at LIMIT %(limit)s
"""
_LATE = """
    SELECT tenant_id, delivery_id, alert_id, channel_id FROM alert_deliveries
    WHERE state IN ('waiting', 'sending') AND due_at < %(then)s AND lost_at IS NULL ORDER BY due_at LIMIT %(limit)s
"""
_DIGESTS = """
    SELECT DISTINCT tenant_id, channel_id FROM alert_deliveries
    WHERE state IN ('waiting', 'sending') AND way <> 'now' AND due_at <= %(now)s AND retry_at <= %(now)s
      AND coalesce(leased_until, due_at) <= %(now)s
"""
_CHANNELS = """
    SELECT tenant_id, channel_id, canary_every_s FROM alert_channels
    WHERE state IN ('verified', 'failing') AND canary_every_s > 0
"""
_LATE_CANARIES = """
    SELECT tenant_id, channel_id, canary_id FROM alert_canaries
    WHERE queued_at < %(then)s AND delivered_at IS NULL AND error_code IS NULL
"""
_FAILING = "SELECT tenant_id, channel_id FROM alert_channels WHERE state = 'failing' AND failing_since <= %(then)s"


class PostgresWatchtower:
    """`Watchtower`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def silent(self, queued_before: datetime, limit: int) -> tuple[Waiting, ...]:
        """Open deliveries that are due, without a sender, and were last queued before then."""
        return self._waiting(_SILENT, queued_before, limit)

    def late(self, due_before: datetime, limit: int) -> tuple[Waiting, ...]:
        """Open deliveries that were due before then and are not reported yet."""
        return self._waiting(_LATE, due_before, limit)

    def digests(self, now: datetime) -> tuple[Trial, ...]:
        """Channels with something in their digest that is due."""
        with self._database.transaction() as connection:
            rows = connection.execute(_DIGESTS, {"now": now}).fetchall()
        return tuple(Trial(TenantId(tenant), ChannelId(channel)) for tenant, channel in rows)

    def channels(self) -> tuple[Trial, ...]:
        """Every usable channel that wants canaries."""
        with self._database.transaction() as connection:
            rows = connection.execute(_CHANNELS).fetchall()
        return tuple(Trial(TenantId(tenant), ChannelId(channel), every_s) for tenant, channel, every_s in rows)

    def late_canaries(self, queued_before: datetime) -> tuple[Trial, ...]:
        """Canaries that were queued before then and neither came back nor failed."""
        with self._database.transaction() as connection:
            rows = connection.execute(_LATE_CANARIES, {"then": queued_before}).fetchall()
        return tuple(
            Trial(TenantId(tenant), ChannelId(channel), canary_id=CanaryId(canary)) for tenant, channel, canary in rows
        )

    def failing(self, failing_before: datetime) -> tuple[Trial, ...]:
        """Channels that have failed since before then."""
        with self._database.transaction() as connection:
            rows = connection.execute(_FAILING, {"then": failing_before}).fetchall()
        return tuple(Trial(TenantId(tenant), ChannelId(channel)) for tenant, channel in rows)

    def _waiting(self, query: str, then: datetime, limit: int) -> tuple[Waiting, ...]:
        with self._database.transaction() as connection:
            rows = connection.execute(query.encode(), {"then": then, "limit": limit}).fetchall()
        return tuple(
            Waiting(TenantId(tenant), DeliveryId(delivery), AlertId(alert), ChannelId(channel))
            for tenant, delivery, alert, channel in rows
        )
