"""The API over real PostgreSQL and Valkey; only who signs in, the venue and the queues are fakes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

from aws_lambda_powertools.utilities.idempotency.persistence.cache import CachePersistenceLayer

from functions.api.desk import Desk
from functions.api.once import RememberedOnce
from functions.files_import.wiring import PostgresFileImportUnits
from functions.ledger_record.recording import TradeRecording
from functions.ledger_record.wiring import PostgresRecordingUnits
from nightdesk.accounts.files.importing import FileImportService
from nightdesk.accounts.files.service import FilesService
from nightdesk.accounts.model import VENUES
from nightdesk.accounts.positions import PositionService
from nightdesk.accounts.service import AccountsService
from nightdesk.accounts.webhooks import WebhookService
from nightdesk.adapters.postgres.accounts import PostgresAccountsUnits
from nightdesk.adapters.postgres.candle_coverage_reads import coverage_units
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.file_events import PostgresFilesUnits
from nightdesk.adapters.postgres.holdings import PostgresPortfolioUnits
from nightdesk.adapters.postgres.identity import PostgresIdentityUnits
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads
from nightdesk.adapters.postgres.positions import PostgresPositionUnits
from nightdesk.adapters.postgres.rules_desk import PostgresRuleDeskUnits
from nightdesk.adapters.postgres.webhooks import PostgresWebhookUnits
from nightdesk.adapters.redis.budget_view import RedisBudgetView
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.adapters.redis.proxied_bars import ValkeyBarsMemory
from nightdesk.candles.coverage_desk import CoverageDesk
from nightdesk.contracts.api.action_answers import ActionAnswers
from nightdesk.contracts.api.answers import Answers
from nightdesk.contracts.api.book_answers import BookAnswers
from nightdesk.contracts.api.file_answers import FileAnswers
from nightdesk.contracts.api.key_answers import KeyAnswers
from nightdesk.contracts.api.order_answers import OrderAnswers
from nightdesk.contracts.api.rule_answers import RuleAnswers
from nightdesk.identity.service import IdentityService
from nightdesk.ledger.service import LedgerService
from nightdesk.portfolio.service import PortfolioService
from nightdesk.rules.desk import RuleDesk
from nightdesk.runtime.clock import SystemClock
from nightdesk.wiring import Stores, candle_service, formula_service
from nightdesk.wiring_charts import chart_answers
from nightdesk.wiring_datafeed import datafeed_of
from nightdesk.wiring_ledger import ledger_answers
from nightdesk.wiring_quality import quality_answers, valuation_answers
from nightdesk.wiring_reference import reference_answers
from tests.builders.alerting import AlertFakes
from tests.fakes.accounts import FakeImportQueue, FakeRefreshQueue, FakeVenueGateway
from tests.fakes.clock import FakeClock
from tests.fakes.datafeed import FakeMarketRules
from tests.fakes.desk import ORIGIN, Caller
from tests.fakes.files import FakeFileQueue
from tests.fakes.identity import FakeIdentityProvider, FakeTokenVerifier
from tests.fakes.market_proxy import FakeVenueBars

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
    file_jobs: FakeFileQueue = field(default_factory=FakeFileQueue)
    alerts: AlertFakes = field(default_factory=AlertFakes)
    rules: FakeMarketRules = field(default_factory=FakeMarketRules)
    proxied: FakeVenueBars = field(default_factory=FakeVenueBars)

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

    def file_answers(self) -> FileAnswers:
        units = PostgresFilesUnits(self.stores.database)
        return FileAnswers(
            files=FilesService(units=units, queue=self.file_jobs, clock=self.clock, new_id=uuid4),
            accounts=self.accounts(),
            ledger=LedgerService(PostgresLedgerReads(self.stores.database)),
        )

    def import_files(self) -> None:
        """Be the worker until no file waits."""
        units = PostgresFileImportUnits(self.stores.database)
        service = FileImportService(units=units, queue=self.file_jobs, clock=self.clock)
        while self.file_jobs.jobs:
            service.run(self.file_jobs.jobs.pop(0), lambda: 600.0)

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
            files=self.file_answers(),
            proof=ledger_answers(self.stores),
            books=cast("BookAnswers", None),  # the inbox is tried with its own units
            keys=cast("KeyAnswers", None),  # keys are tried over the gateway
            positions=PositionService(PostgresPositionUnits(self.stores.database)),
            actions=cast("ActionAnswers", None),  # orders and actions are tried over the paper exchange
            orders=cast("OrderAnswers", None),
            rules=RuleAnswers(
                RuleDesk(PostgresRuleDeskUnits(self.stores.database), self.clock, uuid4, shadow_least=timedelta(days=3))
            ),
            formulas=formula_service(self.stores.database),
            candles=candle_service(self.stores.database),
            reference=reference_answers(self.stores, self.answers().portfolio),
            coverage=CoverageDesk(
                coverage_units(self.stores.database),
                venues=[each.venue for each in VENUES],
                has_market=lambda market: market.base != "NOPE",
                clock=self.clock,
            ),
            datafeed=datafeed_of(self.stores, self.rules.of, self.clock),
            proxy=self.proxied.proxy(ValkeyBarsMemory(self.stores.cache), self.clock),
            charts=chart_answers(self.stores),
            webhooks=self.webhooks(),
            alerting=self.alerts.alerting(self.stores.database, self.clock),
            quality=quality_answers(self.stores),
            valuations=valuation_answers(self.stores),
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
