"""What the function is made of."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import cast

import boto3

from nightdesk.accounts.files.claims import unclaimed_facts
from nightdesk.accounts.importing import ImportService
from nightdesk.accounts.keeping import BookKeeper
from nightdesk.accounts.model import AccountRef
from nightdesk.accounts.ports import Booked, ImportUnit
from nightdesk.adapters.aws.errors import ONCE, QUICK
from nightdesk.adapters.aws.gateway import LambdaVenueGateway
from nightdesk.adapters.aws.queues import SqsImportQueue
from nightdesk.adapters.postgres.accounts import PostgresAccountStore
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.file_events import PostgresKnownEvents
from nightdesk.adapters.postgres.holdings import PostgresHoldingStore
from nightdesk.adapters.postgres.imports import PostgresImportStore
from nightdesk.adapters.postgres.ledger import PostgresLedgerStore
from nightdesk.adapters.postgres.outbox import PostgresOutbox
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.ledger_news import NotedNews, ValkeyLedgerNews
from nightdesk.adapters.redis.progress import ValkeyProgressChannel
from nightdesk.alerts.model import Work
from nightdesk.alerts.ports import AlertQueue
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import TenantId
from nightdesk.ledger.model import Fact
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import SecretsClient, database_conninfo
from nightdesk.runtime.serving import running
from nightdesk.runtime.settings import settings
from nightdesk.wiring_alerts import alert_desk, alert_queue
from nightdesk.wiring_keeper import book_keeper

_log = logging.getLogger(__name__)


@cache
def wire() -> ImportService:
    """The service that runs imports."""
    here = settings()
    secrets = cast("SecretsClient", None if here.database_url else boto3.client("secretsmanager", config=QUICK))
    cache_client = valkey(here.require("valkey_url"))
    database = Database(database_conninfo(here, secrets), max_size=2)
    return ImportService(
        units=PostgresImportUnits(database, ValkeyLedgerNews(cache_client), alert_queue(here)),
        gateway=LambdaVenueGateway(
            boto3.client("lambda", config=ONCE), here.require("exchange_gateway_function"), asker=running()
        ),
        queue=SqsImportQueue(boto3.client("sqs", config=QUICK), here.require("queue_accounts_import")),
        channel=ValkeyProgressChannel(cache_client),
        clock=SystemClock(),
    )


@cache
def wire_books() -> BookKeeper:
    """Who looks after the books of an imported account."""
    here = settings()
    secrets = cast("SecretsClient", None if here.database_url else boto3.client("secretsmanager", config=QUICK))
    return book_keeper(Database(database_conninfo(here, secrets), max_size=2), valkey(here.require("valkey_url")))


class PostgresImportUnits:
    """Opens transactions that hold a page whole: facts, holdings, cursor, counters, events; then tells the news."""

    def __init__(
        self, database: Database, news: ValkeyLedgerNews | None = None, alerts: AlertQueue | None = None
    ) -> None:
        self._database = database
        self._news = news
        self._alerts = alerts

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[ImportUnit]:
        """A transaction of the tenant."""
        noted = NotedNews(self._news)
        with self._database.transaction(tenant_id=tenant_id) as connection:
            desk = alert_desk(connection)
            yield ImportUnit(
                PostgresAccountStore(connection),
                PostgresImportStore(connection),
                PostgresOutbox(connection),
                Recorder(connection, noted),
                desk,
            )
        noted.tell()
        self._hand_over(desk.works)

    def _hand_over(self, works: tuple[Work, ...]) -> None:
        if not works or self._alerts is None:
            return
        try:
            self._alerts.send(works)
        except Unavailable as error:  # the alerts' own sweeper makes up for it
            _log.warning("alerts not queued", extra={"error_code": error.code})


class Recorder:
    """`FactRecorder`: the ledger and the holdings that follow from it, in one transaction."""

    def __init__(self, connection: Connection, noted: NotedNews) -> None:
        self._noted = noted
        self._holdings = PostgresHoldingStore(connection)
        self._imports = PostgresImportStore(connection)
        self._recorder = LedgerRecorder(PostgresLedgerStore(connection), self._holdings)
        self._claims = PostgresKnownEvents(connection)

    def record(self, account: AccountRef, facts: Sequence[Fact], recorded_at: datetime) -> Booked:
        """Append what is not there yet, neither as the venue tells it nor as a file told it before."""
        self._claims.lock(account.tenant_id, account.account_id)
        fresh = unclaimed_facts(self._claims, account.tenant_id, account.account_id, facts, recorded_at)
        appended = self._recorder.record(
            account.tenant_id,
            account.account_id,
            fresh,
            recorded_at=recorded_at,
            correlation_id=account.correlation_id,
        )
        if appended.entries:
            self._noted.note(account.tenant_id, account.account_id, appended.entries)
        duplicate = len(appended.duplicates) - len(appended.doubts) + len(facts) - len(fresh)
        return Booked(len(appended.entries), duplicate, len(appended.doubts) + len(appended.quarantined))

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
