import asyncio
from collections.abc import Sequence

import pytest

from fargate.portfolio_tracker.valuations import A_TIME, ValuationKeeper
from nightdesk.kernel.errors import Unavailable
from nightdesk.portfolio.provenance import Provenance
from tests.builders.ledger import RECORDED

pytestmark = pytest.mark.anyio
TOLD = [Provenance(at=RECORDED, prices=(), portfolios=()) for _ in range(A_TIME + 1)]


class Log:
    def __init__(self) -> None:
        self.written: list[int] = []
        self.is_away = False

    def write(self, told: Sequence[Provenance]) -> None:
        if self.is_away:
            raise Unavailable("database.unavailable", "Away.")
        self.written.append(len(told))


async def test_what_waits_is_written_some_at_a_time() -> None:
    log = Log()
    keeper = ValuationKeeper(log)
    keeper.tell(TOLD)
    await keeper.write()
    assert (log.written, keeper.waiting) == ([A_TIME, 1], 0)


async def test_what_could_not_be_written_waits() -> None:
    log = Log()
    keeper, log.is_away = ValuationKeeper(log), True
    keeper.tell(TOLD[:2])
    await keeper.write()
    assert keeper.waiting == 2
    log.is_away = False
    await keeper.write()
    assert (log.written, keeper.waiting) == ([2], 0)


async def test_what_is_left_is_written_at_the_end() -> None:
    log, stopping = Log(), asyncio.Event()
    keeper = ValuationKeeper(log)
    running = asyncio.create_task(keeper.run(stopping))
    await asyncio.sleep(0)
    keeper.tell(TOLD[:1])
    stopping.set()
    await asyncio.wait_for(running, 60)
    assert (log.written, keeper.waiting) == ([1], 0)
