"""The API over real PostgreSQL and Valkey; only who signs in, the venue and the queues are fakes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import uuid4

from aws_lambda_powertools.utilities.idempotency.persistence.cache import CachePersistenceLayer

from functions.api.desk import Desk
from functions.api.once import RememberedOnce
from functions.ledger_record.recording import TradeRecording
from functions.ledger_record.wiring import PostgresRecordingUnits
from nightdesk.accounts.service import AccountsService
from nightdesk.accounts.webhooks import WebhookService
from nightdesk.adapters.postgres.accounts import PostgresAccountsUnits
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.holdings import PostgresPortfolioUnits
from nightdesk.adapters.postgres.identity import PostgresIdentityUnits
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads
from nightdesk.adapters.postgres.webhooks import PostgresWebhookUnits
from nightdesk.adapters.redis.budget_view import RedisBudgetView
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.contracts.api.answers import Answers
from nightdesk.identity.service import IdentityService
from nightdesk.ledger.service import LedgerService
from nightdesk.portfolio.service import PortfolioService
from nightdesk.runtime.clock import SystemClock
from nightdesk.wiring import Stores, candle_service
from tests.fakes.accounts import FakeImportQueue, FakeRefreshQueue, FakeVenueGateway
from tests.fakes.clock import FakeClock
from tests.fakes.desk import ORIGIN, Caller
from tests.fakes.identity import FakeIdentityProvider, FakeTokenVerifier

PASSWORD = "correct horse"


@dataclass(slots=True)
class StoredDesk:
    """What stands behind the API, for tests to look into."""

    stores: Stores
    clock: FakeClock = field(default_factory=lambda: FakeClock(SystemClock().now()))
    gateway: FakeVenueGateway = field(default_factory=FakeVenueGateway)
    imports: FakeImportQueue = field(default_factory=FakeImportQueue)
    refreshes: FakeRefreshQueue = field(default_factory=FakeRefreshQueue)
    passwords: dict[str, str] = field(default_factory=dict)

    def identity(self) -> IdentityService:
        return IdentityService(
            provider=FakeIdentityProvider(self.clock, self.passwords),
            verifier=FakeTokenVerifier(self.clock),
            units=PostgresIdentityUnits(self.stores.database),
            clock=self.clock,
            new_id=uuid4,
        )

    def accounts(self) -> AccountsService:
        return AccountsService(
            units=PostgresAccountsUnits(self.stores.database),
            gateway=self.gateway,
            imports=self.imports,
            refreshes=self.refreshes,
            clock=self.clock,
            new_id=uuid4,
        )

    def answers(self) -> Answers:
        return Answers(
            accounts=self.accounts(),
            ledger=LedgerService(PostgresLedgerReads(self.stores.database)),
            portfolio=PortfolioService(
                PostgresPortfolioUnits(self.stores.database), ValkeyPriceBook(self.stores.cache), self.clock
            ),
            clock=self.clock,
        )

    def webhooks(self) -> WebhookService:
        return WebhookService(
            accounts=PostgresAccountsUnits(self.stores.database),
            webhooks=PostgresWebhookUnits(self.stores.database),
            server_secret=lambda: b"the server's secret",
            new_token=lambda: uuid4().hex,
            clock=self.clock,
        )

    def recording(self) -> TradeRecording:
        return TradeRecording(PostgresRecordingUnits(self.stores.database), self.clock)

    def desk(self) -> Desk:
        return Desk(
            identity=self.identity(),
            answers=self.answers(),
            candles=candle_service(self.stores.database),
            webhooks=self.webhooks(),
            budgets=RedisBudgetView(self.stores.cache),
            once=RememberedOnce(CachePersistenceLayer(client=cast("Any", self.stores.cache))),
            checks=self.stores.checks(),
            allowed_origin=ORIGIN,
            version="test",
        )

    def somebody(self) -> Caller:
        """A new user with a tenant of their own, signed in."""
        email = f"{uuid4().hex}@example.com"
        self.passwords[email] = PASSWORD
        caller = Caller(self.desk())
        answer = caller.call("POST", "/api/v1/session", {"email": email, "password": PASSWORD})
        caller.token = answer.json["access_token"]
        return caller


@contextmanager
def stored_desk(database_url: str, valkey_url: str) -> Iterator[StoredDesk]:
    """A desk on these servers; its connections are closed at the end."""
    stores = Stores(Database(database_url, max_size=4), valkey(valkey_url))
    try:
        yield StoredDesk(stores)
    finally:
        stores.database.close()
        stores.cache.close()
