"""One of three egresses is killed while orders and reads go through all of them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
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
from nightdesk.adapters.redis.balancer import RedisAnswerCache, RedisBudget
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import OutcomeUnknown
from tests.perf.balancer_bed import Bed, bed
from tests.perf.rows import Row
from tests.servers import Servers

ACCOUNTS = 8
ORDERS_EACH = 40
KILL_AFTER_ORDERS = 100


@dataclass(slots=True)
class Outcome:
    """What became of everything that was asked."""

    orders: Counter[str] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    doubled: int = 0
    half_way: asyncio.Event = field(default_factory=asyncio.Event)


def bench_killed_egress(servers: Servers) -> list[Row]:
    """320 orders and as many reads; the second forwarder gets SIGKILL in the middle."""
    with bed(servers, "failover", 5) as made:
        made.paper.admin("POST", "/faults", {"kind": "rest_latency", "delay_ms": 80})  # so that some are under way
        accounts = [made.account(f"account-{number}") for number in range(ACCOUNTS)]
        outcome = asyncio.run(trial(made, accounts))
    asked = ACCOUNTS * ORDERS_EACH
    lost = 2 * asked - outcome.orders.total() - outcome.reads["answered"]
    return [
        Row(name="balancer: asked through three egresses, one killed", value=2 * asked, unit="requests"),
        Row(name="balancer: lost with a killed egress", value=lost, unit="requests", bar="<= 0"),
        Row(name="balancer: orders that exist twice after it", value=outcome.doubled, unit="orders", bar="<= 0"),
        Row(
            name="balancer: orders of unknown outcome, all found out by id",
            value=outcome.orders["unknown, exists"] + outcome.orders["unknown, does not exist"],
            unit="orders",
        ),
    ]


async def trial(made: Bed, accounts: list[dict[str, str]]) -> Outcome:
    """Send, kill, look up; what became of everything."""
    valkey = Redis.from_url(made.valkey)
    direct, _ = Route.parse(made.paper.route).open()
    to_forwarders = aiohttp.ClientSession()
    transport = ForwarderTransport(DirectTransport(direct), to_forwarders, made.secret)
    balance = balance_of(
        RedisBudget(valkey), RedisAnswerCache(valkey), transport, monotonic=time.monotonic, calendar_speed=made.speed
    )
    outcome = Outcome()
    clients = [_client(account, direct, balance, number) for number, account in enumerate(accounts)]
    killing = asyncio.create_task(_kill(made, outcome))
    await asyncio.gather(*(_trade(client, number, outcome) for number, client in enumerate(clients)))
    await killing
    for client in clients:
        found = await client.private_get_allorders({"symbol": "BTCUSDT", "limit": 1000})
        names = Counter(order["clientOrderId"] for order in found)
        outcome.doubled += sum(count - 1 for count in names.values())
        await client.close()
    await direct.close()
    await to_forwarders.close()
    await valkey.aclose()
    return outcome


def _client(account: dict[str, str], session: aiohttp.ClientSession, balance: Balance, number: int) -> Any:
    settings = {"apiKey": account["key"], "secret": account["secret"], "timeout_on_exit": 0, "session": session}
    client = client_class("binance")({**settings, "asyncio_loop": asyncio.get_running_loop()})
    put_under_budget(client, balance, venue=VenueId("binance"), tenant=f"tenant-{number}")
    return client


async def _kill(made: Bed, outcome: Outcome) -> None:
    await outcome.half_way.wait()
    made.forwarders["egress-2"].kill()


async def _trade(client: Any, account: int, outcome: Outcome) -> None:
    for number in range(ORDERS_EACH):
        name = f"order-{account}-{number}"
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "newClientOrderId": name}
        order |= {"quantity": "0.001", "price": "50000"}
        try:
            await client.private_post_order(order)
        except OutcomeUnknown:
            outcome.orders[await _found_out(client, name)] += 1
        else:
            outcome.orders["answered"] += 1
        if outcome.orders.total() >= KILL_AFTER_ORDERS:
            outcome.half_way.set()
        await client.private_get_order({"symbol": "BTCUSDT", "origClientOrderId": f"order-{account}-0"})
        outcome.reads["answered"] += 1


async def _found_out(client: Any, name: str) -> str:
    """What a caller does about an unknown outcome: look it up by its own id."""
    try:
        await client.private_get_order({"symbol": "BTCUSDT", "origClientOrderId": name})
    except Exception as error:
        if "-2013" not in str(error):
            raise
        return "unknown, does not exist"
    return "unknown, exists"
