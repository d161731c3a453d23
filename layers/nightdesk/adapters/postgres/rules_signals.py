"""The newest signals, for whoever watches and judges rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from nightdesk.adapters.postgres.alerts_signals import PostgresSignalReader
from nightdesk.adapters.postgres.database import Database
from nightdesk.alerts.signals import Signal
from nightdesk.kernel.ids import TenantId
from nightdesk.rules.signals import ToldSignal

_SINCE: Final = """
    SELECT tenant_id, name, instrument, value, counted_at FROM latest_signals WHERE counted_at >= %s ORDER BY counted_at
"""


class PostgresRuleSignals:
    """`SignalSource`, each time in a transaction of its own; as the role `tracker`, those of all tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self, tenant_id: TenantId, name: str, instrument: str | None = None) -> Signal | None:
        """The newest signal of the name that counts, of one instrument or of any."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            return PostgresSignalReader(connection).latest(tenant_id, name, instrument)

    def since(self, at: datetime) -> Sequence[ToldSignal]:
        """The newest of each name that counted at this wall instant or later, oldest first."""
        with self._database.transaction() as connection:
            rows = connection.execute(_SINCE, (at,)).fetchall()
        return [
            ToldSignal(tenant_id=TenantId(tenant), name=name, market=market, value=value, counted_at=counted_at)
            for tenant, name, market, value, counted_at in rows
        ]
