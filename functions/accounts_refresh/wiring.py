"""What the function is made of."""

from __future__ import annotations

from functools import cache
from typing import cast

import boto3

from nightdesk.accounts.keeping import BookKeeper
from nightdesk.accounts.positions import PositionKeeper
from nightdesk.accounts.refreshing import RefreshFanOut, RefreshService
from nightdesk.adapters.aws.errors import ONCE, QUICK
from nightdesk.adapters.aws.gateway import LambdaVenueGateway
from nightdesk.adapters.aws.queues import SqsRefreshQueue
from nightdesk.adapters.postgres.accounts import PostgresAccountsUnits
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.outbox import PostgresWaitingRoom
from nightdesk.adapters.postgres.positions import PostgresPositionUnits
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.adapters.redis.turnstile import ValkeyTurnstile
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.secrets import SecretsClient, database_conninfo
from nightdesk.runtime.serving import running
from nightdesk.runtime.settings import Settings, settings
from nightdesk.wiring_keeper import book_keeper


@cache
def wire() -> RefreshService:
    """The service that refreshes one account."""
    here = settings()
    cache_, database, clock = valkey(here.require("valkey_url")), Database(_conninfo(here), max_size=2), SystemClock()
    gateway = LambdaVenueGateway(
        boto3.client("lambda", config=ONCE), here.require("exchange_gateway_function"), asker=running()
    )
    return RefreshService(
        units=PostgresAccountsUnits(database),
        gateway=gateway,
        prices=ValkeyPriceBook(cache_),
        turnstile=ValkeyTurnstile(cache_),
        clock=clock,
        positions=PositionKeeper(PostgresPositionUnits(database), gateway, clock),
    )


@cache
def wire_books() -> BookKeeper:
    """Who looks after the books of a refreshed account."""
    here = settings()
    return book_keeper(Database(_conninfo(here), max_size=2), valkey(here.require("valkey_url")))


@cache
def wire_fan_out() -> RefreshFanOut:
    """The service that queues every account; it sees all tenants, by a role that sees little else."""
    here = settings()
    across = here.model_copy(
        update={"database_secret": here.outbox_database_secret, "database_url": here.outbox_database_url}
    )
    return RefreshFanOut(
        room=PostgresWaitingRoom(Database(_conninfo(across), max_size=1)),
        queue=SqsRefreshQueue(boto3.client("sqs", config=QUICK), here.require("queue_accounts_refresh")),
    )


def _conninfo(here: Settings) -> str:
    secrets = cast("SecretsClient", None if here.database_url else boto3.client("secretsmanager", config=QUICK))
    return database_conninfo(here, secrets)
