"""What the function is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache

from nightdesk.accounts.files.importing import FileImportService, FileSweeper
from nightdesk.accounts.files.ports import FileImportUnit
from nightdesk.accounts.model import AccountRef
from nightdesk.accounts.ports import Booked
from nightdesk.adapters.postgres.accounts import PostgresAccountStore
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.file_events import PostgresKnownEvents, PostgresSilentFiles
from nightdesk.adapters.postgres.files import PostgresFileStore
from nightdesk.adapters.postgres.holdings import PostgresHoldingStore
from nightdesk.adapters.postgres.imports import PostgresImportStore
from nightdesk.adapters.postgres.ledger import PostgresLedgerStore
from nightdesk.adapters.postgres.outbox import PostgresOutbox
from nightdesk.adapters.redis.ledger_news import NotedNews, ValkeyLedgerNews
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.ledger.model import Fact
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import settings
from nightdesk.wiring import open_database, open_stores
from nightdesk.wiring_files import file_queue


@cache
def wire() -> FileImportService:
    """What imports files."""
    here = settings()
    stores = open_stores(here)
    units = PostgresFileImportUnits(stores.database, ValkeyLedgerNews(stores.cache))
    return FileImportService(units=units, queue=file_queue(here), clock=SystemClock())


@cache
def wire_sweeper() -> FileSweeper:
    """What sends lost files again; its database role sees of every tenant which are open."""
    here = settings()
    across = here.model_copy(
        update={"database_secret": here.outbox_database_secret, "database_url": here.outbox_database_url}
    )
    files = PostgresSilentFiles(open_database(across, connections_max=1))
    return FileSweeper(files, file_queue(here), SystemClock())


class PostgresFileImportUnits:
    """Opens transactions that hold a page whole: facts, holdings, position, rows, events; then tells the news."""

    def __init__(self, database: Database, news: ValkeyLedgerNews | None = None) -> None:
        self._database = database
        self._news = news

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[FileImportUnit]:
        """A transaction of the tenant."""
        noted = NotedNews(self._news)
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield FileImportUnit(
                PostgresFileStore(connection),
                PostgresAccountStore(connection),
                PostgresKnownEvents(connection),
                PostgresOutbox(connection),
                Recorder(connection, noted),
            )
        noted.tell()


class Recorder:
    """`FactRecorder`: the ledger and the holdings that follow from it, in one transaction."""

    def __init__(self, connection: Connection, noted: NotedNews) -> None:
        self._noted = noted
        self._holdings = PostgresHoldingStore(connection)
        self._imports = PostgresImportStore(connection)
        self._recorder = LedgerRecorder(PostgresLedgerStore(connection), self._holdings)

    def record(self, account: AccountRef, facts: Sequence[Fact], recorded_at: datetime) -> Booked:
        """Append what is not there yet."""
        appended = self._recorder.record(
            account.tenant_id,
            account.account_id,
            facts,
            recorded_at=recorded_at,
            correlation_id=account.correlation_id,
        )
        if appended.entries:
            self._noted.note(account.tenant_id, account.account_id, appended.entries)
        doubtful = len(appended.doubts)
        return Booked(len(appended.entries), len(appended.duplicates) - doubtful, doubtful)

    def settle(self, account: AccountRef, now: datetime) -> None:
        """Bring every projection up to date after the last fact."""
        self._recorder.settle(account.tenant_id, account.account_id, now)
        self._noted.note(account.tenant_id, account.account_id, ())

    def earliest_at(self, account: AccountRef) -> datetime | None:
        """When the first event of the account's ledger occurred."""
        return self._imports.earliest_at(account.tenant_id, account.account_id)

    def assets(self, account: AccountRef) -> frozenset[AssetId]:
        """Every asset that the account's ledger names."""
        return self._holdings.assets(account.tenant_id, account.account_id)
