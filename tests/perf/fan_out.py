"""How far prices fan out: a thousand pattern subscribers of Valkey, a thousand patterns followed at the gateway."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from fargate.feed_gateway.tickers import EVERY_S, TickerTopic
from nightdesk.contracts.graphql.live_types import TickerBatch
from nightdesk.identity.model import Caller
from nightdesk.kernel.instants import format_instant
from nightdesk.runtime.clock import SystemClock
from tests.fakes.desk import ANNA, PASSWORDS, FakeDesk
from tests.perf.rows import Row, percentile
from tests.servers import Servers

PATTERNS: Final = 1_000
VENUES: Final = ("binance", "kraken", "coinbase", "bitfinex", "htx")
MARKETS: Final = 200
"""So many at each venue; a pattern chooses one base at every venue, so each price goes to five of a thousand."""

DAY: Final = 2_300_000 / 86_400
"""Messages a second of 2.3 million a day."""

TICKS_PER_S: Final = 2_000
SECONDS: Final = 5
PUBLISHED: Final = 200


def bench_patterns(servers: Servers) -> list[Row]:
    """A price that a thousand pattern subscribers hear: how long until the last of them has it, how many a second."""
    took_ms, delivered_per_s = asyncio.run(_heard_by_all(servers))
    name = f"price on Valkey to {PATTERNS} pattern subscribers"
    return [
        Row(name=f"{name}, the last of them, p50", value=percentile(took_ms, 0.50), unit="ms"),
        Row(name=f"{name}, delivered", value=delivered_per_s, unit="messages/s"),
    ]


def bench_conflation() -> list[Row]:
    """Prices to a thousand patterns at the gateway: what comes in, what goes out, what it costs."""
    told, batches, cpu_s, took_s = asyncio.run(_conflated())
    name = f"gateway, {PATTERNS} patterns, {TICKS_PER_S} prices/s"
    most = PATTERNS / EVERY_S
    return [
        Row(name=f"{name}, prices taken in", value=told / took_s, unit="messages/s", bar=f">= {TICKS_PER_S * 0.8:.0f}"),
        Row(name=f"{name}, conflated batches", value=batches / took_s, unit="batches/s", bar=f"<= {most:.0f}"),
        Row(name=f"{name}, share of a core", value=cpu_s / took_s, unit="cores"),
        Row(name=f"{name}, of a core at 2.3 million a day", value=cpu_s / told * DAY, unit="cores", bar="<= 0.05"),
    ]


async def _heard_by_all(servers: Servers) -> tuple[list[float], float]:
    async with Redis.from_url(servers.valkey_url(), max_connections=PATTERNS + 10) as valkey:
        subscribers = [valkey.pubsub() for _ in range(PATTERNS)]
        for number, subscriber in enumerate(subscribers):
            # Each its own pattern, all of which the price matches.
            await subscriber.psubscribe(f"ticker.binance.usd?.b?c{'*' * (1 + number % 3)}", f"own{number}.*")
        counts = [0] * len(subscribers)
        reading = [asyncio.create_task(_count(one, counts, number)) for number, one in enumerate(subscribers)]
        took_ms, started_s = [], time.perf_counter()
        for number in range(PUBLISHED):
            sent_s = time.perf_counter()
            await valkey.publish("ticker.binance.usdt.btc", _ticker("binance", "BTC/USDT", number))
            while min(counts) <= number:  # noqa: ASYNC110 they count as they hear
                await asyncio.sleep(0)
            took_ms.append((time.perf_counter() - sent_s) * 1000)
        took_s = time.perf_counter() - started_s
        for task in reading:
            task.cancel()
        for subscriber in subscribers:
            with suppress(Exception):
                await subscriber.aclose()  # type: ignore[no-untyped-call]
    return took_ms, PUBLISHED * PATTERNS / took_s


async def _count(subscriber: PubSub, counts: list[int], number: int) -> None:
    async for message in subscriber.listen():
        counts[number] += message["type"] == "pmessage"


async def _conflated() -> tuple[int, int, float, float]:
    topic = TickerTopic(list)
    caller = FakeDesk().identity_service().sign_in(ANNA, PASSWORDS[ANNA]).caller
    batches = [0]
    patterns = [
        f"{'*' if number < MARKETS else VENUES[number % 5]}.usdt.a{number % MARKETS}" for number in range(PATTERNS)
    ]
    reading = [asyncio.create_task(_follow(topic, caller, pattern, batches)) for pattern in patterns]
    symbols = [(venue, f"A{number}/USDT") for venue in VENUES for number in range(MARKETS)]
    messages = [(f"ticker.{venue}", _ticker(venue, symbol, 1)) for venue, symbol in symbols]
    for subject, message in messages:
        topic.hear(subject, message)
    while batches[0] < PATTERNS:  # noqa: ASYNC110 everybody begins
        await asyncio.sleep(0.05)
    batches[0] = 0
    started_s, used_s = time.perf_counter(), time.process_time()
    for number in range(TICKS_PER_S * SECONDS):
        if (early_s := started_s + number / TICKS_PER_S - time.perf_counter()) > 0 or number % 50 == 0:
            await asyncio.sleep(max(0.0, early_s))
        topic.hear(*messages[number * 7 % len(messages)])
    await asyncio.sleep(EVERY_S)
    took_s, cpu_s = time.perf_counter() - started_s, time.process_time() - used_s
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)
    return TICKS_PER_S * SECONDS, batches[0], cpu_s, took_s


async def _follow(topic: TickerTopic, caller: Caller, pattern: str, batches: list[int]) -> None:
    feed: AsyncGenerator[TickerBatch] = topic.follow(caller, None, [pattern])
    try:
        async for _ in feed:
            batches[0] += 1
    finally:
        await feed.aclose()


def _ticker(venue: str, symbol: str, number: int) -> bytes:
    at = format_instant(SystemClock().now())
    prices: dict[str, Any] = dict.fromkeys(("last", "bid", "ask"), str(number))
    return json.dumps({"v": 1, "venue": venue, "symbol": symbol, **prices, "at": at, "received_at": at}).encode()
