"""Firings for charts, from PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from nightdesk.adapters.postgres.database import Database
from nightdesk.kernel.ids import TenantId
from nightdesk.rules.action_ports import FiringId
from nightdesk.rules.chart_firings import ChartFiring
from nightdesk.rules.model import Mode

_BETWEEN = """
    SELECT firing.firing_id, firing.instant, firing.mode, version.name, firing.reason
    FROM rule_firings AS firing
    JOIN rule_set_versions AS version USING (tenant_id, rule_set_id, version)
    WHERE firing.tenant_id = %(tenant)s AND firing.instant >= %(since)s AND firing.instant < %(until)s
      AND (%(speaks_of)s::text IS NULL OR version.definition::text ~ %(speaks_of)s)
    ORDER BY firing.instant DESC, firing.firing_id LIMIT %(limit)s
"""


class PostgresFiringReads:
    """`FiringReads` of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def between(
        self, tenant_id: TenantId, series: str | None, since: datetime, until: datetime, *, limit: int
    ) -> Sequence[ChartFiring]:
        """The newest of the time range, newest first."""
        # BTC/USD is no part of BTC/USDT.
        speaks_of = None if series is None else f"{re.escape(series)}(?![A-Z0-9$@._-])"
        asked = {"tenant": tenant_id, "since": since, "until": until, "limit": limit, "speaks_of": speaks_of}
        with self._database.transaction(tenant_id=tenant_id) as connection:
            rows = connection.execute(_BETWEEN, asked).fetchall()
        return [
            ChartFiring(firing_id=FiringId(row[0]), instant=row[1], mode=Mode(row[2]), rule_set=row[3], reason=row[4])
            for row in rows
        ]
