"""Orders of ccxt under the budget: first in the queue, counted to their key, and sent once whatever breaks."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis.asyncio import Redis

from nightdesk.adapters.exchange.balanced_fetch import (
    Balance,
    DirectTransport,
    balance_of,
    put_under_budget,
)
from nightdesk.adapters.exchange.lazy_ccxt import client_class
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.redis.balancer import RedisAnswerCache, RedisBudget
from nightdesk.balancer.model import Ask, Egress, EgressName, Grant, Priority, Wait
from nightdesk.balancer.request import Request, key_print, take_apart
from nightdesk.balancer.stream_ports import Answer, AnswerLost, Transport
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import OutcomeUnknown
from tests.perf.balancer_bed import Bed

pytestmark = pytest.mark.integration
BINANCE = VenueId("binance")
OWN = Egress(name=EgressName("own"), url="", address="")
LIMIT_BUY = {"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 0.001, "price": 50000}
STOP_SELL = {"symbol": "BTCUSDT", "type": "STOP_LOSS_LIMIT", "side": "SELL", "quantity": "0.001", "stopPrice": "21000"}


class Watched(RedisBudget):
    """The budget, noting what was asked of it."""

    def __init__(self, client: Redis) -> None:
        super().__init__(client)
        self.asks: list[Ask] = []

    async def acquire(self, ask: Ask) -> Grant | Wait:
        self.asks.append(ask)
        return await super().acquire(ask)


@dataclass
class Deaf:
    """Sends, and loses the answers of everything that is no read."""

    inner: Transport
    sent: list[str] = field(default_factory=list)

    async def send(self, grant: Grant, request: Request, body: bytes | None, timeout_s: float) -> Answer:
        answer = await self.inner.send(grant, request, body, timeout_s)
        if request.method == "GET":
            return answer
        self.sent.append(request.method)
        raise AnswerLost("the answer was lost", gone=True)


@dataclass
class Story:
    """A client of ccxt under the budget, and what was noted."""

    client: Any
    budget: Watched
    deaf: Deaf

    def ask_of(self, priority: Priority) -> Ask:
        return next(ask for ask in self.budget.asks if ask.priority is priority)


def tell(made: Bed, do: Callable[[Story], Awaitable[None]], *, deaf: bool = False) -> None:
    account = made.account("orders")

    async def story() -> None:
        valkey, (session, _) = Redis.from_url(made.valkey[:-1] + "10"), Route.parse(made.paper.route).open()
        budget, transport = Watched(valkey), Deaf(DirectTransport(session))
        client = client_class("binance")(
            {
                "apiKey": account["key"],
                "secret": account["secret"],
                "session": session,
                "asyncio_loop": asyncio.get_running_loop(),
                "timeout_on_exit": 0,
                "options": {"fetchMarkets": {"types": ["spot"]}, "fetchMargins": False, "maxRetriesOnFailure": 3},
            }
        )
        balance: Balance = balance_of(
            budget,
            RedisAnswerCache(valkey),
            transport if deaf else transport.inner,
            monotonic=time.monotonic,
            own=OWN,
            calendar_speed=made.speed,
        )
        put_under_budget(client, balance, venue=BINANCE, tenant="t")
        try:
            await client.load_markets()
            budget.asks.clear()
            await do(Story(client, budget, transport))
        finally:
            await client.close()
            await session.close()
            await valkey.aclose()

    asyncio.run(story())


def costs(ask: Ask) -> dict[str, int]:
    return {cost.limit.id: cost.cost for cost in ask.costs}


def test_an_order_goes_first_and_counts_to_its_key(trial: Bed) -> None:
    async def story(told: Story) -> None:
        placed = await told.client.create_order(**LIMIT_BUY, params={"newClientOrderId": "first"})
        ask = told.ask_of(Priority.ORDER)
        assert ask.key == key_print(told.client.apiKey)
        assert (costs(ask)["orders_10s"], costs(ask)["orders_1d"]) == (1, 1)
        told.budget.asks.clear()

        await told.client.private_get_order({"symbol": "BTCUSDT", "origClientOrderId": "first"})
        await told.client.cancel_order(placed["id"], "BTC/USDT")
        assert [ask.priority for ask in told.budget.asks] == [Priority.STOP, Priority.STOP]
        assert all("orders_10s" not in costs(ask) for ask in told.budget.asks)

    tell(trial, story)


def test_a_stop_is_known_from_what_was_signed(trial: Bed) -> None:
    async def story(told: Story) -> None:
        with pytest.raises(OutcomeUnknown):
            await told.client.private_post_order(STOP_SELL)
        assert costs(told.ask_of(Priority.STOP))["orders_10s"] == 1

    tell(trial, story, deaf=True)


def test_no_order_or_cancel_is_sent_again_when_its_answer_is_lost(trial: Bed) -> None:
    async def story(told: Story) -> None:
        with pytest.raises(OutcomeUnknown):
            await told.client.create_order(**LIMIT_BUY, params={"newClientOrderId": "once"})
        found = await told.client.private_get_allorders({"symbol": "BTCUSDT"})
        assert [order["clientOrderId"] for order in found] == ["once"]
        with pytest.raises(OutcomeUnknown):
            await told.client.cancel_order(found[0]["orderId"], "BTC/USDT")
        assert told.deaf.sent == ["POST", "DELETE"]

    tell(trial, story, deaf=True)


def test_an_order_that_the_venue_broke_over_is_unknown_and_sent_once(trial: Bed) -> None:
    async def story(told: Story) -> None:
        trial.paper.admin("POST", "/faults", {"kind": "order_unknown", "left": 1})
        try:
            with pytest.raises(OutcomeUnknown):
                await told.client.create_order(**LIMIT_BUY, params={"newClientOrderId": "broke"})
        finally:
            trial.paper.admin("DELETE", "/faults")
        found = await told.client.private_get_allorders({"symbol": "BTCUSDT"})
        assert [order["clientOrderId"] for order in found] == ["broke"]

    tell(trial, story)


def test_the_keys_count_of_orders_is_kept_before_the_venue_complains(trial: Bed) -> None:
    async def story(told: Story) -> None:
        until_s = time.monotonic() + 10 / trial.speed
        sent = 0
        while time.monotonic() < until_s or sent < 110:
            await told.client.create_order(**LIMIT_BUY, params={"newClientOrderId": f"many-{sent}"})
            sent += 1

    before = trial.statistics()
    tell(trial, story)
    assert trial.statistics()["rate_limited"] == before["rate_limited"]


@pytest.mark.parametrize(("method", "seen"), [("GET", 3), ("POST", 2), ("DELETE", 2), ("PUT", 2)])
def test_nothing_but_a_read_is_repeated_on_a_connection_that_was_cut(method: str, seen: int) -> None:
    """A venue answers once, keeps the connection, and cuts it when the next request has come."""
    requests: list[bytes] = []

    async def venue(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answers in (True, False):
            try:
                requests.append(await reader.readuntil(b"\r\n\r\n"))
            except asyncio.IncompleteReadError:
                break
            if answers or len(requests) > 2:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                await writer.drain()
        writer.close()

    async def story() -> None:
        server = await asyncio.start_server(venue, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v3/order"
        session, _ = Route().open()
        transport = DirectTransport(session)
        grant = Grant(venue=BINANCE, egress=OWN.name, url="", charges=())
        request = take_apart(BINANCE, method, url)
        await transport.send(grant, request, None, 5)
        if method == "GET":
            assert (await transport.send(grant, request, None, 5)).status == 200
        else:
            with pytest.raises(AnswerLost):
                await transport.send(grant, request, None, 5)
        await session.close()
        server.close()

    asyncio.run(story())
    assert len(requests) == seen
