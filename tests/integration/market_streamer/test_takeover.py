"""Three streamers share a venue's markets: one is killed, one freezes and wakes, one is asked to leave."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from nightdesk.adapters.exchange.market_streams import make_market_stream
from nightdesk.adapters.exchange.route import Route
from nightdesk.candles.model import Candle
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.runtime.clock import SystemClock
from tests.integration.candles.rig import Rig

pytestmark = pytest.mark.integration
VENUE = VenueId("binance")
BASES = ("BTC", "ETH", "BNB", "SOL", "XRP", "ADA", "DOGE", "LTC")
MARKETS = tuple(Instrument(VENUE, AssetId(base), AssetId("USDT")) for base in BASES)
SHARES = 6
LEASE_S = 3.0
STATED_S = 20.0
"""A dead streamer's markets are live elsewhere by then: its lease, a beat, a connection and what was missed."""

SPEED = 30


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    made.paper = made.servers.start_paper(made.folder / "paper", "--speed", str(SPEED))
    made.start("writer", "candle_writer", streams_claim_after_s="1")
    yield made
    made.stop()


def stream(rig: Rig, name: str) -> None:
    rig.start(
        name,
        "market_streamer",
        streams_symbols=",".join(market.symbol for market in MARKETS),
        streams_markets_max=str(len(MARKETS)),
        streams_shares=str(SHARES),
        streams_lease_s=str(LEASE_S),
        streams_backfill_bars="60",
    )


def holders(rig: Rig) -> dict[str, int]:
    """How many shares each streamer holds."""
    with redis.Redis.from_url(rig.valkey.url) as client:
        held = client.mget([f"streams:lease:{VENUE}:{number}/{SHARES}" for number in range(SHARES)])
    names = [holder.decode().partition("|")[0] for holder in held if holder]
    return {name: names.count(name) for name in names}


def is_live(rig: Rig) -> bool:
    """Whether every share of the venue is heard, says its status."""
    with redis.Redis.from_url(rig.valkey.url) as client:
        status = client.get(f"feed:{VENUE}")
    return status is not None and b'"state":"live"' in status


def wait_for(rig: Rig, **wanted: int) -> None:
    rig.wait(lambda: holders(rig) == wanted and is_live(rig))


def venue_bars(rig: Rig, since: Candle) -> dict[str, list[Candle]]:
    """The venue's own bars that ended, by series."""

    async def ask() -> dict[str, list[Candle]]:
        assert rig.paper
        venue = make_market_stream(VENUE, Route.parse(rig.paper.route), SystemClock())
        await venue.open()
        try:
            return {str(market): (await venue.bars(market, since.at))[:-1] for market in MARKETS}
        finally:
            await venue.close()

    return asyncio.run(ask())


def wrong(rig: Rig, expected: dict[str, list[Candle]]) -> list[tuple[str, Candle | None, Candle]]:
    """Bars that are missing or differ from the venue's."""
    found: list[tuple[str, Candle | None, Candle]] = []
    for series, bars in expected.items():
        stored = {bar.at: bar for bar in rig.bars(series, "1m")}
        found += [(series, stored.get(bar.at), bar) for bar in bars if stored.get(bar.at) != bar]
    return found


def test_markets_move_when_their_streamer_dies_and_no_bar_is_missing_or_doubled(rig: Rig) -> None:
    for name in ("one", "two", "three"):
        stream(rig, name)
    wait_for(rig, one=2, two=2, three=2)
    rig.wait(lambda: all(rig.bars(str(market), "1m") for market in MARKETS))
    first = rig.bars(str(MARKETS[0]), "1m")[-1]

    killed_s = time.monotonic()
    rig.kill("two")
    wait_for(rig, one=3, three=3)
    print(f"live elsewhere after {time.monotonic() - killed_s:.1f} s")
    assert time.monotonic() - killed_s < STATED_S

    rig.running["one"].send_signal(signal.SIGSTOP)
    wait_for(rig, three=6)
    rig.running["one"].send_signal(signal.SIGCONT)
    wait_for(rig, one=3, three=3)

    assert rig.end("three") == 0
    wait_for(rig, one=6)
    time.sleep(3)
    expected = venue_bars(rig, first)
    assert min(len(bars) for bars in expected.values()) > 5
    rig.wait(lambda: not wrong(rig, expected), within_s=60)
    assert rig.end("one") == 0
    assert not wrong(rig, expected)
    assert holders(rig) == {}
