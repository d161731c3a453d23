"""How quickly what is published on Valkey reaches browsers: a gateway process, 20 websockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4

import orjson
from aiohttp import ClientSession
from redis.asyncio import Redis

from nightdesk.adapters.postgres.database import Database
from nightdesk.identity.model import SignedIn
from nightdesk.kernel.instants import format_instant
from nightdesk.runtime.clock import SystemClock
from tests.builders.browser import LEDGER, TICKERS, Browser
from tests.builders.gateway_process import GatewayProcess, gateway_process
from tests.integration.feed.rig import add_account, deposit
from tests.perf.rows import Row, percentile
from tests.servers import Servers

CLIENTS: Final = 20
MARKETS: Final = 50
TICKS_PER_S: Final = 500
SECONDS: Final = 10
NEWS: Final = 100


@dataclass(slots=True)
class Bed:
    """A running gateway and the browsers that look at it."""

    gateway: GatewayProcess
    signed_in: SignedIn
    account_id: object
    publisher: Redis
    browsers: list[Browser] = field(default_factory=list)

    async def subscribe(self, query: str, **variables: Any) -> list[tuple[Browser, str]]:
        """Everybody follows, and has heard the beginning."""
        followed = [(browser, await browser.subscribe(query, **variables)) for browser in self.browsers]
        for browser, identity in followed:
            await browser.next(identity)
        return followed


def bench_tickers(servers: Servers) -> list[Row]:
    """From the publication of a tick to the browser that shows it or a newer one: 500 ticks a second, 20 browsers."""
    took_ms, cpu_ratio = asyncio.run(_on_a_bed(servers, _tick))
    name = f"tick on Valkey to browser, {TICKS_PER_S}/s, {CLIENTS} browsers"
    return [
        Row(name=f"{name}, p50", value=percentile(took_ms, 0.50), unit="ms", bar="<= 100"),
        Row(name=f"{name}, p99", value=percentile(took_ms, 0.99), unit="ms", bar="<= 200"),
        Row(name=f"{name}, gateway's share of a core", value=cpu_ratio, unit="cores"),
    ]


def bench_news(servers: Servers) -> list[Row]:
    """From the publication of a fill's entry to the browser, 20 browsers of the tenant."""
    took_ms, _ = asyncio.run(_on_a_bed(servers, _news))
    name = f"fill's news on Valkey to browser, {CLIENTS} browsers"
    return [
        Row(name=f"{name}, p50", value=percentile(took_ms, 0.50), unit="ms", bar="<= 20"),
        Row(name=f"{name}, p99", value=percentile(took_ms, 0.99), unit="ms", bar="<= 100"),
    ]


async def _on_a_bed(servers: Servers, measure: Callable[[Bed], Awaitable[list[float]]]) -> tuple[list[float], float]:
    postgres, valkey_url = servers.postgres(), servers.valkey_url()
    with (
        TemporaryDirectory() as folder,
        gateway_process(postgres.url("app"), valkey_url, Path(folder) / "log") as gateway,
    ):
        signed_in = gateway.sign_in()
        tenant_id = signed_in.caller.tenant_id
        account_id = add_account(postgres, tenant_id)
        database = Database(postgres.url("app"))
        deposit(database, tenant_id, account_id, ("USDT", "1"))
        database.close()
        gateway.start()
        await gateway.ready()
        async with ClientSession() as session, Redis.from_url(valkey_url) as publisher:
            bed = Bed(gateway, signed_in, account_id, publisher)
            for _ in range(CLIENTS):
                browser = Browser(session, gateway.url)
                await browser.open(signed_in.access_token)
                await browser.admitted()
                bed.browsers.append(browser)
            return await _busy(bed, measure)


async def _busy(bed: Bed, measure: Callable[[Bed], Awaitable[list[float]]]) -> tuple[list[float], float]:
    assert bed.gateway.process
    stat = Path(f"/proc/{bed.gateway.process.pid}/stat")
    started_s, used = time.perf_counter(), _used_s(stat)
    took_ms = await measure(bed)
    return took_ms, (_used_s(stat) - used) / (time.perf_counter() - started_s)


def _used_s(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def _tick(bed: Bed) -> list[float]:
    symbols = [f"T{uuid4().hex[:6].upper()}/USDT" for _ in range(MARKETS)]
    followed = await bed.subscribe(TICKERS, series=[f"BINANCE:{symbol}" for symbol in symbols])
    sent_s: dict[tuple[str, int], float] = {}
    seen: list[list[tuple[str, int, float]]] = [[] for _ in followed]
    readers = [
        asyncio.create_task(_read_ticks(browser, identity, into))
        for (browser, identity), into in zip(followed, seen, strict=True)
    ]
    started_s, at = time.perf_counter(), format_instant(SystemClock().now())
    for number in range(TICKS_PER_S * SECONDS):
        await asyncio.sleep(max(0.0, started_s + number / TICKS_PER_S - time.perf_counter()))
        symbol = symbols[number % MARKETS]
        sent_s[f"BINANCE:{symbol}", number] = time.perf_counter()
        await bed.publisher.publish(f"ticker.binance.usdt.{symbol[:-5].lower()}", _ticker(symbol, number, at))
    await asyncio.sleep(0.5)
    for reader in readers:
        reader.cancel()
    return [took_ms for rows in seen for took_ms in _waits(rows, sent_s)]


def _waits(rows: list[tuple[str, int, float]], sent_s: dict[tuple[str, int], float]) -> list[float]:
    """For each tick how long one browser waited until it showed that tick or a newer one of the market."""
    shown: dict[str, list[tuple[int, float]]] = {}
    for series, number, seen_s in rows:
        shown.setdefault(series, []).append((number, seen_s))
    took_ms = []
    for (series, number), at_s in sent_s.items():
        seen_s = next(seen_s for newer, seen_s in shown[series] if newer >= number)
        took_ms.append((seen_s - at_s) * 1000)
    return took_ms


async def _read_ticks(browser: Browser, identity: str, into: list[tuple[str, int, float]]) -> None:
    while True:
        batch = await browser.next(identity, within_s=30)
        now_s = time.perf_counter()
        into += [(row["series"], int(row["last"]), now_s) for row in batch["rows"]]


def _ticker(symbol: str, number: int, at: str) -> bytes:
    prices = dict.fromkeys(("last", "bid", "ask"), str(number))
    return orjson.dumps({"v": 1, "venue": "binance", "symbol": symbol, **prices, "at": at, "received_at": at})


async def _news(bed: Bed) -> list[float]:
    followed = await bed.subscribe(LEDGER)
    tenant_id, took_ms = bed.signed_in.caller.tenant_id, []
    for _ in range(NEWS):
        await asyncio.sleep(0.02)
        sent_s = time.perf_counter()
        news = orjson.dumps({"v": 1, "account_id": str(bed.account_id), "entries": [_entry(bed)], "count": 1})
        await bed.publisher.publish(f"ledger.{tenant_id}", news)
        took_ms += await asyncio.gather(*(_heard_ms(browser, identity, sent_s) for browser, identity in followed))
    return took_ms


async def _heard_ms(browser: Browser, identity: str, sent_s: float) -> float:
    news = await browser.next(identity)
    assert news["count"] == 1
    return (time.perf_counter() - sent_s) * 1000


def _entry(bed: Bed) -> dict[str, object]:
    now = format_instant(SystemClock().now())
    legs = [{"role": "base", "asset": "BTC", "amount": "1"}, {"role": "quote", "asset": "USDT", "amount": "-50000"}]
    texts = {"kind": "trade", "identity": "trade:1", "source": "binance.stream", "instrument": "BINANCE:BTC/USDT"}
    marks = {"previous_hash": "0" * 64, "hash": "1" * 64, "correlation_id": "correlation-1", "order_id": "1"}
    ids = {"entry_id": str(uuid4()), "account_id": str(bed.account_id), "sequence": 1}
    return {**ids, **texts, **marks, "occurred_at": now, "recorded_at": now, "legs": legs}
