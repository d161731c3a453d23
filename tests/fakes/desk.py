"""The desk's services on fakes, and a caller who speaks to its API as API Gateway would."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aws_lambda_powertools.utilities.idempotency.persistence.cache import CachePersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.api.app import serve
from functions.api.desk import Desk
from functions.api.once import RememberedOnce
from nightdesk.accounts.service import AccountsService
from nightdesk.accounts.webhooks import WebhookService
from nightdesk.candles.service import CandleService
from nightdesk.contracts.api.answers import Answers
from nightdesk.identity.service import IdentityService
from nightdesk.ledger.service import LedgerService
from nightdesk.portfolio.service import PortfolioService
from tests.fakes.accounts import FakeAccountsUnits, FakeImportQueue, FakeRefreshQueue, FakeVenueGateway
from tests.fakes.budgets import FakeBudgetView
from tests.fakes.candles import FakeCandles
from tests.fakes.clock import CountedIds, FakeClock
from tests.fakes.identity import FakeIdentityProvider, FakeIdentityStore, FakeTokenVerifier
from tests.fakes.ledger import FakeLedgerStore
from tests.fakes.portfolio import FakeBookStore, FakePortfolioUnits, FakePriceBook
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
    gateway: FakeVenueGateway = field(default_factory=FakeVenueGateway)
    imports: FakeImportQueue = field(default_factory=FakeImportQueue)
    refreshes: FakeRefreshQueue = field(default_factory=FakeRefreshQueue)
    webhooks: FakeWebhookStore = field(default_factory=FakeWebhookStore)
    ledger: FakeLedgerStore = field(default_factory=FakeLedgerStore)
    books: FakeBookStore = field(default_factory=FakeBookStore)
    prices: FakePriceBook = field(default_factory=FakePriceBook)
    candles: FakeCandles = field(default_factory=FakeCandles)
    cache: FakeCache = field(default_factory=FakeCache)
    checks: dict[str, Callable[[], None]] = field(default_factory=dict)

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

    def desk(self) -> Desk:
        return Desk(
            identity=self.identity_service(),
            answers=self.answers(),
            candles=CandleService(self.candles.readers),
            webhooks=self.webhook_service(),
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
