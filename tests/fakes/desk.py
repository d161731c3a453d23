"""The desk's services on fakes, and a caller who speaks to its API as API Gateway would."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from aws_lambda_powertools.utilities.idempotency.persistence.cache import CachePersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.api.app import serve
from functions.api.desk import Desk
from functions.api.once import RememberedOnce
from nightdesk.accounts.files.service import FilesService
from nightdesk.accounts.key_service import KeyService
from nightdesk.accounts.positions import PositionService
from nightdesk.accounts.service import AccountsService
from nightdesk.accounts.webhooks import WebhookService
from nightdesk.candles.coverage_desk import CoverageDesk
from nightdesk.candles.service import CandleService
from nightdesk.contracts.api.action_answers import ActionAnswers
from nightdesk.contracts.api.answers import Answers
from nightdesk.contracts.api.chart_answers import ChartAnswers
from nightdesk.contracts.api.file_answers import FileAnswers
from nightdesk.contracts.api.key_answers import KeyAnswers
from nightdesk.contracts.api.ledger_answers import LedgerAnswers
from nightdesk.contracts.api.quality_answers import QualityAnswers
from nightdesk.contracts.api.reference_answers import ReferenceAnswers
from nightdesk.contracts.api.rule_answers import RuleAnswers
from nightdesk.contracts.api.valuation_answers import ValuationAnswers
from nightdesk.identity.service import IdentityService
from nightdesk.indicators.service import FormulaService
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.ids import TenantId
from nightdesk.ledger.corrections import Corrections
from nightdesk.ledger.exporting import ExportService
from nightdesk.ledger.quarantine import QuarantineService
from nightdesk.ledger.service import LedgerService
from nightdesk.markets.charts.service import ChartDesk
from nightdesk.orders.service import OrderDesk
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.portfolio.service import PortfolioService
from nightdesk.rules.action_previewing import ActionPreviewer
from nightdesk.rules.action_reading import ActionReads
from nightdesk.rules.desk import RuleDesk
from tests.builders.action_world import World
from tests.builders.ledger import ACCOUNT
from tests.fakes.accounts import FakeAccountsUnits, FakeImportQueue, FakeRefreshQueue, FakeVenueGateway
from tests.fakes.alerting import fake_alerting
from tests.fakes.books import FakeBooks
from tests.fakes.budgets import FakeBudgetView
from tests.fakes.candles import FakeCandles
from tests.fakes.charts import FakeCharts
from tests.fakes.clock import CountedIds, FakeClock
from tests.fakes.coverage import FakeCoverage
from tests.fakes.datafeed import FakeDatafeed
from tests.fakes.files import FakeFileQueue, FakeFilesUnits
from tests.fakes.formulas import FakeFormulas
from tests.fakes.identity import FakeIdentityProvider, FakeIdentityStore, FakeTokenVerifier
from tests.fakes.keys import FakeKeyGateway, FakeKeys
from tests.fakes.ledger import FakeLedgerStore
from tests.fakes.market_proxy import FakeBarsMemory, FakeVenueBars
from tests.fakes.market_quality import FakeQualityReads
from tests.fakes.orders import FakeTrading
from tests.fakes.portfolio import FakeBookStore, FakeHoldingStore, FakePortfolioUnits, FakePriceBook
from tests.fakes.positions import FakePositions
from tests.fakes.quarantine import FakeQuarantine
from tests.fakes.reference import FakeReference
from tests.fakes.rules import FakeRuleSets
from tests.fakes.valuations import FakeValuationReads
from tests.fakes.webhooks import FakeWebhookStore

ORIGIN = "http://127.0.0.1:8080"
ANNA, BORIS = "anna@example.com", "boris@example.com"
PASSWORDS = {ANNA: "correct horse", BORIS: "battery staple"}


class FakeCache:
    """As much of Valkey as the persistence of answers needs."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def get(self, name: Any) -> str | None:
        return self.values.get(name)

    def set(self, name: Any, value: Any, ex: Any = None, px: Any = None, nx: bool = False) -> bool | None:  # noqa: ARG002, FBT001, FBT002
        if nx and name in self.values:
            return None
        self.values[name] = value
        return True

    def delete(self, *names: Any) -> None:
        for name in names:
            self.values.pop(name, None)


class FakeInvocation(LambdaContext):
    """An invocation with time left."""

    def __init__(self) -> None:
        self._function_name = "nightdesk-api"
        self._memory_limit_in_mb = 512
        self._invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:nightdesk-api"
        self._aws_request_id = "11111111-1111-1111-1111-111111111111"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 10_000


@dataclass(slots=True)
class FakeDesk:
    """Everything behind the API, in memory, for tests to look into."""

    clock: FakeClock = field(default_factory=FakeClock)
    new_id: CountedIds = field(default_factory=CountedIds)
    users: FakeIdentityStore = field(default_factory=FakeIdentityStore)
    accounts: FakeAccountsUnits = field(default_factory=FakeAccountsUnits)
    positions: FakePositions = field(default_factory=FakePositions)
    gateway: FakeVenueGateway = field(default_factory=FakeVenueGateway)
    keys: FakeKeys = field(default_factory=FakeKeys)
    halts: list[tuple[TenantId, str]] = field(default_factory=list)
    imports: FakeImportQueue = field(default_factory=FakeImportQueue)
    refreshes: FakeRefreshQueue = field(default_factory=FakeRefreshQueue)
    webhooks: FakeWebhookStore = field(default_factory=FakeWebhookStore)
    ledger: FakeLedgerStore = field(default_factory=FakeLedgerStore)
    file_jobs: FakeFileQueue = field(default_factory=FakeFileQueue)
    books: FakeBookStore = field(default_factory=FakeBookStore)
    prices: FakePriceBook = field(default_factory=FakePriceBook)
    doubts: FakeBooks = field(init=False)
    candles: FakeCandles = field(default_factory=FakeCandles)
    coverage: FakeCoverage = field(default_factory=FakeCoverage)
    reference: FakeReference = field(default_factory=FakeReference)
    quality: FakeQualityReads = field(default_factory=FakeQualityReads)
    valuations: FakeValuationReads = field(default_factory=FakeValuationReads)
    charts: FakeCharts = field(default_factory=FakeCharts)
    formulas: FakeFormulas = field(default_factory=FakeFormulas)
    feed: FakeDatafeed = field(default_factory=FakeDatafeed)
    proxied: FakeVenueBars = field(default_factory=FakeVenueBars)
    trading: FakeTrading = field(default_factory=FakeTrading)
    acting: World = field(default_factory=World)
    rule_sets: FakeRuleSets = field(default_factory=FakeRuleSets)
    cache: FakeCache = field(default_factory=FakeCache)
    checks: dict[str, Callable[[], None]] = field(default_factory=dict)
    files: FakeFilesUnits = field(init=False)

    def __post_init__(self) -> None:
        self.doubts = FakeBooks(self.ledger)
        self.files = FakeFilesUnits(self.accounts, self.ledger)

    def identity_service(self) -> IdentityService:
        return IdentityService(
            provider=FakeIdentityProvider(self.clock, PASSWORDS),
            verifier=FakeTokenVerifier(self.clock),
            units=self.users,
            clock=self.clock,
            new_id=self.new_id,
        )

    def accounts_service(self) -> AccountsService:
        return AccountsService(
            units=self.accounts,
            gateway=self.gateway,
            imports=self.imports,
            refreshes=self.refreshes,
            clock=self.clock,
            new_id=self.new_id,
        )

    def answers(self) -> Answers:
        return Answers(
            accounts=self.accounts_service(),
            ledger=LedgerService(self.ledger),
            portfolio=PortfolioService(FakePortfolioUnits(self.ledger, books=self.books), self.prices, self.clock),
            clock=self.clock,
        )

    def webhook_service(self) -> WebhookService:
        return WebhookService(
            accounts=self.accounts,
            webhooks=self.webhooks,
            server_secret=lambda: b"the server's secret",
            new_token=lambda: f"{self.new_id().hex}-token",
            clock=self.clock,
        )

    def key_answers(self) -> KeyAnswers:
        known = self.answers()
        service = KeyService(
            accounts=self.accounts,
            keys=self.keys,
            gateway=FakeKeyGateway(self.gateway, self.accounts, self.keys),
            refreshes=self.refreshes,
            halt=lambda tenant_id, actor, _correlation_id: self.halts.append((tenant_id, actor)),
            clock=self.clock,
            new_id=self.new_id,
        )
        return KeyAnswers(keys=service, accounts=known.accounts, portfolio=known.portfolio)

    def ledger_answers(self) -> LedgerAnswers:
        quarantine = FakeQuarantine(self.ledger, ACCOUNT, self.clock.now())
        recorder = LedgerRecorder(self.ledger, FakeHoldingStore())
        return LedgerAnswers(
            ledger=LedgerService(self.ledger),
            exports=ExportService(self.ledger),
            quarantine=QuarantineService(quarantine, self.clock),
            corrections=lambda _tenant_id: nullcontext(Corrections(self.ledger, recorder)),
            clock=self.clock,
        )

    def file_answers(self) -> FileAnswers:
        service = FilesService(units=self.files, queue=self.file_jobs, clock=self.clock, new_id=self.new_id)
        return FileAnswers(files=service, accounts=self.accounts_service(), ledger=LedgerService(self.ledger))

    def action_answers(self) -> ActionAnswers:
        trading = self.acting.trading
        return ActionAnswers(
            firings=self.acting.runs,
            previewer=ActionPreviewer(ActionReads(books=trading, desk=trading)),
            orders=cast("OrderDesk", trading),
            ledger=LedgerService(self.ledger),
            webhook_secret=lambda tenant_id: f"secret of {tenant_id}",
            clock=self.clock,
        )

    def chart_answers(self) -> ChartAnswers:
        charts = ChartDesk(self.charts, self.clock, lambda: f"{self.new_id().hex}-to-open-it"[:43])
        return ChartAnswers(charts, FormulaService(self.formulas, self.clock))

    def desk(self) -> Desk:
        return Desk(
            identity=self.identity_service(),
            answers=self.answers(),
            keys=self.key_answers(),
            files=self.file_answers(),
            proof=self.ledger_answers(),
            books=self.doubts.answers(self.clock),
            orders=self.trading.answers(self.accounts, self.prices, self.clock, self.new_id),
            actions=self.action_answers(),
            rules=RuleAnswers(RuleDesk(self.rule_sets, self.clock, self.new_id, shadow_least=timedelta(days=3))),
            positions=PositionService(self.positions),
            reference=ReferenceAnswers(units=self.reference, portfolio=self.answers().portfolio, clock=self.clock),
            candles=CandleService(self.candles.readers),
            coverage=CoverageDesk(
                self.coverage,
                venues=[VenueId("binance"), VenueId("kraken")],
                has_market=lambda market: market.base in {"BTC", "ETH"},
                clock=self.clock,
            ),
            datafeed=self.feed.answers(self.candles, self.prices, self.ledger, self.clock),
            proxy=self.proxied.proxy(FakeBarsMemory(self.clock), self.clock),
            charts=self.chart_answers(),
            formulas=FormulaService(self.formulas, self.clock),
            webhooks=self.webhook_service(),
            alerting=fake_alerting(self.clock),
            quality=QualityAnswers(reads=self.quality, clock=self.clock),
            valuations=ValuationAnswers(portfolio=self.answers().portfolio, reads=self.valuations),
            budgets=FakeBudgetView(self.clock),
            once=RememberedOnce(CachePersistenceLayer(client=self.cache)),
            checks=self.checks,
            allowed_origin=ORIGIN,
            version="test",
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, list[str]]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The stable code of a problem."""
        assert self.headers["Content-Type"] == ["application/problem+json"], self
        return str(self.json["code"])


@dataclass(slots=True)
class Caller:
    """Sends requests, with a token once signed in."""

    desk: Desk
    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def call(
        self, method: str, path: str, body: object = None, *, text: str | None = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        sent = {"Content-Type": "application/json", **self.headers, **headers}
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        content = text if text is not None else None if body is None else json.dumps(body)
        reply = serve(event(method, path, content, sent), FakeInvocation(), self.desk)
        return Answer(int(reply["statusCode"]), reply["multiValueHeaders"], reply["body"] or "")

    def sign_in(self, email: str = ANNA) -> Answer:
        answer = self.call("POST", "/api/v1/session", {"email": email, "password": PASSWORDS[email]})
        self.token = answer.json["access_token"]
        return answer


def event(method: str, path: str, body: str | None, headers: Mapping[str, str]) -> dict[str, Any]:
    """A request as API Gateway's proxy integration hands it to a function."""
    parts = urlsplit(path)
    query: dict[str, list[str]] = {}
    for pair in filter(None, parts.query.split("&")):
        name, _, value = pair.partition("=")
        query.setdefault(name, []).append(value)
    return {
        "resource": "/api/{proxy+}",
        "httpMethod": method,
        "path": parts.path,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "requestContext": {"stage": "desk", "path": f"/desk{parts.path}", "identity": {"sourceIp": "127.0.0.1"}},
        "body": body,
        "isBase64Encoded": False,
    }
