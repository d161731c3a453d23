"""What the function is made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from functions.ledger_record.recording import RecordingUnit, TradeRecording
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.holdings import PostgresHoldingStore
from nightdesk.adapters.postgres.imports import PostgresImportStore
from nightdesk.adapters.postgres.ledger import PostgresLedgerStore
from nightdesk.adapters.postgres.outbox import PostgresOutbox
from nightdesk.kernel.ids import TenantId
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import settings
from nightdesk.wiring import open_database


@cache
def wire() -> TradeRecording:
    """What records trades."""
    return TradeRecording(PostgresRecordingUnits(open_database(settings())), SystemClock())


class PostgresRecordingUnits:
    """Opens transactions that hold a trade whole: entry, holdings, skip, event."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[RecordingUnit]:
        """A transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield RecordingUnit(
                LedgerRecorder(PostgresLedgerStore(connection), PostgresHoldingStore(connection)),
                PostgresImportStore(connection),
                PostgresOutbox(connection),
            )
