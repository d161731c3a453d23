"""The candle writer on real servers: killed, restarted, fed twice; every bar is there once and right."""

import asyncio
import contextlib
import json
import random
import secrets
import signal
import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from fargate.candle_writer.service import CandleWriter
from nightdesk.adapters.postgres.candles import PostgresCandleStore
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.redis.candle_stream import GROUP, REFUSED, STREAM, ValkeyCandleInbox, ValkeyCandleSink
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.rollup import rollup
from nightdesk.runtime.clock import SystemClock
from tests.integration.candles.rig import Rig

pytestmark = pytest.mark.integration
START = datetime(2026, 5, 31, 20, tzinfo=UTC)  # crosses the end of a month
MINUTES = 600


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    rig = Rig(tmp_path_factory.mktemp("writer"))
    yield rig
    rig.stop()


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


async def write_until_empty(own: Rig, valkey: "Redis", database: Database) -> CandleWriter:
    inbox = ValkeyCandleInbox(valkey, secrets.token_hex(4), idle_s=0.2, wait_s=0.1)
    writer, stopping = CandleWriter(inbox, PostgresCandleStore(database), SystemClock()), asyncio.Event()
    task = asyncio.create_task(writer.write(stopping))
    for _ in range(100):
        await asyncio.sleep(0.1)
        if not own.waiting():
            break
    stopping.set()
    await task
    return writer


def test_dead_between_commit_and_acknowledgement(own: Rig) -> None:
    asyncio.run(dead_between_commit_and_acknowledgement(own))


async def dead_between_commit_and_acknowledgement(own: Rig) -> None:
    name, database = f"TEST:{secrets.token_hex(6).upper()}/USDT", Database(own.url("streams"))
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


def test_what_cannot_be_stored_is_put_aside(own: Rig) -> None:
    asyncio.run(what_cannot_be_stored_is_put_aside(own))


async def what_cannot_be_stored_is_put_aside(own: Rig) -> None:
    name, database = f"TEST:{secrets.token_hex(6).upper()}/USDT", Database(own.url("streams"))
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


async def feed(own: Rig, names: list[str], *, minutes: int) -> None:
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


def test_killed_writers_and_restarted_servers_lose_and_double_nothing(own: Rig) -> None:
    asyncio.run(killed_writers_and_restarted_servers_lose_and_double_nothing(own))


async def killed_writers_and_restarted_servers_lose_and_double_nothing(own: Rig) -> None:
    names = [f"TEST:{secrets.token_hex(6).upper()}/USDT" for _ in range(4)]
    feeding = asyncio.create_task(feed(own, names, minutes=MINUTES))
    for writer in ("one", "two"):
        own.start(writer, "candle_writer", streams_claim_after_s="1")
    number, deadline, turn = random.Random(3), time.monotonic() + 90, 0
    while not feeding.done() or own.waiting():
        await asyncio.sleep(number.uniform(0.6, 1.6))
        turn += 1
        if turn == 4:
            await asyncio.to_thread(own.restart_postgres)
        if turn == 6:
            await asyncio.to_thread(own.restart_valkey)
        if turn < 12:
            victim = number.choice(["one", "two"])
            own.kill(victim)
            own.start(victim, "candle_writer", streams_claim_after_s="1")
        assert time.monotonic() < deadline
    await feeding
    assert own.end("one") in {0, -signal.SIGTERM}  # the newest may not listen yet
    assert own.end("two") in {0, -signal.SIGTERM}
    for seed, name in enumerate(names):
        expected = [bar(index, seed) for index in range(MINUTES)]
        assert own.bars(name, "1m") == expected
        assert own.bars(name, "15m") == rollup(expected, Resolution.MINUTES_15)
        assert own.bars(name, "1h") == rollup(expected, Resolution.HOUR)
        assert own.bars(name, "1d") == rollup(expected, Resolution.DAY)
