"""Works that begin and end together."""

import asyncio

import pytest

from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.tasks import abreast, end_all

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_works_abreast_end_with_the_first_that_fails_though_a_cancellation_is_lost() -> None:
    lost: list[int] = []

    async def stubborn() -> None:
        while len(lost) < 2:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                lost.append(1)

    async def fails() -> None:
        await asyncio.sleep(0)
        raise Unavailable("venue.silent", "Silent.")

    async def done_at_once() -> None:
        return

    with pytest.raises(BaseExceptionGroup) as told:
        async with asyncio.timeout(30):
            await abreast(stubborn(), fails(), done_at_once())
    assert [error.code for error in told.value.exceptions if isinstance(error, Unavailable)] == ["venue.silent"]
    assert len(lost) == 2


async def test_works_abreast_end_when_they_are_all_done_or_none_is_there() -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        await asyncio.sleep(0)
        done.append(number)

    await abreast()
    await abreast(work(1), work(2))
    assert done == [1, 2]


async def test_what_is_over_or_failed_already_does_not_hinder_the_end() -> None:
    async def fails() -> None:
        raise Unavailable("venue.silent", "Silent.")

    works = (fails(), asyncio.sleep(0), asyncio.sleep(3600))
    tasks = [asyncio.create_task(work) for work in works]
    await asyncio.sleep(0.01)
    await end_all(tasks, cancel_again_s=0.01)
    assert [task.done() for task in tasks] == [True] * 3
