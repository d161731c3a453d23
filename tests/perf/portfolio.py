"""How soon a portfolio that somebody begins to look at is live: gateway and tracker as processes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from aiohttp import ClientSession
from redis.asyncio import Redis

from nightdesk.adapters.postgres.database import Database
from nightdesk.identity.model import SignedIn
from tests.builders.browser import PORTFOLIO, Browser
from tests.builders.gateway_process import GatewayProcess, gateway_process
from tests.integration.candles.rig import Rig
from tests.integration.feed.rig import add_account, deposit, ticker
from tests.perf.rows import Row, percentile
from tests.servers import Postgres

LOOKS: Final = 40
TICK_EVERY_S: Final = 0.05


def bench_first_change() -> list[Row]:
    """From the subscription to the first change of the portfolio, one newcomer after another, 20 ticks a second."""
    with TemporaryDirectory() as folder:
        rig = Rig(Path(folder))
        try:
            with gateway_process(rig.url("app"), rig.valkey.url, Path(folder) / "log") as gateway:
                took_ms = asyncio.run(_looks(rig, gateway))
        finally:
            rig.stop()
    return [
        Row(name="portfolio subscribed -> its first change, p50", value=percentile(took_ms, 0.50), unit="ms"),
        Row(
            name="portfolio subscribed -> its first change, p95",
            value=percentile(took_ms, 0.95),
            unit="ms",
            bar="<= 500",
        ),
    ]


async def _looks(rig: Rig, gateway: GatewayProcess) -> list[float]:
    people = [_newcomer(rig, gateway) for _ in range(LOOKS + 1)]
    rig.start("tracker", "portfolio_tracker", database_url=rig.url("tracker"))
    gateway.start()
    await gateway.ready()
    async with ClientSession() as session, _ticking(rig.valkey.url):
        took_ms = [await _look(Browser(session, gateway.url), person) for person in people]
    return took_ms[1:]  # the first one waited for the tracker to start


def _newcomer(rig: Rig, gateway: GatewayProcess) -> SignedIn:
    """A tenant whose portfolio nobody looked at yet."""
    signed_in = gateway.sign_in()
    tenant_id = signed_in.caller.tenant_id
    postgres = Postgres(port=rig.postgres.port, superuser_password=rig.postgres.password, passwords=rig.passwords)
    database = Database(rig.url("app"))
    deposit(database, tenant_id, add_account(postgres, tenant_id), ("BTC", "1"), ("USDT", "1000"))
    database.close()
    return signed_in


async def _look(browser: Browser, person: SignedIn) -> float:
    await browser.open(person.access_token)
    await browser.admitted()
    started_s = time.perf_counter()
    subscription = await browser.subscribe(PORTFOLIO)
    await browser.until(subscription, lambda told: told["number"] > 1 and told["assets"], within_s=30)
    took_ms = (time.perf_counter() - started_s) * 1000
    await browser.socket.close()
    return took_ms


@asynccontextmanager
async def _ticking(valkey_url: str) -> AsyncIterator[None]:
    """Bitcoin's price changes all the time inside the block."""
    ticking = asyncio.create_task(_tick(valkey_url))
    try:
        yield
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking


async def _tick(valkey_url: str) -> None:
    async with Redis.from_url(valkey_url) as publisher:
        number = 0
        while True:
            number += 1
            subject, message = ticker("BTC/USDT", str(50_000 + number))
            await publisher.publish(subject, json.dumps(message))
            await asyncio.sleep(TICK_EVERY_S)
