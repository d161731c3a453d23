"""What the function is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache

from functions.ledger_record.recording import RecordingUnit, TradeRecording
from nightdesk.accounts.files.claims import unclaimed_facts
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.file_events import PostgresKnownEvents
from nightdesk.adapters.postgres.holdings import PostgresHoldingStore
from nightdesk.adapters.postgres.imports import PostgresImportStore
from nightdesk.adapters.postgres.ledger import PostgresLedgerStore
from nightdesk.adapters.postgres.outbox import PostgresOutbox
from nightdesk.adapters.redis.ledger_news import NotedNews, ValkeyLedgerNews
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.ledger.model import Appended, Fact
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import settings
from nightdesk.wiring import open_stores


@cache
def wire() -> TradeRecording:
    """What records trades."""
    stores = open_stores(settings())
    return TradeRecording(PostgresRecordingUnits(stores.database, ValkeyLedgerNews(stores.cache)), SystemClock())


class PostgresRecordingUnits:
    """Opens transactions that hold a trade whole: entry, holdings, skip, event; then tells the news."""

    def __init__(self, database: Database, news: ValkeyLedgerNews | None = None) -> None:
        self._database = database
        self._news = news

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[RecordingUnit]:
        """A transaction of the tenant."""
        noted = NotedNews(self._news)
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield RecordingUnit(
                NotingRecorder(connection, noted),
                PostgresImportStore(connection),
                PostgresOutbox(connection),
            )
        noted.tell()


class NotingRecorder:
    """`Recorder`: books, and notes what was new."""

    def __init__(self, connection: Connection, noted: NotedNews) -> None:
        self._recorder = LedgerRecorder(PostgresLedgerStore(connection), PostgresHoldingStore(connection))
        self._noted = noted
        self._claims = PostgresKnownEvents(connection)

    def record(
        self,
        tenant_id: TenantId,
        account_id: AccountId,
        facts: Sequence[Fact],
        *,
        recorded_at: datetime,
        correlation_id: CorrelationId,
    ) -> Appended:
        """Append what the ledger does not hold yet, neither so nor as a file told it before, and fold it."""
        self._claims.lock(tenant_id, account_id)
        fresh = unclaimed_facts(self._claims, tenant_id, account_id, facts, recorded_at)
        appended = self._recorder.record(
            tenant_id, account_id, fresh, recorded_at=recorded_at, correlation_id=correlation_id
        )
        if appended.entries:
            self._noted.note(tenant_id, account_id, appended.entries)
        return appended
