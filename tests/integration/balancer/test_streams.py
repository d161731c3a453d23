"""Websockets and public reads of streams under the shared budget."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr
from redis import Redis

from nightdesk.adapters.exchange.market_stream import CcxtMarketStream
from nightdesk.adapters.exchange.route import Route
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import RateLimited
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import Settings
from nightdesk.wiring_venues import shared_budget
from stacks.local.ports import free_port
from stacks.local.valkey import ValkeyServer
from stacks.local.waiting import wait_until
from tests.perf.balancer_bed import Bed

pytestmark = pytest.mark.integration
BINANCE = VenueId("binance")
MARKETS = 3


@pytest.fixture(params=["direct", "forwarders"])
def balancer(request: pytest.FixtureRequest) -> str:
    """Both ways in which a process may be set up."""
    return str(request.param)


def url_of(made: Bed, balancer: str) -> str:
    """A budget of its own for each way: forwarders share the bed's."""
    return made.valkey if balancer == "forwarders" else made.valkey[:-1] + "9"


def opened(made: Bed, balancer: str, valkey_url: str = "") -> CcxtMarketStream:
    here = Settings.model_validate(
        {
            "balancer": balancer,
            "balancer_calendar_speed": made.speed,
            "valkey_url": valkey_url or url_of(made, balancer),
            "forwarder_secret": SecretStr(made.secret),
        }
    )
    return CcxtMarketStream(BINANCE, Route.parse(made.paper.route), SystemClock(), balance=shared_budget(here))


def granted(made: Bed, balancer: str, limit: str) -> int:
    """What live reads and connections took of a limit of the process's own address, in whatever window."""
    with Redis.from_url(url_of(made, balancer)) as client:
        windows = list(client.scan_iter(f"balancer:{{binance}}:w:{limit}:own:*"))
        return sum(int(cast("bytes | None", client.hget(window, "c2")) or 0) for window in windows)


async def streaming(stream: CcxtMarketStream, do: Callable[[], Awaitable[Any]]) -> None:
    """Stream some markets until something was done."""
    try:
        await stream.open()
        running = asyncio.create_task(stream.run(stream.instruments()[:MARKETS], lambda *_: None))
        doing = asyncio.ensure_future(do())
        await asyncio.wait({running, doing}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        if running.done():
            running.result()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await doing
    finally:
        await stream.close()


def test_connections_count_where_the_process_itself_leaves(trial: Bed, balancer: str) -> None:
    before = trial.statistics()["sockets"].get("opened", 0)
    stream = opened(trial, balancer)

    async def until_connected() -> None:
        await asyncio.to_thread(
            wait_until, lambda: trial.statistics()["sockets"].get("opened", 0) >= before + 2, 20, "Nothing connects"
        )

    asyncio.run(streaming(stream, until_connected))
    assert granted(trial, balancer, "connections") >= 2
    assert (granted(trial, balancer, "weight") > 0) is (balancer == "direct")  # requests go through forwarders
    assert trial.statistics()["rate_limited"] == 0


def test_without_a_place_nothing_connects(trial: Bed, balancer: str) -> None:
    stream = opened(trial, balancer)
    period_ms = 300_000 // trial.speed
    with Redis.from_url(url_of(trial, balancer)) as client:
        slot = int(time.time() * 1000) // period_ms
        for each in (slot, slot + 1):
            client.hset(f"balancer:{{binance}}:w:connections:own:{each}", mapping={"used": 300, "carried": 1})
        before = trial.statistics()["sockets"].get("opened", 0)
        try:
            with pytest.raises(RateLimited) as refused:
                asyncio.run(streaming(stream, lambda: asyncio.sleep(15)))
        finally:
            for each in (slot, slot + 1):
                client.delete(f"balancer:{{binance}}:w:connections:own:{each}")
    assert refused.value.code == "balancer.wait_too_long"
    assert trial.statistics()["sockets"].get("opened", 0) == before


def test_a_live_stream_outlasts_a_killed_valkey_without_asking(trial: Bed, tmp_path: Path) -> None:
    valkey = ValkeyServer(tmp_path / "valkey", port=free_port(), password="x").start()
    stream = opened(trial, "direct", valkey.url)

    async def story() -> None:
        await asyncio.to_thread(wait_until, lambda: stream.heard_at() is not None, 20, "Nothing connects")
        await asyncio.to_thread(valkey.end_leftover)  # with SIGKILL
        sent = trial.statistics()["requests"]
        asked = asyncio.create_task(stream.market_time(stream.instruments()[0]))
        done, _ = await asyncio.wait({asked}, timeout=1.5)
        assert not done
        assert trial.statistics()["requests"] == sent
        await asyncio.to_thread(valkey.start)
        assert (await asyncio.wait_for(asked, 20)).tzinfo

    try:
        asyncio.run(streaming(stream, story))
    finally:
        valkey.stop()
