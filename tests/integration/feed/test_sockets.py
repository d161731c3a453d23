"""The feed gateway as a browser meets it: a real websocket, a real Valkey, a session that ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError, web
from aiohttp.test_utils import TestClient, TestServer
from redis.asyncio import Redis

from fargate.feed_gateway.live import LiveView
from fargate.feed_gateway.service import Gateway, make_application
from fargate.feed_gateway.switchboard import PATTERNS, Switchboard
from fargate.feed_gateway.wiring import make_feeds
from nightdesk.accounts.model import ImportProgress
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.live_wire import ValkeyLiveState, ValkeyWire
from nightdesk.contracts.graphql.schema import make_schema
from nightdesk.identity.model import SignedIn
from nightdesk.identity.service import IdentityService
from nightdesk.runtime.service import Part, Supervisor
from nightdesk.wiring import Stores
from tests.fakes.desk import ANNA, ORIGIN, PASSWORDS, FakeDesk
from tests.fakes.feed import connected, published

pytestmark = [pytest.mark.anyio, pytest.mark.integration]
SUBSCRIPTION = "subscription { importProgress { accountId state rowsRecorded } }"


class Desk:
    """A running gateway and what stands behind it."""

    def __init__(self, valkey_url: str) -> None:
        self.fake = FakeDesk()
        self.identity: IdentityService = self.fake.identity_service()
        self.signed_in: SignedIn = self.identity.sign_in(ANNA, PASSWORDS[ANNA])
        self.progress: ImportProgress = connected(self.fake, self.signed_in.caller)
        wire, stores = ValkeyWire(valkey_url, PATTERNS), Stores(Database("dbname=nowhere"), valkey(valkey_url))
        self.feeds = make_feeds(wire, ValkeyLiveState(valkey_url), stores, self.fake.answers(), self.fake.clock)
        self.switchboard = Switchboard(wire, self.feeds.topics())
        gateway = Gateway(
            switchboard=self.switchboard,
            feeds=self.feeds,
            live=LiveView(make_schema(), self.feeds, self.identity, self.fake.clock),
            allowed_origin=ORIGIN,
            host="127.0.0.1",
            port=0,
            version="test",
        )
        self.supervisor = Supervisor([Part("wire", self.switchboard.run)])
        self.application: web.Application = make_application(gateway, self.supervisor)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["TestClient[web.Request, web.Application]"]:
        stopping = asyncio.Event()
        hearing = asyncio.create_task(self.switchboard.run(stopping))
        async with TestClient(TestServer(self.application)) as client:
            yield client
        stopping.set()
        await hearing


class Browser:
    """Speaks graphql-transport-ws."""

    def __init__(self, client: "TestClient[web.Request, web.Application]") -> None:
        self._client = client

    async def open(self, token: str, **options: Any) -> None:
        options.setdefault("headers", {"Origin": ORIGIN})
        self.socket = await self._client.ws_connect("/graphql/live", protocols=["graphql-transport-ws"], **options)
        await self.socket.send_json({"type": "connection_init", "payload": {"accessToken": token}})

    async def subscribe(self, query: str = SUBSCRIPTION, identity: str = "1") -> None:
        await self.socket.send_json({"id": identity, "type": "subscribe", "payload": {"query": query}})

    async def heard(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.socket.receive_json(timeout=60)
        return message

    async def closed_with(self) -> int | None:
        async with asyncio.timeout(10):
            while True:
                message = await self.socket.receive()
                if message.type in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING}:
                    code: int | None = self.socket.close_code
                    return code


@pytest.fixture
def desk(valkey_url: str) -> Desk:
    return Desk(valkey_url)


async def test_only_venues_that_are_streamed_have_a_feed_that_may_be_down(desk: Desk) -> None:
    streamed = ["binance", "kraken", "coinbase", "bitfinex", "htx"]
    assert [each.venue for each in desk.feeds.status_topic.present()] == streamed


async def test_progress_published_on_valkey_reaches_the_browser(desk: Desk, valkey_url: str) -> None:
    async with desk.running() as client, Redis.from_url(valkey_url) as valkey:
        browser = Browser(client)
        await browser.open(desk.signed_in.access_token)
        assert await browser.heard() == {"type": "connection_ack"}
        await browser.subscribe()
        present = (await browser.heard())["payload"]["data"]["importProgress"]
        assert (present["state"], present["rowsRecorded"]) == ("queued", 0)
        await valkey.publish(f"import.{desk.progress.account_id}", published(desk.progress, rows_recorded=42))
        pushed = (await browser.heard())["payload"]["data"]["importProgress"]
        assert (pushed["accountId"], pushed["rowsRecorded"]) == (str(desk.progress.account_id), 42)


@pytest.mark.parametrize("token", ["", "nonsense"])
async def test_a_bad_token_closes_with_4403(desk: Desk, token: str) -> None:
    async with desk.running() as client:
        browser = Browser(client)
        await browser.open(token)
        assert await browser.closed_with() == 4403


async def test_an_ended_session_closes_with_4403(desk: Desk) -> None:
    async with desk.running() as client:
        browser = Browser(client)
        await browser.open(desk.signed_in.access_token)
        await browser.heard()
        desk.identity.sign_out(desk.signed_in.caller)
        assert await browser.closed_with() == 4403


async def test_a_token_that_ends_closes_with_4403(desk: Desk) -> None:
    async with desk.running() as client:
        browser = Browser(client)
        await browser.open(desk.signed_in.access_token)
        await browser.heard()
        desk.fake.clock.advance(3601)
        assert await browser.closed_with() == 4403


async def test_other_pages_and_plain_requests_are_refused(desk: Desk) -> None:
    async with desk.running() as client:
        with pytest.raises(WSServerHandshakeError) as refused:
            await Browser(client).open("any", headers={"Origin": "https://evil.example"})
        assert refused.value.status == 403
        assert (await client.get("/graphql/live")).status == 426
        assert (await client.post("/graphql/live", json={"query": "{ me { email } }"})).status == 405


async def test_only_subscriptions_are_served(desk: Desk) -> None:
    async with desk.running() as client:
        browser = Browser(client)
        await browser.open(desk.signed_in.access_token)
        await browser.heard()
        await browser.subscribe("{ accounts { accountId } }")
        (error,) = (await browser.heard())["payload"]["errors"]
        assert error["extensions"]["code"] == "graphql.wrong_endpoint"
        assert (await browser.heard())["type"] == "complete"
        await browser.subscribe('subscription { importProgress(accountId: "x") { state } }')
        refused = await browser.heard()
        assert "id.malformed" in str(refused)


@pytest.mark.parametrize("frame", ["{", "[]", '{"type": 1}', '{"type": "subscribe"}', "x" * 100_000])
async def test_nonsense_closes_the_socket_and_nothing_else(desk: Desk, frame: str) -> None:
    async with desk.running() as client:
        browser, other = Browser(client), Browser(client)
        await other.open(desk.signed_in.access_token)
        await other.heard()
        await browser.open(desk.signed_in.access_token)
        await browser.heard()
        await browser.socket.send_str(frame)
        assert await browser.closed_with() in {1006, 1009, 1011, 4400}
        await other.subscribe()
        assert (await other.heard())["type"] == "next"


async def test_health_tells_of_the_parts(desk: Desk) -> None:
    async with desk.running() as client:
        answer = await client.get("/health")
        assert answer.status == 503  # the supervisor itself is not running here
        assert (await answer.json())["parts"] == {"wire": {"ok": False, "restarts": 0}}
