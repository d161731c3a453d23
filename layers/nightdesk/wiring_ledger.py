"""What proves and mends the ledger is wired with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.holdings import PostgresHoldingStore
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads, PostgresLedgerStore
from nightdesk.adapters.postgres.ledger_quarantine import PostgresQuarantineStore
from nightdesk.adapters.redis.ledger_news import NotedNews, ValkeyLedgerNews
from nightdesk.contracts.api.ledger_answers import LedgerAnswers
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.ledger.corrections import Corrections
from nightdesk.ledger.exporting import ExportService
from nightdesk.ledger.model import Appended, Fact
from nightdesk.ledger.quarantine import QuarantineService, QuarantineUnit
from nightdesk.ledger.service import LedgerService
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.runtime.clock import SystemClock
from nightdesk.wiring import Stores


def ledger_answers(stores: Stores) -> LedgerAnswers:
    """What answers callers about the proof of their ledger."""
    reads, clock = PostgresLedgerReads(stores.database), SystemClock()
    news = ValkeyLedgerNews(stores.cache)

    def open_corrections(tenant_id: TenantId) -> AbstractContextManager[Corrections]:
        return _corrections(stores.database, news, tenant_id)

    return LedgerAnswers(
        ledger=LedgerService(reads),
        exports=ExportService(reads),
        quarantine=QuarantineService(PostgresQuarantineUnits(stores.database, news), clock),
        corrections=open_corrections,
        clock=clock,
    )


class PostgresQuarantineUnits:
    """Opens transactions that hold a name and what it lets be booked; then tells the news."""

    def __init__(self, database: Database, news: ValkeyLedgerNews | None = None) -> None:
        self._database = database
        self._news = news

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[QuarantineUnit]:
        """A transaction of the tenant."""
        noted = NotedNews(self._news)
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield QuarantineUnit(PostgresQuarantineStore(connection), _recorder(connection, noted))
        noted.tell()


class NotingRecorder:
    """`Recorder`: books, and notes what was new."""

    def __init__(self, recorder: LedgerRecorder, noted: NotedNews) -> None:
        self._recorder = recorder
        self._noted = noted

    def record(
        self,
        tenant_id: TenantId,
        account_id: AccountId,
        facts: Sequence[Fact],
        *,
        recorded_at: datetime,
        correlation_id: CorrelationId,
    ) -> Appended:
        """Append what the ledger does not hold yet and fold it."""
        done = self._recorder.record(
            tenant_id, account_id, facts, recorded_at=recorded_at, correlation_id=correlation_id
        )
        self._noted.note(tenant_id, account_id, done.entries)
        return done

    def settle(self, tenant_id: TenantId, account_id: AccountId, at: datetime) -> None:
        """Fold what became stale."""
        self._recorder.settle(tenant_id, account_id, at)


def _recorder(connection: Connection, noted: NotedNews) -> NotingRecorder:
    store = PostgresLedgerStore(connection)
    return NotingRecorder(LedgerRecorder(store, PostgresHoldingStore(connection)), noted)


@contextmanager
def _corrections(database: Database, news: ValkeyLedgerNews, tenant_id: TenantId) -> Iterator[Corrections]:
    noted = NotedNews(news)
    with database.transaction(tenant_id=tenant_id) as connection:
        yield Corrections(PostgresLedgerStore(connection), _recorder(connection, noted))
    noted.tell()
