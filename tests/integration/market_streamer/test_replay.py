"""The recorded trades through the paper exchange, streamer, stream, writer and database: every bar as in the file."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nightdesk.candles.model import Candle
from nightdesk.kernel.instants import to_ms
from tests.integration.candles.recording import Bar, recorded_bars
from tests.integration.candles.rig import Rig

pytestmark = pytest.mark.integration
SERIES = "BINANCE:XRP/ETH"
LAST_MINUTE_MS = 1_570_965_540_000  # 2019-10-13T11:19Z, that of the last recorded trade
LAST_QUARTER_MS = LAST_MINUTE_MS - LAST_MINUTE_MS % 900_000
QUICK = {"streams_stale_after_s": "2"}
"""A silent connection is found soon, for the recorded market goes hours in a second."""


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.stop()


def stand(rig: Rig, recorded: Path) -> Path:
    """Start a paper exchange that stands at the beginning of the recording; the file."""
    path = recorded / "trades" / "binance-XRP_ETH-trades-raw.json.gz"
    rig.paper = rig.servers.start_paper(rig.folder / "paper", "--replay", str(path), "--speed", "0")
    return path


def run(rig: Rig, speed: int) -> None:
    """Let the market go on, once the streamer hears it."""
    assert rig.paper
    deadline = time.monotonic() + 90
    while '"message":"live"' not in rig.log("streamer"):
        assert time.monotonic() < deadline, rig.log("streamer")
        time.sleep(0.1)
    rig.paper.admin("POST", "/clock", {"speed": speed})


def listen(rig: Rig) -> None:
    """Stream the recorded market alone: the others trade too much at this speed."""
    rig.start(
        "streamer", "market_streamer", streams_symbols="XRP/ETH", streams_markets_max="1", balancer="direct", **QUICK
    )


def wait_for_the_end(rig: Rig, timeout_s: float) -> None:
    """Wait until a bar after the recording is stored, and nothing waits to be."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        time.sleep(0.5)
        bars = rig.bars(SERIES, "1m")
        if bars and to_ms(bars[-1].at) > LAST_QUARTER_MS + 900_000 and not rig.waiting():
            return
    raise TimeoutError("the recording did not come to its end")


def found(bars: list[Candle], expected: dict[int, Bar]) -> dict[int, Bar]:
    """The stored bars of the recorded time."""
    by_start = {to_ms(bar.at): (bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars}
    assert len(by_start) == len(bars)
    return {at_ms: bar for at_ms, bar in by_start.items() if min(expected) <= at_ms <= max(expected)}


def assert_as_recorded(rig: Rig, path: Path) -> None:
    for resolution, span_ms, last_ms in (("1m", 60_000, LAST_MINUTE_MS), ("15m", 900_000, LAST_QUARTER_MS)):
        expected = recorded_bars(path, span_ms, whole_until_ms=last_ms)
        stored = found(rig.bars(SERIES, resolution), expected)
        wrong = {at_ms: (stored.get(at_ms), bar) for at_ms, bar in expected.items() if stored.get(at_ms) != bar}
        assert not wrong, (
            f"{len(wrong)} of {len(expected)} bars of {resolution}, first {min(wrong)}: {wrong[min(wrong)]}"
        )
        assert len(stored) == len(expected)


def test_every_bar_of_the_recording_is_there_and_right(rig: Rig, recorded: Path) -> None:
    path = stand(rig, recorded)
    rig.start("writer", "candle_writer")
    listen(rig)
    run(rig, 14_400)
    wait_for_the_end(rig, 60)
    assert_as_recorded(rig, path)
    assert rig.end("streamer") == rig.end("writer") == 0


def fault(rig: Rig, kind: str, **rest: object) -> None:
    assert rig.paper
    rig.paper.admin("POST", "/faults", {"kind": kind, **rest})


def mend(rig: Rig) -> None:
    assert rig.paper
    rig.paper.admin("DELETE", "/faults")


def silence(rig: Rig) -> None:
    """Let the open socket say nothing, until our own watch finds it."""
    before = rig.log("streamer").count("venue.silent")
    fault(rig, "socket_half_open")
    rig.wait(lambda: rig.log("streamer").count("venue.silent") > before, within_s=60)


def restart_streamer(rig: Rig) -> None:
    rig.kill("streamer")
    listen(rig)


def restart_writer(rig: Rig) -> None:
    rig.kill("writer")
    rig.start("writer", "candle_writer", streams_claim_after_s="1")


MISFORTUNES: tuple[tuple[float, Callable[[Rig], None]], ...] = (
    (1, lambda rig: fault(rig, "socket_duplicate")),
    (1, lambda rig: fault(rig, "socket_out_of_order")),
    (2, lambda rig: fault(rig, "socket_late", delay_ms=350)),
    (2, mend),
    (0.5, lambda rig: fault(rig, "socket_drop")),
    (2, silence),
    (0, mend),
    (1.5, restart_streamer),
    (1.5, restart_writer),
    (2, Rig.restart_postgres),
    (2, Rig.restart_valkey),
    (1.5, lambda rig: fault(rig, "rest_down")),
    (0.5, lambda rig: fault(rig, "socket_drop")),
    (1.5, mend),
    (1, restart_streamer),
    (0.3, restart_writer),
)
"""After so many seconds each, which with the restarts take about as long as the recording does."""


def test_every_bar_is_right_whatever_breaks(rig: Rig, recorded: Path) -> None:
    path = stand(rig, recorded)
    rig.start("writer", "candle_writer", streams_claim_after_s="1")
    listen(rig)
    run(rig, 7_200)
    for wait_s, strike in MISFORTUNES:
        time.sleep(wait_s)
        strike(rig)
    wait_for_the_end(rig, 60)
    assert_as_recorded(rig, path)
