"""The candle writer on real servers: killed, restarted, fed twice; every bar is there once and right."""

import asyncio
import contextlib
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from redis.asyncio import Redis

from fargate.candle_writer.service import CandleWriter
from nightdesk.adapters.postgres.candles import PostgresCandleStore
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.migrate import ROLES, migrate
from nightdesk.adapters.redis.candle_stream import GROUP, REFUSED, STREAM, ValkeyCandleInbox, ValkeyCandleSink
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.rollup import rollup
from nightdesk.runtime.clock import SystemClock
from stacks.local.ports import free_port
from stacks.local.postgres import PostgresServer
from stacks.local.valkey import ValkeyServer
from tests.servers import ROOT

pytestmark = pytest.mark.integration
START = datetime(2026, 5, 31, 20, tzinfo=UTC)  # crosses the end of a month
MINUTES = 600


class Own:
    """Servers of this module's own: they are killed and restarted here."""

    def __init__(self, folder: Path) -> None:
        self.valkey = ValkeyServer(folder / "valkey", port=free_port(), password=secrets.token_hex(8))
        self.postgres = PostgresServer(folder / "postgres", port=free_port(), password=secrets.token_hex(8))
        self.valkey.start()
        self.postgres.start()
        self.passwords = {role: secrets.token_hex(8) for role in ROLES}
        migrate(self.postgres.url(), self.passwords)

    @property
    def streams_url(self) -> str:
        return self.postgres.url("nightdesk_streams", self.passwords["streams"])

    def bars(self, name: str, resolution: str) -> list[Candle]:
        query = f"SELECT at, open, high, low, close, volume FROM candles_{resolution} JOIN series USING (series_id) WHERE name = %s ORDER BY at"  # noqa: E501, S608
        with psycopg.connect(self.postgres.url()) as connection:
            return [Candle(*row) for row in connection.execute(query.encode(), (name,))]

    def left(self) -> int:
        with redis.Redis.from_url(self.valkey.url) as client:
            return int(client.xlen(STREAM))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    servers = Own(tmp_path_factory.mktemp("writer"))
    yield servers
    servers.valkey.stop()
    servers.postgres.stop()
    servers.postgres.forget()


def bar(index: int, seed: int) -> Candle:
    number = random.Random(index * 31 + seed)
    first, last = number.uniform(90, 110), number.uniform(90, 110)
    return Candle(
        START + timedelta(minutes=index), first, max(first, last) + 1, min(first, last) - 1, last, number.randrange(4)
    )


def row(name: str, candle: Candle) -> CandleRow:
    return CandleRow(name, Resolution.MINUTE, candle, "trades")


class DyingInbox(ValkeyCandleInbox):
    """Dies right before it acknowledges, as a process killed there would."""

    async def acknowledge(self, delivery_ids: Collection[str]) -> None:
        raise ConnectionAbortedError(str(delivery_ids))


async def write_until_empty(own: Own, valkey: "Redis", database: Database) -> CandleWriter:
    inbox = ValkeyCandleInbox(valkey, secrets.token_hex(4), idle_s=0.2, wait_s=0.1)
    writer, stopping = CandleWriter(inbox, PostgresCandleStore(database), SystemClock()), asyncio.Event()
    task = asyncio.create_task(writer.write(stopping))
    for _ in range(100):
        await asyncio.sleep(0.1)
        if not own.left():
            break
    stopping.set()
    await task
    return writer


def test_dead_between_commit_and_acknowledgement(own: Own) -> None:
    asyncio.run(dead_between_commit_and_acknowledgement(own))


async def dead_between_commit_and_acknowledgement(own: Own) -> None:
    name, database = f"TEST:{secrets.token_hex(6).upper()}/USDT", Database(own.streams_url)
    async with Redis.from_url(own.valkey.url) as valkey:
        sink = ValkeyCandleSink(valkey)
        await sink.append([row(name, bar(index, 1)) for index in range(40)])
        dying = CandleWriter(DyingInbox(valkey, "dying", wait_s=0.1), PostgresCandleStore(database), SystemClock())
        with pytest.raises(ConnectionAbortedError):
            await dying.write(asyncio.Event())
        assert len(own.bars(name, "1m")) == 40
        corrected = Candle(START, 1, 2, 1, 2, 9)
        await sink.append([row(name, corrected)])
        await write_until_empty(own, valkey, database)
    database.close()
    expected = [corrected, *(bar(index, 1) for index in range(1, 40))]
    assert own.bars(name, "1m") == expected  # the claimed older delivery did not undo the correction
    assert own.bars(name, "15m") == rollup(expected, Resolution.MINUTES_15)


def test_what_cannot_be_stored_is_put_aside(own: Own) -> None:
    asyncio.run(what_cannot_be_stored_is_put_aside(own))


async def what_cannot_be_stored_is_put_aside(own: Own) -> None:
    name, database = f"TEST:{secrets.token_hex(6).upper()}/USDT", Database(own.streams_url)
    async with Redis.from_url(own.valkey.url) as valkey:
        good: list[Any] = [name, "1m", int(START.timestamp() * 1000), 1.0, 1.0, 1.0, 1.0, 1.0, "trades"]
        for fields in (
            {"v": "1", "rows": "nonsense"},
            {"v": "2", "rows": json.dumps([good])},
            {"v": "1", "rows": json.dumps([[*good[:3], "NaN", *good[4:]]])},
            {"v": "1", "rows": json.dumps([[*good[:2], good[2] + 1, *good[3:]]])},
            {
                "v": "1",
                "rows": json.dumps([good, ["PORTFOLIO:00000000-0000-0000-0000-000000000009", "15m", *good[2:]]]),
            },
            {"rows": "[]"},
        ):
            await valkey.xadd(STREAM, fields)  # type: ignore[arg-type]
        writer = await write_until_empty(own, valkey, database)
        assert (writer.counts.refused, writer.counts.rows) == (6, 1)
        assert await valkey.xlen(REFUSED) == 5
        assert (await valkey.xpending(STREAM, GROUP))["pending"] == 0
    database.close()
    assert own.bars(name, "1m") == [Candle(START, 1, 1, 1, 1, 1)]


def start_writer(own: Own) -> "subprocess.Popen[bytes]":
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}",
        "NIGHTDESK_DATABASE_URL": own.streams_url,
        "NIGHTDESK_VALKEY_URL": own.valkey.url,
        "NIGHTDESK_STREAMS_CLAIM_AFTER_S": "1",
    }
    return subprocess.Popen([sys.executable, "-m", "fargate.candle_writer"], cwd=ROOT, env=environment)


async def feed(own: Own, names: list[str], *, minutes: int) -> None:
    """Send bars in small batches, some first wrong and corrected later, until Valkey took each."""
    number = random.Random(7)
    async with Redis.from_url(own.valkey.url, socket_timeout=2, socket_connect_timeout=2) as valkey:
        sink = ValkeyCandleSink(valkey)
        waiting: list[list[CandleRow]] = []
        for start in range(0, minutes, 5):
            right = [
                row(name, bar(index, seed)) for seed, name in enumerate(names) for index in range(start, start + 5)
            ]
            waiting.append([_worse(one, number) for one in right])
            waiting.append(right)
        for batch in waiting:
            while True:
                with contextlib.suppress(Exception):
                    await sink.append(batch)
                    break
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.02)


def flat(at: datetime, price: float, volume: float) -> Candle:
    return Candle(at, price, price, price, price, volume)


def _worse(one: CandleRow, number: random.Random) -> CandleRow:
    candle = one.candle
    volume = candle.volume + number.randrange(3)
    return CandleRow(one.series, one.resolution, flat(candle.at, candle.open, volume), "trades")


def test_killed_writers_and_restarted_servers_lose_and_double_nothing(own: Own) -> None:
    asyncio.run(killed_writers_and_restarted_servers_lose_and_double_nothing(own))


async def killed_writers_and_restarted_servers_lose_and_double_nothing(own: Own) -> None:
    names = [f"TEST:{secrets.token_hex(6).upper()}/USDT" for _ in range(4)]
    feeding = asyncio.create_task(feed(own, names, minutes=MINUTES))
    writers = [start_writer(own), start_writer(own)]
    number = random.Random(3)
    deadline = time.monotonic() + 90
    turn = 0
    while not feeding.done() or own_left(own):
        await asyncio.sleep(number.uniform(0.6, 1.6))
        turn += 1
        if turn == 4:
            await asyncio.to_thread(restart_postgres, own)
        if turn == 6:
            await asyncio.to_thread(restart_valkey, own)
        if turn < 12:
            victim = number.randrange(2)
            writers[victim].kill()
            writers[victim].wait()
            writers[victim] = start_writer(own)
        assert time.monotonic() < deadline
    await feeding
    for writer in writers:
        writer.send_signal(signal.SIGTERM)
        assert writer.wait(10) in {0, -signal.SIGTERM}  # the newest may not listen yet
    for seed, name in enumerate(names):
        expected = [bar(index, seed) for index in range(MINUTES)]
        assert own.bars(name, "1m") == expected
        assert own.bars(name, "15m") == rollup(expected, Resolution.MINUTES_15)
        assert own.bars(name, "1h") == rollup(expected, Resolution.HOUR)
        assert own.bars(name, "1d") == rollup(expected, Resolution.DAY)


def own_left(own: Own) -> int:
    try:
        return own.left()
    except redis.RedisError:
        return 1


def restart_postgres(own: Own) -> None:
    own.postgres.stop()
    time.sleep(0.5)
    own.postgres.start()


def restart_valkey(own: Own) -> None:
    own.valkey.end_leftover()  # kill -9: only what it had written to its file remains
    own.valkey._process.wait()  # type: ignore[union-attr]
    time.sleep(0.5)
    own.valkey.start()
