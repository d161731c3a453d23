"""The recorded trades through exchange, streamer, tracker and writer: each portfolio bar as an own valuation says."""

import gzip
import json
import time
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from nightdesk.candles.model import Candle
from nightdesk.kernel.instants import to_ms
from tests.integration.candles.rig import Rig

pytestmark = pytest.mark.integration

QUARTER_MS = 900_000
SPEED = 14_400
PATIENCE_S = 180
HELD = {"XRP": Decimal("1234.5"), "ETH": Decimal("6.75")}
NOW = datetime(2019, 10, 10, tzinfo=UTC)
PortfolioBar = tuple[float, float, float, float]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.stop()


def hold(rig: Rig) -> str:
    """A tenant whose money is ETH and who holds a little of both assets; the name of its series."""
    tenant_id, account_id = uuid4(), uuid4()
    with psycopg.connect(rig.postgres.url()) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'Replay', 'ETH', %s)", (tenant_id, NOW))
        connection.execute(
            "INSERT INTO accounts (tenant_id, account_id, venue, label, state, created_at)"
            " VALUES (%s, %s, 'binance', 'Replay', 'active', %s)",
            (tenant_id, account_id, NOW),
        )
        for asset, quantity in HELD.items():
            connection.execute(
                "INSERT INTO holdings VALUES (%s, %s, %s, %s, 0, '{}', '{}', %s, 1, false, %s)",
                (tenant_id, account_id, asset, quantity, NOW, NOW),
            )
    return f"PORTFOLIO:{tenant_id}"


def valued(path: Path) -> tuple[list[int], list[float]]:
    """The portfolio's value from each recorded trade on, by the trade's time; shares no code with the product."""
    rows = json.loads(gzip.decompress(path.read_bytes()))
    trades = sorted((int(row["timestamp"]), int(row["id"]), Decimal(row["info"]["p"])) for row in rows)
    return [at for at, _, _ in trades], [float(HELD["ETH"] + HELD["XRP"] * price) for _, _, price in trades]


def expected_bar(times: list[int], values: list[float], start: int) -> PortfolioBar:
    """Values at both boundaries and at the end of each second in which something traded, of what was traded before."""
    end = start + QUARTER_MS
    inside = times[bisect_left(times, start) : bisect_left(times, end)]
    samples = sorted({start, end, *((at // 1000 + 1) * 1000 for at in inside)})
    told = [values[bisect_left(times, sample) - 1] for sample in samples]
    return told[0], max(told), min(told), told[-1]


def differences(bars: list[Candle], times: list[int], values: list[float], last: int) -> dict[int, object]:
    """Which bars of the recording are missing or have other prices, but for the bar in which the tracker began."""
    stored = {to_ms(bar.at): (bar.open, bar.high, bar.low, bar.close) for bar in bars}
    wrong: dict[int, object] = {}
    for start in range(-(-times[0] // QUARTER_MS) * QUARTER_MS, last + 1, QUARTER_MS):
        wanted = expected_bar(times, values, start)
        if stored.get(start) != pytest.approx(wanted, rel=1e-12):
            wrong[start] = (stored.get(start), wanted)
    return wrong


def test_portfolio_bars_equal_an_independent_valuation(rig: Rig, recorded: Path) -> None:
    path = recorded / "trades" / "binance-XRP_ETH-trades-raw.json.gz"
    rig.paper = rig.servers.start_paper(rig.folder / "paper", "--replay", str(path), "--speed", "0")
    series = hold(rig)
    rig.start("writer", "candle_writer")
    rig.start("tracker", "portfolio_tracker", database_url=rig.url("tracker"), tracker_repair_every_s="3600")
    rig.start("streamer", "market_streamer", streams_symbols="XRP/ETH", streams_markets_max="1")
    rig.wait(lambda: '"message":"live"' in rig.log("streamer"))
    rig.wait(lambda: '"message":"listening"' in rig.log("tracker"))
    rig.wait(lambda: '"message":"books read"' in rig.log("tracker"))
    rig.paper.admin("POST", "/clock", {"speed": SPEED})
    times, values = valued(path)
    last = (times[-1] // QUARTER_MS - 1) * QUARTER_MS
    rig.wait(lambda: bool(bars := rig.bars(series, "15m")) and to_ms(bars[-1].at) > last)
    deadline = time.monotonic() + PATIENCE_S
    while wrong := differences(rig.bars(series, "15m"), times, values, last):
        assert time.monotonic() < deadline, f"{len(wrong)} bars are wrong, first: {next(iter(wrong.items()))}"
        time.sleep(0.3)
