"""Fanning out imports: whose they are, in what order, and never more than the newest."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Self
from uuid import UUID

import pytest

from fargate.feed_gateway.imports import ImportTopic
from fargate.feed_gateway.switchboard import Switchboard
from nightdesk.accounts.model import ImportState
from nightdesk.contracts.api.accounts import ImportProgressShape
from nightdesk.identity.model import Caller
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import TenantId
from tests.fakes.desk import ANNA, PASSWORDS, FakeDesk
from tests.fakes.feed import FakeWire, connected, published

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def fake() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def caller(fake: FakeDesk) -> Caller:
    return fake.identity_service().sign_in(ANNA, PASSWORDS[ANNA]).caller


class Running:
    """A topic at work over a scripted wire."""

    def __init__(self, fake: FakeDesk) -> None:
        self.wire = FakeWire("import.*")
        self.topic = ImportTopic(fake.answers())
        self.switchboard = Switchboard(self.wire, {"import": self.topic})
        self.stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        self.start()
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stopping.set()
        await asyncio.gather(self.task, return_exceptions=True)

    def start(self) -> None:
        self.task = asyncio.create_task(self.switchboard.run(self.stopping))

    def publish(self, message: bytes) -> None:
        self.wire.publish("import.x", message)


async def following(stream: AsyncIterator[ImportProgressShape], count: int) -> list[int]:
    """The rows recorded that the next so many reports tell."""
    async with asyncio.timeout(60):
        return [(await anext(stream)).rows_recorded for _ in range(count)]


async def test_the_present_state_comes_first_then_what_is_published(fake: FakeDesk, caller: Caller) -> None:
    progress = connected(fake, caller)
    async with Running(fake) as running:
        stream = running.topic.follow(caller, None)
        assert await following(stream, 1) == [0]
        running.publish(published(progress, rows_recorded=1000))
        assert await following(stream, 1) == [1000]


async def test_another_tenants_imports_are_never_pushed(fake: FakeDesk, caller: Caller) -> None:
    boris = replace(caller, user=replace(caller.user, tenant_id=TenantId(UUID(int=99))))
    progress = connected(fake, caller)
    async with Running(fake) as running:
        stream = running.topic.follow(boris, None)
        waiting = asyncio.create_task(following(stream, 1))
        await asyncio.sleep(0.05)
        running.publish(published(progress, rows_recorded=1000))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        waiting.cancel()
        with pytest.raises(NotFound):
            await anext(running.topic.follow(boris, progress.account_id))


async def test_a_slow_follower_gets_the_newest_and_no_queue(fake: FakeDesk, caller: Caller) -> None:
    progress = connected(fake, caller)
    async with Running(fake) as running:
        stream = running.topic.follow(caller, progress.account_id)
        assert await following(stream, 1) == [0]
        for rows in range(1, 5001):
            running.publish(published(progress, rows_recorded=rows))
        await running.wire.drained()
        assert await following(stream, 1) == [5000]


async def test_late_reports_do_not_turn_the_figure_back(fake: FakeDesk, caller: Caller) -> None:
    progress = connected(fake, caller)
    async with Running(fake) as running:
        stream = running.topic.follow(caller, None)
        await following(stream, 1)
        for rows in (500, 300, 500):
            running.publish(published(progress, rows_recorded=rows))
            await running.wire.drained()
        assert await following(stream, 1) == [500]
        running.publish(published(progress, rows_recorded=500, state=ImportState.DONE))
        assert (await anext(stream)).state == "done"


async def test_after_a_lost_connection_the_present_state_is_read_again(fake: FakeDesk, caller: Caller) -> None:
    progress = connected(fake, caller)
    async with Running(fake) as running:
        stream = running.topic.follow(caller, None)
        assert await following(stream, 1) == [0]
        running.wire.lose()
        missed = replace(progress, rows_recorded=700, state=ImportState.RUNNING)
        fake.accounts.imports.save(missed)
        assert await following(stream, 1) == [700]
        assert running.switchboard.lives == 2


async def test_what_can_not_be_read_is_left_out(fake: FakeDesk, caller: Caller) -> None:
    progress = connected(fake, caller)
    async with Running(fake) as running:
        stream = running.topic.follow(caller, None)
        await following(stream, 1)
        running.publish(b"{not json")
        running.publish(b'{"account_id": 1}')
        running.publish(published(progress, rows_recorded=1))
        assert await following(stream, 1) == [1]


async def test_followers_that_leave_are_forgotten(fake: FakeDesk, caller: Caller) -> None:
    connected(fake, caller)
    async with Running(fake) as running:
        stream = running.topic.follow(caller, None)
        await following(stream, 1)
        assert running.topic.followers == 1
        await stream.aclose()
        assert running.topic.followers == 0
