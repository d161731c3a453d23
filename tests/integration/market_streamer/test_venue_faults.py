"""Sockets of five venues dropped, frozen, doubled, late and out of order: the others' prices stay right throughout.

Valkey dies too. Afterwards every minute of every venue has its bar, and each is the venue's own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
import redis

from nightdesk.adapters.exchange.market_streams import make_market_stream
from nightdesk.adapters.exchange.route import Route
from nightdesk.candles.model import Candle
from nightdesk.candles.resolutions import Resolution, bar_start
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.instants import parse_instant
from nightdesk.runtime.clock import SystemClock
from tests.integration.candles.rig import Rig

pytestmark = pytest.mark.integration
MINUTE: Final = timedelta(minutes=1)
SPEED: Final = 20
QUOTES: Final = {"binance": "USDT", "kraken": "USD", "coinbase": "USD", "bitfinex": "USD", "htx": "USDT"}
LIMITS: Final = {
    "bitfinex": ("requests_permille",),
    "kraken": ("counter_max", "engine_max", "public_max"),
    "coinbase": ("public_a_second", "private_a_second", "app_an_hour"),
    "htx": ("market_a_second", "public_in_3s", "private_a_second"),
}
FAULTS: Final[tuple[tuple[str, str, dict[str, int]], ...]] = (
    ("binance", "socket_half_open", {}),
    ("kraken", "socket_drop", {}),
    ("coinbase", "socket_duplicate", {}),
    ("bitfinex", "socket_late", {"delay_ms": 700}),
    ("htx", "socket_out_of_order", {}),
)


@dataclass(slots=True)
class World:
    """The processes, and the prices that were seen."""

    rig: Rig
    seen: dict[str, dict[datetime, float]] = field(default_factory=lambda: {venue: {} for venue in QUOTES})

    def valkey(self) -> redis.Redis:
        return redis.Redis.from_url(self.rig.valkey.url)

    def states(self) -> Mapping[str, str]:
        with self.valkey() as client:
            told = client.mget([f"feed:{venue}" for venue in QUOTES])
        return {venue: json.loads(text)["state"] for venue, text in zip(QUOTES, told, strict=True) if text}

    def look(self) -> None:
        """Note the present price of each venue's market."""
        with self.valkey() as client:
            for venue, quote in QUOTES.items():
                if text := client.hget(f"prices:{venue}", f"BTC/{quote}"):
                    price = json.loads(text)
                    self.seen[venue][parse_instant(price["at"])] = float(price["last"])

    def all_live(self) -> bool:
        return self.states() == dict.fromkeys(QUOTES, "live")

    def fault(self, venue: str, kind: str, rest: Mapping[str, object]) -> None:
        assert self.rig.paper
        self.rig.paper.admin("POST", "/faults", {"kind": kind, "venue": venue, **rest})

    def moves(self, venues: set[str]) -> None:
        """Wait until each of the venues told three newer prices."""
        self.look()
        before = {venue: len(self.seen[venue]) for venue in venues}

        def moved() -> bool:
            self.look()
            return all(len(self.seen[venue]) >= before[venue] + 3 for venue in venues)

        self.rig.wait(moved, within_s=60)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    rig = Rig(tmp_path)
    rig.paper = rig.servers.start_paper(rig.folder / "paper", "--speed", str(SPEED))
    for venue, names in LIMITS.items():
        rig.paper.admin("POST", "/limits", {"venue": venue, **dict.fromkeys(names, 100_000)})
    rig.start("writer", "candle_writer", streams_claim_after_s="1")
    rig.start(
        "streamer",
        "market_streamer",
        streams_venues=",".join(QUOTES),
        streams_symbols="BTC/USDT,BTC/USD",
        streams_markets_max="1",
        streams_stale_after_s="2",
        streams_backfill_bars="30",
    )
    yield World(rig)
    rig.stop()


def venues_own(world: World, since: datetime) -> dict[str, list[Candle]]:
    """Each venue's own bars that ended, by series."""

    async def of(venue: str) -> list[Candle]:
        assert world.rig.paper
        stream = make_market_stream(VenueId(venue), Route.parse(world.rig.paper.route), SystemClock())
        await stream.open()
        try:
            return (await stream.bars(market(venue), since))[:-1]
        finally:
            await stream.close()

    async def ask() -> dict[str, list[Candle]]:
        return {str(market(venue)): await of(venue) for venue in QUOTES}

    return asyncio.run(ask())


def market(venue: str) -> Instrument:
    return Instrument(VenueId(venue), AssetId("BTC"), AssetId(QUOTES[venue]))


def wrong(world: World, own: Mapping[str, list[Candle]]) -> list[tuple[str, Any, Candle]]:
    """Bars of the venues' that are missing or stored otherwise."""
    found = []
    for series, bars in own.items():
        stored = {bar.at: bar for bar in world.rig.bars(series, "1m")}
        found += [(series, stored.get(bar.at), bar) for bar in bars if stored.get(bar.at) != bar]
    return found


def test_faults_of_one_venue_are_no_others_and_every_minute_has_its_bar(world: World) -> None:
    world.rig.wait(world.all_live)
    world.rig.wait(lambda: all(world.rig.bars(str(market(venue)), "1m") for venue in QUOTES))
    since = max(world.rig.bars(str(market(venue)), "1m")[-1].at for venue in QUOTES)
    assert world.rig.paper
    for venue, kind, rest in FAULTS:
        world.fault(venue, kind, rest)
        world.moves(set(QUOTES) - {venue})
        assert {name: state for name, state in world.states().items() if name != venue and state == "down"} == {}
        world.rig.paper.admin("DELETE", "/faults")
    for _, kind, rest in FAULTS:
        world.fault("", kind, rest)
    world.rig.wait(lambda: not world.all_live(), within_s=60)
    world.rig.paper.admin("DELETE", "/faults")
    world.rig.wait(world.all_live, within_s=120)
    world.rig.restart_valkey()
    world.rig.wait(world.all_live, within_s=120)
    world.moves(set(QUOTES))

    own = venues_own(world, since)
    assert min(len(bars) for bars in own.values()) > 5, own
    for bars in own.values():
        assert all(later.at - earlier.at == MINUTE for earlier, later in pairwise(bars))
    world.rig.wait(lambda: not wrong(world, own), within_s=90)
    for venue, prices in world.seen.items():
        at_minute = {bar.at: bar for bar in own[str(market(venue))]}
        told = [(at_minute.get(bar_start(at, Resolution.MINUTE)), last) for at, last in prices.items()]
        known = [(bar, last) for bar, last in told if bar is not None]
        assert len(known) > 5
        assert [(bar, last) for bar, last in known if not bar.low <= last <= bar.high] == []
