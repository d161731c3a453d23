"""A venue's life: beside the others', while the cache is away, and when its clock lies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from fargate.market_streamer import service
from fargate.market_streamer.clocks import MarketClocks
from fargate.market_streamer.service import MarketStreamer, Policy
from nightdesk.candles.sharing import Share
from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.service import Supervisor
from tests.unit.market_streamer.fakes import START, FakeCache, FakeStored, FakeStream, FakeVenue

pytestmark = pytest.mark.anyio
VENUES = ("binance", "kraken", "htx")
LIE = timedelta(days=30)
"""More than a clock may differ in a market that runs a hundred times as fast."""


class World:
    """Three venues that one process follows."""

    def __init__(self) -> None:
        self.clocks = MarketClocks()
        self.venues = {name: FakeVenue(VenueId(name)) for name in VENUES}
        self.caches = {name: FakeCache() for name in VENUES}
        self.supervisors: list[tuple[Supervisor, asyncio.Task[None]]] = []

    def start(self, name: str, *, number: int = 0, parts: int = 1) -> MarketStreamer:
        """Stream a share of the venue."""
        cache, venue = self.caches[name], self.venues[name]
        streamer = MarketStreamer(
            Policy(share=Share(venue.venue, number, parts), symbols=frozenset({"SOL/USD"}), flush_s=0.01),
            make_stream=lambda _: FakeStream(venue),
            clocks=self.clocks,
            stored=FakeStored(venue),
            candles=cache,
            tickers=cache,
            clock=SystemClock(),
        )
        supervisor = Supervisor(streamer.parts())
        self.supervisors.append((supervisor, asyncio.create_task(supervisor.keep())))
        return streamer

    def status(self, name: str) -> tuple[str, str | None]:
        told = self.caches[name].statuses
        return (told[-1].state, told[-1].note) if told else ("", None)

    def starts(self, name: str, base: str = "BTC") -> list[int]:
        """The minutes of the bars that were sent."""
        series = f"{name.upper()}:{base}/USD"
        return sorted(int((at - START).total_seconds()) // 60 for one, at in self.caches[name].bars if one == series)

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not true():  # noqa: ASYNC110 what is waited for is many things
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        for supervisor, task in self.supervisors:
            supervisor.stop()
            await task


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    for name, value in (
        ("CLOCK_EVERY_S", 0.02),
        ("HOLES_EVERY_S", 0.02),
        ("DOUBT_AFTER_S", 0.05),
        ("BACKOFF_FIRST_S", 0.05),
    ):
        monkeypatch.setattr(service, name, value)
    made = World()
    yield made
    await made.stop()


async def test_a_venue_that_is_away_holds_no_other(world: World) -> None:
    world.venues["kraken"].is_away = True
    for name in VENUES:
        world.start(name)
    await world.until(lambda: world.status("binance")[0] == world.status("htx")[0] == "live")
    assert world.status("kraken")[0] in {"", "down"}
    await world.until(lambda: len(world.starts("binance")) > 1)
    world.venues["kraken"].is_away = False
    await world.until(lambda: world.status("kraken")[0] == "live")


async def test_named_and_held_markets_are_made_whole_first(world: World) -> None:
    venue = world.venues["htx"]
    venue.bases, venue.held = ("ADA", "BTC", "ETH", "SOL"), frozenset({AssetId("ETH")})
    world.start("htx")
    await world.until(lambda: len(set(venue.asked)) == len(venue.bases))
    assert list(dict.fromkeys(venue.asked)) == ["SOL/USD", "ETH/USD", "ADA/USD", "BTC/USD"]


async def test_while_the_cache_is_away_bars_wait(world: World) -> None:
    world.start("binance")
    await world.until(lambda: len(world.starts("binance")) > 0)
    world.caches["binance"].is_away = True
    reached = world.venues["binance"].second // 60
    await world.until(lambda: world.venues["binance"].second // 60 > reached + 2)
    world.caches["binance"].is_away = False
    await world.until(lambda: max(world.starts("binance")) > reached + 1)
    assert world.starts("binance") == list(range(max(world.starts("binance")) + 1))


async def test_a_clock_that_lies_closes_nothing_and_the_status_says_it(world: World) -> None:
    for name in VENUES:
        world.start(name)
    await world.until(lambda: all(world.status(name)[0] == "live" for name in VENUES))
    await world.until(lambda: all(len(world.starts(name)) > 1 for name in VENUES))  # all clocks have been seen to run
    kraken = world.venues["kraken"]
    kraken.lie = LIE
    await world.until(lambda: world.status("kraken")[0] == "stale")
    assert "ahead" in str(world.status("kraken")[1])
    assert world.status("binance") == world.status("htx") == ("live", None)
    assert max(world.starts("kraken"), default=0) <= kraken.second // 60
    prices = len(world.caches["kraken"].prices)
    await asyncio.sleep(0.1)
    assert len(world.caches["kraken"].prices) == prices
    lives, kraken.lie = kraken.lives, timedelta()
    await world.until(lambda: world.status("kraken") == ("live", None))
    assert kraken.lives == lives + 1
    last = kraken.second // 60
    await world.until(lambda: max(world.starts("kraken"), default=0) > last)
    assert world.starts("kraken") == list(range(max(world.starts("kraken")) + 1))


async def test_each_share_tells_of_its_own_markets(world: World) -> None:
    world.venues["binance"].bases = tuple(f"A{number}" for number in range(20))
    streamer = world.start("binance", number=1, parts=2)
    await world.until(lambda: len(world.caches["binance"].prices) > 0)
    own = {one for one in world.venues["binance"].markets if Share(VenueId("binance"), 1, 2).has(one)}
    assert {price.instrument for price in world.caches["binance"].prices} == own
    assert streamer.health()["venue"]["markets"] == len(own)


async def test_a_share_without_a_market_is_well(world: World) -> None:
    world.venues["binance"].bases = ("BTC",)
    empty = next(
        number
        for number in range(2)
        if not Share(VenueId("binance"), number, 2).has(world.venues["binance"].markets[0])
    )
    world.start("binance", number=empty, parts=2)
    await world.until(lambda: world.status("binance")[0] == "live")
