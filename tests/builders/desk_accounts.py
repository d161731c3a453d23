"""Accounts of a desk on real servers: PostgreSQL, Valkey, a paper exchange spoken to by ccxt over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import psycopg

from functions.accounts_import.wiring import PostgresImportUnits
from functions.exchange_gateway.dispatch import answer
from nightdesk.accounts.custody import CustodyService
from nightdesk.accounts.importing import ImportService
from nightdesk.accounts.model import Account, Credential, ImportJob, ImportProgress
from nightdesk.accounts.ports import ProgressChannel
from nightdesk.accounts.service import AccountsService, job_of
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSessions, MakeBalance
from nightdesk.adapters.postgres.accounts import PostgresAccountsUnits
from nightdesk.adapters.postgres.credentials import PostgresCredentialUnits
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.vault.key_file import FileKeyWrapper, make_key_file
from nightdesk.adapters.vault.sealing import EnvelopeVault
from nightdesk.balancer.turns import Turns
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.runtime.clock import SystemClock
from tests.fakes.accounts import FakeRefreshQueue
from tests.fakes.invocation import InvokedHere, gateway_of
from tests.fakes.queues import SeenProgress, WaitingImports
from tests.servers import Paper, Postgres

CORRELATION = CorrelationId("correlation-import")
READING = {"read": True, "trade": True, "withdraw": False}


@dataclass(slots=True, kw_only=True)
class DeskAccounts:
    """One tenant's accounts and all that serves them; `close` when done."""

    postgres: Postgres
    paper: Paper
    key_file: Path
    tenant_id: TenantId = field(default_factory=lambda: TenantId(uuid4()))
    channel: ProgressChannel = field(default_factory=SeenProgress)
    queue: WaitingImports = field(default_factory=WaitingImports)
    refreshes: FakeRefreshQueue = field(default_factory=FakeRefreshQueue)
    clock: Clock = field(default_factory=SystemClock)
    balance: MakeBalance | None = None
    turns: Turns | None = None
    sessions: ExchangeSessions = field(init=False)
    app: Database = field(init=False)
    vault_database: Database = field(init=False)
    custody: CustodyService = field(init=False)

    def __post_init__(self) -> None:
        if not self.key_file.exists():
            make_key_file(self.key_file)
        self.sessions = ExchangeSessions(
            Route.parse(self.paper.route), self.clock, balance=self.balance, turns=self.turns
        )
        self.app = Database(self.postgres.url("app"))
        self.vault_database = Database(self.postgres.url("gateway"))
        self.custody = CustodyService(
            units=PostgresCredentialUnits(self.vault_database),
            vault=EnvelopeVault(FileKeyWrapper(self.key_file)),
            sessions=self.sessions,
            clock=self.clock,
        )
        self._add_tenant()

    @property
    def gateway(self) -> Any:
        return gateway_of(lambda event: answer(self.custody, event))

    def invoked(self) -> InvokedHere:
        """The gateway's function, to look at what passes."""
        return InvokedHere(lambda event: answer(self.custody, event))

    def service(self) -> AccountsService:
        return AccountsService(
            units=PostgresAccountsUnits(self.app),
            gateway=self.gateway,
            imports=self.queue,
            refreshes=self.refreshes,
            clock=self.clock,
            new_id=uuid4,
        )

    def importer(self) -> ImportService:
        return ImportService(
            units=PostgresImportUnits(self.app),
            gateway=self.gateway,
            queue=self.queue,
            channel=self.channel,
            clock=self.clock,
        )

    def open_at_venue(
        self, history: dict[str, Any], permissions: dict[str, bool] = READING, *, venue: str = "binance"
    ) -> Credential:
        """An account of its own at the paper exchange."""
        body = {"label": "test", "venue": venue, "permissions": permissions, "history": history}
        opened = cast("dict[str, str]", self.paper.admin("POST", "/accounts", body))
        return Credential(opened["key"], opened["secret"])

    def connect(self, credential: Credential, label: str = "Main", *, venue: str = "binance") -> Account:
        return self.service().connect(
            self.tenant_id, venue=venue, credential=credential, label=label, correlation_id=CORRELATION
        )

    def import_all(self, account: Account, remaining_s: float = 600) -> ImportProgress:
        """Run what waits in the queue until the import has ended or waits for the venue."""
        job, importer = self.job(account), self.importer()
        self.queue.waiting.clear()
        importer.run(job, lambda: remaining_s)
        return self.progress(account)

    def job(self, account: Account) -> ImportJob:
        return job_of(self.progress(account))

    def progress(self, account: Account) -> ImportProgress:
        found = self.service().import_progress(self.tenant_id, account.account_id)
        assert found is not None
        return found

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What a query by the superuser finds."""
        with psycopg.connect(self.postgres.url("superuser")) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def close(self) -> None:
        self.sessions.close()
        self.app.close()
        self.vault_database.close()

    def _add_tenant(self) -> None:
        with psycopg.connect(self.postgres.url("superuser")) as connection:
            connection.execute(
                "INSERT INTO tenants (tenant_id, name, created_at) VALUES (%s, 'test', %s) ON CONFLICT DO NOTHING",
                (self.tenant_id, datetime.now(UTC)),
            )


@contextmanager
def desk_accounts(postgres: Postgres, paper: Paper, folder: Path) -> Iterator[DeskAccounts]:
    """A tenant of its own, closed with the block."""
    desk = DeskAccounts(postgres=postgres, paper=paper, key_file=folder / "vault.key")
    try:
        yield desk
    finally:
        desk.close()
