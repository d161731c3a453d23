"""Boards: what differences add up to, whatever they cross."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from fargate.feed_gateway.portfolios import PortfolioTopic
from nightdesk.contracts.api.portfolio import AssetValueShape, PortfolioShape, TotalShape
from nightdesk.contracts.live import PortfolioChanges, portfolio_subject
from nightdesk.identity.model import Caller
from tests.fakes.desk import ANNA, PASSWORDS, FakeDesk
from tests.fakes.feed import FakeWire

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def caller() -> Caller:
    return FakeDesk().identity_service().sign_in(ANNA, PASSWORDS[ANNA]).caller


def asset(name: str, value: int) -> AssetValueShape:
    unknown = ("price", "priced_at", "average_cost", "realised_pnl", "unrealised_pnl", "share_ratio")
    members: dict[str, Any] = {"asset": name, "quantity": "1", "unproven": "0", "value": str(value)}
    return AssetValueShape(**members, **dict.fromkeys(unknown))


def portfolio(**values: int) -> PortfolioShape:
    return PortfolioShape(
        portfolio_id=UUID(int=1),
        base_asset="USDT",
        as_of="2026-01-01T00:00:00.000000Z",
        total=TotalShape(value=str(sum(values.values())), complete=True, priced_at=None),
        accounts=[],
        assets=[asset(name, value) for name, value in values.items()],
        holdings=[],
        unpriced=[],
        rates={},
    )


class Desk:
    """A topic, the tracker's messages and the portfolio that the API would answer."""

    def __init__(self, caller: Caller) -> None:
        self.subject = portfolio_subject(caller.tenant_id)
        self.changes = PortfolioChanges()
        self.present = portfolio(BTC=1, ETH=2)
        self.reads = 0
        self.watched: list[str] = []
        self.topic = PortfolioTopic(FakeWire(), self.read, self.watch)
        self.tell(self.present)
        self.stream = self.topic.follow(caller)

    def read(self, _: Caller) -> PortfolioShape:
        self.reads += 1
        return self.present

    async def watch(self, portfolio_ids: Sequence[str]) -> None:
        self.watched += portfolio_ids

    def tell(self, shape: PortfolioShape) -> None:
        """As the tracker does."""
        message = self.changes.message(shape)
        assert message
        self.topic.hear(self.subject, message.encode())

    async def next(self) -> tuple[bool, dict[str, str | None]]:
        async with asyncio.timeout(60):
            change = await anext(self.stream)
        return change.whole, {row.asset: row.value for row in change.assets}

    async def begun(self) -> None:
        begun = asyncio.create_task(self.next())
        await asyncio.sleep(0)
        self.topic.holds(self.subject)
        assert await begun == (True, {"BTC": "1", "ETH": "2"})


async def test_the_whole_then_only_rows_that_changed(caller: Caller) -> None:
    desk = Desk(caller)
    await desk.begun()
    assert desk.watched == [str(caller.tenant_id)] * len(desk.watched) != []
    desk.tell(portfolio(BTC=5, ETH=2))
    assert await desk.next() == (False, {"BTC": "5"})


async def test_a_slow_reader_is_told_each_row_once_as_it_is_now(caller: Caller) -> None:
    desk = Desk(caller)
    await desk.begun()
    for value in range(10, 1000):
        desk.tell(portfolio(BTC=value, ETH=value if value == 500 else 2))
    assert await desk.next() == (False, {"BTC": "999", "ETH": "2"})


async def test_a_row_that_went_away_is_gone(caller: Caller) -> None:
    desk = Desk(caller)
    await desk.begun()
    desk.tell(portfolio(BTC=1))
    assert await desk.next() == (True, {"BTC": "1"})


async def test_a_number_left_out_has_the_whole_read_again(caller: Caller) -> None:
    desk = Desk(caller)
    await desk.begun()
    desk.tell(portfolio(BTC=5, ETH=2))
    desk.changes.message(portfolio(BTC=6, ETH=2))  # never heard
    desk.present = portfolio(BTC=7, ETH=2)
    desk.tell(desk.present)
    assert await desk.next() == (True, {"BTC": "7", "ETH": "2"})
    assert desk.reads == 2


async def test_what_is_heard_while_the_whole_is_read_is_not_lost(caller: Caller) -> None:
    desk = Desk(caller)
    begun = asyncio.create_task(desk.next())
    await asyncio.sleep(0)
    desk.topic.holds(desk.subject)
    desk.tell(portfolio(BTC=9, ETH=2))
    assert await begun == (True, {"BTC": "9", "ETH": "2"})


async def test_who_joins_later_begins_without_another_read(caller: Caller) -> None:
    desk = Desk(caller)
    await desk.begun()
    desk.tell(portfolio(BTC=5, ETH=2))
    change = await anext(desk.topic.follow(caller))
    assert change.whole
    assert {row.asset: row.value for row in change.assets} == {"BTC": "5", "ETH": "2"}
    assert desk.reads == 1
