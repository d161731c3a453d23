"""Parts of a service: they come back when they die, leave when asked, and are made to leave when they don't."""

import asyncio
import os
import signal

import pytest

from nightdesk.runtime.service import Part, Supervisor, until

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_part_that_dies_is_started_again() -> None:
    lives: list[int] = []
    lives_again = asyncio.Event()

    async def work(stopping: asyncio.Event) -> None:
        lives.append(1)
        if len(lives) == 1:
            raise RuntimeError("dead")
        lives_again.set()
        await stopping.wait()

    supervisor = Supervisor([Part("dies", work)])
    running = asyncio.create_task(supervisor.run())
    async with asyncio.timeout(5):
        await lives_again.wait()
    assert supervisor.health() == {"status": "ok", "parts": {"dies": {"ok": True, "restarts": 1}}}
    supervisor.stop()
    async with asyncio.timeout(5):
        await running


async def test_a_signal_ends_all_and_the_stubborn_is_cancelled() -> None:
    ended: list[str] = []

    async def obeys(stopping: asyncio.Event) -> None:
        await stopping.wait()
        ended.append("obeys")

    async def stays(_stopping: asyncio.Event) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("stays")

    supervisor = Supervisor([Part("obeys", obeys), Part("stays", stays)], stop_within_s=0.1)
    running = asyncio.create_task(supervisor.run())
    await asyncio.sleep(0.05)
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(5):
        await running
    assert ended == ["obeys", "stays"]


async def test_one_dead_part_degrades_the_service() -> None:
    async def dies(_stopping: asyncio.Event) -> None:
        raise RuntimeError("dead")

    async def lives(stopping: asyncio.Event) -> None:
        await stopping.wait()

    supervisor = Supervisor([Part("dies", dies), Part("lives", lives)])
    running = asyncio.create_task(supervisor.run())
    await asyncio.sleep(0.05)
    assert supervisor.health()["status"] == "degraded"
    supervisor.stop()
    await running


async def test_work_until_it_is_stopped_or_fails() -> None:
    stopping = asyncio.Event()
    forever = asyncio.create_task(until(stopping, asyncio.sleep(60)))
    await asyncio.sleep(0)
    stopping.set()
    async with asyncio.timeout(5):
        await forever

    async def fails() -> None:
        raise RuntimeError("dead")

    with pytest.raises(RuntimeError, match="dead"):
        await until(asyncio.Event(), fails())


async def test_a_cancellation_that_was_lost_is_repeated() -> None:
    async def loses_one() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)

    stopping = asyncio.Event()
    stopping.set()
    async with asyncio.timeout(5):
        await until(stopping, loses_one())
