"""What the alert centre shows, from PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from nightdesk.adapters.postgres.alerts import ALERT_COLUMNS, PostgresAlertStore, alert_of
from nightdesk.adapters.postgres.alerts_channels import PostgresChannelStore
from nightdesk.adapters.postgres.database import Database
from nightdesk.alerts.centre import AlertFilter
from nightdesk.alerts.model import AlertId, Canary, RaisedAlert
from nightdesk.kernel.ids import TenantId

_PAGE = f"""
    SELECT {ALERT_COLUMNS} FROM alerts WHERE tenant_id = %(tenant)s
      AND (%(category)s::text IS NULL OR category = %(category)s)
      AND (%(severity)s::text IS NULL OR severity = %(severity)s)
      AND (NOT %(open)s OR acknowledged_at IS NULL)
      AND (%(at)s::timestamptz IS NULL OR (raised_at, alert_id) < (%(at)s, %(id)s))
    ORDER BY raised_at DESC, alert_id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants
_OPEN = "SELECT count(*) FROM alerts WHERE tenant_id = %s AND acknowledged_at IS NULL"
_ACKNOWLEDGE = """
    UPDATE alerts SET acknowledged_at = %(at)s WHERE tenant_id = %(tenant)s AND acknowledged_at IS NULL
      AND (%(id)s::uuid IS NULL OR alert_id = %(id)s) AND raised_at <= %(at)s
"""


class PostgresAlertCentre:
    """`AlertReads`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, tenant_id: TenantId, wanted: AlertFilter) -> Sequence[RaisedAlert]:
        """Alerts, the newest first."""
        at, alert_id = wanted.before or (None, None)
        asked = {
            "tenant": tenant_id,
            "category": wanted.category.value if wanted.category else None,
            "severity": wanted.severity.value if wanted.severity else None,
            "open": wanted.is_open,
            "at": at,
            "id": alert_id,
            "limit": wanted.limit,
        }
        with self._database.transaction(tenant_id=tenant_id) as connection:
            rows = connection.execute(_PAGE, asked).fetchall()
            deliveries = PostgresAlertStore(connection).deliveries(tenant_id, [row[1] for row in rows])
        return [alert_of(row, deliveries) for row in rows]

    def unacknowledged(self, tenant_id: TenantId) -> int:
        """How many nobody has acknowledged."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            row = connection.execute(_OPEN, (tenant_id,)).fetchone()
        return int(row[0]) if row else 0

    def acknowledge(self, tenant_id: TenantId, alert_id: AlertId | None, at: datetime) -> int:
        """Acknowledge one, or all that were raised until then."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            return connection.execute(_ACKNOWLEDGE, {"tenant": tenant_id, "id": alert_id, "at": at}).rowcount

    def canaries(self, tenant_id: TenantId, since: datetime, limit: int) -> Sequence[Canary]:
        """Canaries since then, the newest first."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            return PostgresChannelStore(connection).canaries(tenant_id, since, limit)
