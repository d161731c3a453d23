"""What the function is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import cast

import boto3

from nightdesk.accounts.importing import ImportService
from nightdesk.accounts.model import AccountRef
from nightdesk.accounts.ports import Booked, ImportUnit
from nightdesk.adapters.aws.errors import ONCE, QUICK
from nightdesk.adapters.aws.gateway import LambdaVenueGateway
from nightdesk.adapters.aws.queues import SqsImportQueue
from nightdesk.adapters.postgres.accounts import PostgresAccountStore
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.holdings import PostgresHoldingStore
from nightdesk.adapters.postgres.imports import PostgresImportStore
from nightdesk.adapters.postgres.ledger import PostgresLedgerStore
from nightdesk.adapters.postgres.outbox import PostgresOutbox
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.ledger_news import NotedNews, ValkeyLedgerNews
from nightdesk.adapters.redis.progress import ValkeyProgressChannel
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.ledger.model import Fact
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import SecretsClient, database_conninfo
from nightdesk.runtime.settings import settings


@cache
def wire() -> ImportService:
    """The service that runs imports."""
    here = settings()
    secrets = cast("SecretsClient", None if here.database_url else boto3.client("secretsmanager", config=QUICK))
    cache_client = valkey(here.require("valkey_url"))
    database = Database(database_conninfo(here, secrets), max_size=2)
    return ImportService(
        units=PostgresImportUnits(database, ValkeyLedgerNews(cache_client)),
        gateway=LambdaVenueGateway(boto3.client("lambda", config=ONCE), here.require("exchange_gateway_function")),
        queue=SqsImportQueue(boto3.client("sqs", config=QUICK), here.require("queue_accounts_import")),
        channel=ValkeyProgressChannel(cache_client),
        clock=SystemClock(),
    )


class PostgresImportUnits:
    """Opens transactions that hold a page whole: facts, holdings, cursor, counters, events; then tells the news."""

    def __init__(self, database: Database, news: ValkeyLedgerNews | None = None) -> None:
        self._database = database
        self._news = news

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[ImportUnit]:
        """A transaction of the tenant."""
        noted = NotedNews(self._news)
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield ImportUnit(
                PostgresAccountStore(connection),
                PostgresImportStore(connection),
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
        return Booked(len(appended.entries), len(appended.duplicates))

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
