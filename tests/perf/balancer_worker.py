"""One process of the balancer's load: `python -m tests.perf.balancer_worker '<job as JSON>'`; prints figures as JSON.

The same workload runs under the shared budget (`balanced`) and with plain ccxt clients, each with its own throttle
(`plain`). Every client asks for tickers, reads its own trades as fast as it is let, and some send orders.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from redis.asyncio import Redis

from nightdesk.adapters.exchange.balanced_fetch import (
    Balance,
    DirectTransport,
    ForwarderTransport,
    balance_of,
    put_under_budget,
)
from nightdesk.adapters.exchange.lazy_ccxt import client_class
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.redis.balancer import RedisAnswerCache, RedisBudget, budget_client
from nightdesk.balancer.model import Grant
from nightdesk.balancer.request import Request
from nightdesk.balancer.stream_ports import Answer, Transport
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import NightdeskError

SYMBOLS = ("BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "XRPUSDT", "ADAUSDT", "DOGEUSDT", "LTCUSDT")
_asked_s: ContextVar[float] = ContextVar("asked_s")


@dataclass(slots=True)
class Figures:
    """What a process saw."""

    asked: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    weight_by_tenant: Counter[str] = field(default_factory=Counter)
    order_waits_ms: list[float] = field(default_factory=list)


class Timed:
    """A transport that notes how long an order waited before it was sent."""

    def __init__(self, inner: Transport, figures: Figures) -> None:
        self._inner = inner
        self._figures = figures

    async def send(self, grant: Grant, request: Request, body: bytes | None, timeout_s: float) -> Answer:
        if request.method == "POST":
            self._figures.order_waits_ms.append((time.perf_counter() - _asked_s.get()) * 1000)
        return await self._inner.send(grant, request, body, timeout_s)


class Load:
    """The clients of one process."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.figures = Figures()
        self.until_s = job["until_s"]
        self.speed = job["speed"]
        self.random = random.Random(job["seed"])

    async def run(self) -> None:
        route = Route.parse(self.job["route"])
        sessions = [route.open(address)[0] for address in self.job["addresses"]]
        own, _ = route.open()  # where the desk's own processes leave too
        valkey = budget_client(self.job["valkey"]) if self.job["mode"] == "balanced" else None
        balance = self.balance(own, valkey) if valkey else None
        try:
            await asyncio.sleep(max(0.0, self.job["from_s"] - time.time()))
            clients = [self.client(worker, sessions, balance) for worker in self.job["workers"]]
            await asyncio.gather(*(self.live(*client) for client in clients))
        finally:
            for session in (*sessions, own):
                await session.close()
            if valkey:
                await valkey.aclose()

    def balance(self, session: aiohttp.ClientSession, valkey: Redis) -> Balance:
        to_forwarders = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60))
        transport = ForwarderTransport(DirectTransport(session), to_forwarders, self.job["secret"])
        return balance_of(
            RedisBudget(valkey),
            RedisAnswerCache(valkey),
            Timed(transport, self.figures),
            monotonic=time.monotonic,
            calendar_speed=self.speed,
        )

    def client(
        self, worker: dict[str, Any], sessions: list[aiohttp.ClientSession], balance: Balance | None
    ) -> tuple[dict[str, Any], Any]:
        settings = {"apiKey": worker["key"], "secret": worker["secret"], "timeout": 30_000, "timeout_on_exit": 0}
        client = client_class("binance")(
            {
                **settings,
                "session": sessions[worker["number"] % len(sessions)],
                "asyncio_loop": asyncio.get_running_loop(),
            }
        )
        if balance:
            put_under_budget(client, balance, venue=VenueId("binance"), tenant=worker["tenant"])
        elif worker.get("proxy"):
            client.proxyUrl = worker["proxy"] + "/proxy/"
            client.headers["X-Forwarder-Token"] = worker["token"]
            client.check_conflicting_proxies = lambda *_: None
            client.timeout = 10_000
        return worker, client

    async def live(self, worker: dict[str, Any], client: Any) -> None:
        parts = [self.watch(worker, client)]
        if worker["back_fills"]:
            parts.append(self.back_fill(worker, client))
        if worker["orders"]:
            parts.append(self.trade(worker, client))
        await asyncio.gather(*parts)
        await client.close()

    async def watch(self, worker: dict[str, Any], client: Any) -> None:
        """A ticker each second of the calendar."""
        await asyncio.sleep(self.random.random() / self.speed)
        while time.time() < self.until_s:
            started_s = time.perf_counter()
            symbol = self.random.choice(SYMBOLS)
            await self.ask("ticker", worker, client.public_get_ticker_24hr({"symbol": symbol}), 2)
            await asyncio.sleep(max(0.0, 1 / self.speed - (time.perf_counter() - started_s)))

    async def back_fill(self, worker: dict[str, Any], client: Any) -> None:
        """Pages of own trades without a pause."""
        while time.time() < self.until_s:
            page = client.private_get_mytrades({"symbol": "BTCUSDT", "limit": 5})
            if not await self.ask("page", worker, page, 20):
                await asyncio.sleep(0.2 / self.speed)

    async def trade(self, worker: dict[str, Any], client: Any) -> None:
        """An order every two seconds of the calendar; it rests far from the market and is taken back."""
        while time.time() < self.until_s:
            await asyncio.sleep(self.random.expovariate(0.5) / self.speed)
            _asked_s.set(time.perf_counter())
            order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
            order |= {"quantity": "0.001", "price": self.job["price"]}
            answer = await self.ask("order", worker, client.private_post_order(order), 1)
            if answer:
                cancel = {"symbol": "BTCUSDT", "orderId": answer["orderId"]}
                await self.ask("cancel", worker, client.private_delete_order(cancel), 1)

    async def ask(self, what: str, worker: dict[str, Any], asked: Any, weight: int) -> Any:
        """Ask, and count what came of it."""
        if time.time() >= self.until_s:
            asked.close()
            return None
        self.figures.asked[what] += 1
        try:
            answer = await asked
        except NightdeskError as error:
            self.figures.failed[f"{what} {error.code}"] += 1
        except Exception as error:  # noqa: BLE001 - ccxt's errors are counted by their class
            self.figures.failed[f"{what} {type(error).__name__} {str(error)[:80]}"] += 1
        else:
            self.figures.weight_by_tenant[worker["tenant"]] += weight if what == "page" else 0
            return answer or True
        return None


def main() -> None:
    load = Load(json.loads(sys.argv[1]))
    asyncio.run(load.run())
    figures = load.figures
    print(
        json.dumps(
            {
                "asked": figures.asked,
                "failed": figures.failed,
                "weight_by_tenant": figures.weight_by_tenant,
                "order_waits_ms": figures.order_waits_ms,
            }
        )
    )


if __name__ == "__main__":
    main()
