"""What a venue's messages cost: how many one core takes by ccxt.pro and decoded here, and a day of tickers.

A process floods Binance's real messages over TLS; what counts is this process's own processor time, so that the
figures are those of one core, however busy the other is. The stream is read as the service does: ten times a second
what changed of its tickers.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from nightdesk.adapters.exchange.market_streams import make_market_stream
from nightdesk.adapters.exchange.route import Route
from nightdesk.candles.stream_ports import MarketStream
from nightdesk.kernel.assets import VenueId
from nightdesk.runtime.clock import SystemClock
from stacks.local.ports import free_port
from stacks.local.waiting import wait_until
from tests.perf.rows import Row
from tests.perf.streams_flood import LAST_PRICE, MARKETS
from tests.servers import ROOT, end_process

BINANCE: Final = VenueId("binance")
BY_CCXT, RAW = 100_000, 1_000_000
TRADES_BY_CCXT, TRADES_RAW = 50_000, 200_000
A_DAY: Final = 2_300_000
DAY_S: Final = 86_400
STEADY_S: Final = 15
FLUSH_S: Final = 0.1
WITHIN_S: Final = 120


def bench_quotes() -> list[Row]:
    """How many tickers (best bid and ask) a second of one core's time are taken."""
    return [
        Row(name="tickers through ccxt.pro, a core", value=ceiling("bookTicker", BY_CCXT), unit="/s", bar=">= 15000"),
        Row(
            name="tickers decoded here, a core",
            value=ceiling("bookTicker", RAW, is_raw=True),
            unit="/s",
            bar=">= 150000",
        ),
    ]


def bench_trades() -> list[Row]:
    """How many trades, each parsed exactly, noted as a price and handed on."""
    return [
        Row(name="trades through ccxt.pro, a core", value=ceiling("aggTrade", TRADES_BY_CCXT), unit="/s"),
        Row(name="trades decoded here, a core", value=ceiling("aggTrade", TRADES_RAW, is_raw=True), unit="/s"),
    ]


def bench_a_day() -> list[Row]:
    """The share of a core that 2.3 million tickers a day take, at their pace."""
    a_second = round(A_DAY / DAY_S)
    rows = []
    for way, is_raw in (("through ccxt.pro", False), ("decoded here", True)):
        used_s, took_s = measured("bookTicker", a_second * STEADY_S, a_second, is_raw=is_raw)
        name = f"2.3 million tickers a day {way}, share of a core"
        rows.append(Row(name=name, value=100 * used_s / took_s, unit="%", bar="<= 5"))
    return rows


def ceiling(kind: str, count: int, *, is_raw: bool = False) -> float:
    """Messages by the processor's time that they took."""
    used_s, _ = measured(kind, count, 0, is_raw=is_raw)
    return count / used_s


def measured(kind: str, count: int, a_second: int, *, is_raw: bool) -> tuple[float, float]:
    """The processor's and the wall's seconds from the first message to the last."""
    with TemporaryDirectory() as folder, flood(Path(folder), kind, count, a_second) as port:
        route = Route(host="127.0.0.1", port=port, ca_file=f"{folder}/ca.pem")
        raw = frozenset({BINANCE} if is_raw else ())
        return asyncio.run(_taken(make_market_stream(BINANCE, route, SystemClock(), raw=raw), kind, count))


@contextmanager
def flood(folder: Path, kind: str, count: int, a_second: int) -> Iterator[int]:
    """A venue that says it all, in a process of its own; its port."""
    port = free_port()
    command = [sys.executable, "-m", "tests.perf.streams_flood", str(folder), str(port), kind]
    process = subprocess.Popen([*command, str(count), str(a_second)], cwd=ROOT)
    try:
        wait_until(lambda: (folder / "ca.pem").exists() and _listens(port), 30, "The flood does not begin")
        yield port
    finally:
        end_process(process)


def _listens(port: int) -> bool:
    return f":{port:04X} 00000000:0000 0A" in Path("/proc/net/tcp").read_text()


async def _taken(stream: MarketStream, kind: str, count: int) -> tuple[float, float]:
    heard = 0

    def on_trade(*_: object) -> None:
        nonlocal heard
        heard += 1

    ended: set[object] = set()

    def look() -> bool:
        for ticker in stream.tickers():
            if ticker.bid is not None and f"{ticker.bid:f}" == LAST_PRICE:
                ended.add(ticker.instrument)
        return heard >= count if kind == "aggTrade" else len(ended) >= MARKETS

    try:
        await stream.open()
        running = asyncio.ensure_future(stream.run(stream.instruments(), on_trade))
        took = await _until(look, running)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return took
    finally:
        await stream.close()


async def _until(look: Callable[[], bool], running: asyncio.Future[None]) -> tuple[float, float]:
    started_s, used_s = time.perf_counter(), time.process_time()
    while not look():
        if running.done():
            running.result()
        assert time.perf_counter() - started_s < WITHIN_S, "the last message does not come"
        await asyncio.sleep(FLUSH_S)
    return time.process_time() - used_s, time.perf_counter() - started_s
