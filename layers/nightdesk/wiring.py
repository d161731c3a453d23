"""What the API's faces (REST, GraphQL, the live feed) have in common, put together once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from secrets import token_urlsafe
from typing import cast
from uuid import uuid4

import boto3
from redis import Redis

from nightdesk.accounts.service import AccountsService
from nightdesk.accounts.webhooks import WebhookService
from nightdesk.adapters.aws.cognito import CognitoIdentityProvider
from nightdesk.adapters.aws.errors import ONCE, QUICK
from nightdesk.adapters.aws.gateway import LambdaVenueGateway
from nightdesk.adapters.aws.queues import SqsImportQueue, SqsRefreshQueue
from nightdesk.adapters.aws.tokens import CognitoTokenVerifier
from nightdesk.adapters.postgres.accounts import PostgresAccountsUnits
from nightdesk.adapters.postgres.candles import candle_readers
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.formulas import PostgresFormulaUnits
from nightdesk.adapters.postgres.fx import RememberedFxTable
from nightdesk.adapters.postgres.holdings import PostgresPortfolioUnits
from nightdesk.adapters.postgres.identity import PostgresIdentityUnits
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads
from nightdesk.adapters.postgres.webhooks import PostgresWebhookUnits
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.errors import unavailable
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.candles.service import CandleService
from nightdesk.contracts.api.answers import Answers
from nightdesk.identity.service import IdentityService
from nightdesk.indicators.service import FormulaService
from nightdesk.ledger.service import LedgerService
from nightdesk.portfolio.service import PortfolioService
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import SecretsClient, database_conninfo, secret_text
from nightdesk.runtime.serving import running
from nightdesk.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Stores:
    """Where a process keeps things."""

    database: Database
    cache: Redis

    def checks(self) -> dict[str, Callable[[], None]]:
        """By name, what raises when the store does not answer."""
        return {"database": self._check_database, "cache": self._check_cache}

    def _check_database(self) -> None:
        with self.database.transaction() as connection:
            connection.execute("SELECT 1")

    def _check_cache(self) -> None:
        with unavailable():
            self.cache.ping()


def open_stores(settings: Settings, *, connections_max: int = 2) -> Stores:
    """The stores that the settings name; nothing is connected yet."""
    database = open_database(settings, connections_max=connections_max)
    return Stores(database, valkey(settings.require("valkey_url")))


def open_database(settings: Settings, *, connections_max: int = 2) -> Database:
    """The database that the settings name; nothing is connected yet."""
    secrets = None if settings.database_url else boto3.client("secretsmanager", config=QUICK)
    return Database(database_conninfo(settings, cast("SecretsClient", secrets)), max_size=connections_max)


def identity_service(settings: Settings, stores: Stores) -> IdentityService:
    """Who signs people in and knows callers by their tokens."""
    client_id, clock = settings.require("user_pool_client_id"), SystemClock()
    return IdentityService(
        provider=CognitoIdentityProvider(boto3.client("cognito-idp", config=QUICK), client_id),
        verifier=CognitoTokenVerifier(
            jwks_url=settings.require("jwks_url"),
            issuer=settings.require("token_issuer"),
            client_id=client_id,
            clock=clock,
        ),
        units=PostgresIdentityUnits(stores.database),
        clock=clock,
        new_id=uuid4,
    )


def accounts_service(settings: Settings, stores: Stores) -> AccountsService:
    """Who connects accounts and has them imported."""
    queues = boto3.client("sqs", config=QUICK)
    return AccountsService(
        units=PostgresAccountsUnits(stores.database),
        gateway=LambdaVenueGateway(
            boto3.client("lambda", config=ONCE), settings.require("exchange_gateway_function"), asker=running()
        ),
        imports=SqsImportQueue(queues, settings.require("queue_accounts_import")),
        refreshes=SqsRefreshQueue(queues, settings.require("queue_accounts_refresh")),
        clock=SystemClock(),
        new_id=uuid4,
    )


def answers(settings: Settings, stores: Stores) -> Answers:
    """What answers callers."""
    clock = SystemClock()
    return Answers(
        accounts=accounts_service(settings, stores),
        ledger=LedgerService(PostgresLedgerReads(stores.database)),
        portfolio=PortfolioService(
            PostgresPortfolioUnits(stores.database),
            ValkeyPriceBook(stores.cache),
            clock,
            RememberedFxTable(stores.database, clock),
        ),
        clock=clock,
    )


def candle_service(database: Database) -> CandleService:
    """Who reads bars for charts."""
    return CandleService(candle_readers(database))


def formula_service(database: Database) -> FormulaService:
    """Who keeps the users' own formulas."""
    return FormulaService(PostgresFormulaUnits(database), SystemClock())


def webhook_service(settings: Settings, database: Database) -> WebhookService:
    """Who makes webhooks and knows who calls one; the server's secret is read when it is first needed."""

    @cache
    def server_secret() -> bytes:
        client = cast("SecretsClient", boto3.client("secretsmanager", config=QUICK))
        return secret_text(settings.require("webhook_signing_secret"), client).encode()

    return WebhookService(
        accounts=PostgresAccountsUnits(database),
        webhooks=PostgresWebhookUnits(database),
        server_secret=server_secret,
        new_token=partial(token_urlsafe, 32),
        clock=SystemClock(),
    )
