"""A feed gateway in the test's own process over real stores, and people with portfolios who look at it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis

from fargate.feed_gateway.feeds import Feeds
from fargate.feed_gateway.live import LiveView
from fargate.feed_gateway.service import Gateway, make_application
from fargate.feed_gateway.switchboard import PATTERNS, Switchboard
from fargate.feed_gateway.wiring import make_feeds
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.holdings import PostgresPortfolioUnits
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.live_wire import ValkeyLiveState, ValkeyWire
from nightdesk.contracts.graphql.schema import make_schema
from nightdesk.identity.model import SignedIn
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.instants import format_instant
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.service import Supervisor
from nightdesk.wiring import Stores
from tests.builders.browser import ORIGIN, Browser
from tests.builders.ledger import CORRELATION, movement
from tests.builders.stored_desk import PASSWORD, StoredDesk
from tests.servers import Postgres


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody signed in, with one account."""

    signed_in: SignedIn
    account_id: AccountId

    @property
    def token(self) -> str:
        return self.signed_in.access_token

    @property
    def tenant_id(self) -> TenantId:
        return self.signed_in.caller.tenant_id


@dataclass(slots=True)
class LiveDesk:
    """The gateway and what stands behind it."""

    postgres: Postgres
    valkey_url: str
    send_within_s: float = 10.0
    stores: Stores = field(init=False)
    stored: StoredDesk = field(init=False)
    feeds: Feeds = field(init=False)
    switchboard: Switchboard = field(init=False)
    application: web.Application = field(init=False)
    url: str = ""
    session: ClientSession = field(init=False)
    publisher: Redis = field(init=False)

    def __post_init__(self) -> None:
        self.stores = Stores(Database(self.postgres.url("app"), max_size=4), valkey(self.valkey_url))
        self.stored = StoredDesk(self.stores)
        wire = ValkeyWire(self.valkey_url, PATTERNS)
        state = ValkeyLiveState(self.valkey_url)
        self.feeds = make_feeds(wire, state, self.stores, self.stored.answers(), SystemClock())
        self.switchboard = Switchboard(wire, self.feeds.topics())
        gateway = Gateway(
            switchboard=self.switchboard,
            feeds=self.feeds,
            live=LiveView(
                make_schema(),
                self.feeds,
                self.stored.identity(),
                self.stored.clock,
                send_within_s=self.send_within_s,
            ),
            allowed_origin=ORIGIN,
            host="127.0.0.1",
            port=0,
            version="test",
        )
        self.application = make_application(gateway, Supervisor([]))

    def person(self, *held: tuple[str, str]) -> Person:
        """Somebody new whose account holds this."""
        email = f"{uuid4().hex}@example.com"
        self.stored.passwords[email] = PASSWORD
        signed_in = self.stored.identity().sign_in(email, PASSWORD)
        account_id = add_account(self.postgres, signed_in.caller.tenant_id)
        deposit(self.stores.database, signed_in.caller.tenant_id, account_id, *held)
        return Person(signed_in=signed_in, account_id=account_id)

    async def browser(self, person: Person) -> Browser:
        """A browser that the person is let in with."""
        browser = Browser(self.session, self.url)
        await browser.open(person.token)
        await browser.admitted()
        return browser

    async def publish(self, subject: str, message: object) -> None:
        """Publish on Valkey."""
        await self.publisher.publish(subject, message if isinstance(message, str) else json.dumps(message))

    async def priced(self, venue: str, symbol: str, last: str, at: str) -> None:
        """Keep a last known price."""
        await self.publisher.hset(f"prices:{venue}", symbol, json.dumps({"last": last, "at": at}))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[LiveDesk]:
        """The gateway serves."""
        stopping = asyncio.Event()
        tasks = [
            asyncio.create_task(self.switchboard.run(stopping)),
            asyncio.create_task(self.feeds.keep_watched(stopping)),
        ]
        async with (
            TestServer(self.application) as server,
            ClientSession() as self.session,
            Redis.from_url(self.valkey_url) as self.publisher,
        ):
            self.url = str(server.make_url("/graphql/live"))
            yield self
            stopping.set()
            await asyncio.gather(*tasks)
        self.stores.database.close()


def add_account(postgres: Postgres, tenant_id: TenantId) -> AccountId:
    """An active account of the tenant, unknown to any venue."""
    account_id = AccountId(uuid4())
    with psycopg.connect(postgres.url("superuser")) as connection:
        connection.execute(
            "INSERT INTO accounts (tenant_id, account_id, venue, label, state, created_at)"
            " VALUES (%s, %s, 'binance', 'main', 'active', now())",
            (tenant_id, account_id),
        )
    return account_id


def deposit(database: Database, tenant_id: TenantId, account_id: AccountId, *held: tuple[str, str]) -> None:
    """Record deposits, asset and amount."""
    facts = [movement(number, asset, amount) for number, (asset, amount) in enumerate(held, 1)]
    with PostgresPortfolioUnits(database)(tenant_id) as unit:
        recorder = LedgerRecorder(unit.ledger, unit.holdings)
        recorder.record(tenant_id, account_id, facts, recorded_at=SystemClock().now(), correlation_id=CORRELATION)


def ticker(symbol: str, last: str, *, venue: str = "binance", at: str | None = None) -> tuple[str, dict[str, Any]]:
    """A ticker's subject and message."""
    base, quote = symbol.split("/")
    now = format_instant(SystemClock().now())
    message = {"v": 1, "venue": venue, "symbol": symbol, "last": last, "bid": last, "ask": last}
    return f"ticker.{venue}.{quote}.{base}".lower(), {**message, "at": at or now, "received_at": now}


def shown(series: str, at_ms: int, *prices: float, resolution: str = "1m", closed: bool = False) -> dict[str, Any]:
    """A bar as it is published: open, high, low, close, volume."""
    names = ("open", "high", "low", "close", "volume")
    numbers = dict(zip(names, prices, strict=True))
    return {"v": 1, "series": series, "resolution": resolution, "at_ms": at_ms, **numbers, "closed": closed}


def some_series() -> str:
    """A market that no other test uses."""
    return f"BINANCE:{UUID(int=uuid4().int).hex[:8].upper()}/USDT"
