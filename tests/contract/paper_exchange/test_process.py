"""The service as a process: replay of a recording, death by SIGKILL, a graceful end."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from stacks.local.measuring import measured
from tests.servers import ROOT, Paper

from .conftest import client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

START_S = 60


class Process:
    """Starts and ends a paper exchange on one state directory."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.running: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> Paper:
        (self.state_dir / "ports.json").unlink(missing_ok=True)
        command = [sys.executable, "-m", "fargate.paper_exchange", "--port", "0", "--admin-port", "0"]
        command += ["--state-dir", str(self.state_dir), *options]
        self.running = subprocess.Popen(
            command, cwd=ROOT, env={"PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}", **measured()}
        )
        deadline = time.monotonic() + START_S
        while not (self.state_dir / "ports.json").exists():
            assert self.running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        ports = json.loads((self.state_dir / "ports.json").read_text())
        return Paper(port=ports["port"], admin_port=ports["admin_port"], state_dir=str(self.state_dir))

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.running is not None
        self.running.send_signal(number)
        return self.running.wait(10)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    made = Process(tmp_path)
    yield made
    if made.running is not None and made.running.poll() is None:
        made.end()


def test_a_killed_exchange_has_lost_nothing(process: Process) -> None:
    paper = process.start()
    account: Any = paper.admin(
        "POST", "/accounts", {"history": {"kind": "seeded", "trades": 200, "symbols": ["ETH/USDT"]}}
    )

    async def place() -> tuple[str, Any, int]:
        async with client_of(paper, account) as client:
            price = float((await client.fetch_ticker("ETH/USDT"))["last"]) * 0.5
            order = await client.create_order("ETH/USDT", "limit", "buy", 0.01, price)
            balance = (await client.fetch_balance())["total"]
            return order["id"], balance, len(await client.fetch_my_trades("ETH/USDT", limit=1000))

    before = asyncio.run(place())
    process.end(signal.SIGKILL)
    again = process.start()

    async def look() -> tuple[str, Any, int]:
        async with client_of(again, account) as client:
            orders = await client.fetch_open_orders("ETH/USDT")
            balance = (await client.fetch_balance())["total"]
            return orders[0]["id"], balance, len(await client.fetch_my_trades("ETH/USDT", limit=1000))

    assert asyncio.run(look()) == before
    assert process.end() == 0


def test_a_recording_is_replayed_at_the_asked_speed(process: Process, recorded: Path) -> None:
    path = recorded / "trades/binance-XRP_ETH-trades-raw.json.gz"
    paper = process.start("--replay", str(path), "--speed", "600")

    async def journey() -> None:
        async with client_of(paper) as client:
            await client.load_markets()
            trades = await asyncio.wait_for(client.watch_trades("XRP/ETH"), 60)
            newest = trades[-1]
            assert newest["timestamp"] > 1_570_752_011_620
            assert 13_519_807 <= int(newest["id"]) <= 13_532_283
            assert Decimal("0.0014") < Decimal(newest["price"]) < Decimal("0.0016")
            bars = await client.fetch_ohlcv("XRP/ETH", "1d", limit=100)
            assert len(bars) == 100
            first = (await client.fetch_ticker("XRP/ETH"))["timestamp"]
            await asyncio.sleep(1)
            assert (await client.fetch_ticker("XRP/ETH"))["timestamp"] - first > 300_000

    asyncio.run(journey())


def test_idle_memory_is_small(process: Process) -> None:
    paper = process.start()

    async def use() -> None:
        async with client_of(paper) as client:
            await client.fetch_tickers()

    asyncio.run(use())
    assert process.running is not None
    assert psutil.Process(process.running.pid).memory_info().rss < 120 * 1024 * 1024


def test_a_recording_that_cannot_be_played_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text("[]")
    command = [sys.executable, "-m", "fargate.paper_exchange", "--state-dir", str(tmp_path), "--replay", str(path)]
    ended = subprocess.run(
        command, cwd=ROOT, env={"PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}"}, capture_output=True, timeout=20, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.decode().startswith("paper_exchange: broken.json")
    assert ended.stderr.count(b"\n") == 1
