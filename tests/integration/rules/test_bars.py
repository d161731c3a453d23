"""Rules over stored bars, from the store through the tracker to the judge, who computes every figure anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from math import sin
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from fargate.portfolio_tracker.rules_lines import AnalysedLines
from fargate.portfolio_tracker.rules_warming import PastWarming
from nightdesk.adapters.postgres.candles import PostgresCandleStore, candle_readers
from nightdesk.adapters.postgres.database import Database
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.ports import Batch
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import CandleService
from nightdesk.indicators.history import HistoryService
from nightdesk.rules.firing import CandidateRef
from tests.builders.ledger import at, movement
from tests.integration.rules.rig import Rig
from tests.servers import Postgres
from tests.unit.portfolio_tracker.test_rules_lines import Bar, FakeBars

pytestmark = pytest.mark.integration
Rules = Callable[[], "Desk"]
MINUTES = 600


def candle(minute: int, close: float) -> Candle:
    return Candle(at(0) + timedelta(minutes=minute), close, close + 0.5, close - 0.5, close, 2.0)


class Desk:
    """A rig whose tracker hears bars of one market of its own, which are stored up to its beginning."""

    def __init__(self, postgres: Postgres) -> None:
        self.rig = Rig(postgres)
        self.market = f"BINANCE:{uuid4().hex[:8].upper()}/USDT"
        bars = [candle(number - MINUTES, 100 + 5 * sin(number / 7)) for number in range(MINUTES)]
        rows = [CandleRow(self.market, Resolution.MINUTE, bar, "trades") for bar in bars]
        own = f"PORTFOLIO:{self.rig.tenant_id}"
        values = [candle(15 * (number - 20), 400.0 + number) for number in range(20)]
        rows += [CandleRow(own, Resolution.MINUTES_15, bar, "ticks") for bar in values]
        database = Database(postgres.url("streams"))
        PostgresCandleStore(database).upsert([Batch(1, tuple(rows))])
        database.close()
        self.service = CandleService(candle_readers(self.rig.tracker))
        self.follow()

    def follow(self, *bars: Bar) -> None:
        """A tracker that is told these bars."""
        self.lines = AnalysedLines(
            FakeBars(*bars), self.service, market_at=lambda: self.rig.service.board.market_at, told=lambda: None
        )
        self.rig.service.board.follow(self.lines)

    def price(self, seconds: float, last: str) -> None:
        self.rig.price(seconds, last, self.market)

    def beat(self) -> list[CandidateRef]:
        return self.rig.runner.run(self.rig.beat())

    def load(self, is_ready: Callable[[], bool]) -> None:
        """Read what is stored, and hear what is told."""

        async def once() -> None:
            stopping = asyncio.Event()
            loading = asyncio.create_task(self.lines.load(stopping))
            async with asyncio.timeout(30):
                while not is_ready():  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0.02)
            await self.lines.hear(asyncio.Event())
            stopping.set()
            await loading

        self.rig.runner.run(once())

    def ready(self) -> bool:
        return all(figure == figure for figure in self.lines.figures().values())  # noqa: PLR0124 - NaN


@pytest.fixture
def desk(postgres: Postgres) -> Iterator[Desk]:
    made = Desk(postgres)
    made.rig.record(movement(1, "USDT", "300"))
    yield made
    made.rig.close()


def told(desk: Desk) -> list[CandidateRef]:
    """An average that a closing and a forming bar have brought over a price."""
    over = {"kind": "compare", "left": f"SMA({desk.market},15m,3)", "relation": ">", "right": f"price({desk.market})"}
    desk.follow(Bar(desk.market, candle(0, 120.0), is_closed=True), Bar(desk.market, candle(1, 130.0), is_closed=False))
    desk.rig.arm(over)
    desk.price(60, "500")
    assert desk.beat() == []
    desk.load(desk.ready)
    desk.price(75, "50")
    return desk.beat()


def test_an_indicator_fires_with_the_very_figure_that_the_judge_finds(desk: Desk) -> None:
    refs = told(desk)
    assert desk.rig.outcomes(refs) == ["fire"]
    (firing,) = desk.rig.desk.firings(desk.rig.tenant_id)
    figure = firing.evidence[f"SMA({desk.market},15m,3)"].value
    assert figure is not None
    assert 100 < figure < 120


@pytest.mark.parametrize("what", ["figure", "price", "bar"])
def test_a_doctored_candidate_never_fires(desk: Desk, what: str) -> None:
    refs = told(desk)
    text = f"SMA({desk.market},15m,3)"
    with desk.rig.app.transaction(tenant_id=desk.rig.tenant_id) as connection:
        doctored = {
            "figure": ("told", "{" + f'"{text}"' + ",value}", "109.5"),
            "price": ("prices", "{" + f'"{desk.market}"' + ",1}", at(76).isoformat()),
            "bar": ("bars", "{" + f'"{desk.market}"' + ",forming,4}", 500.0),
        }
        column, path, value = doctored[what]
        connection.execute(
            f"UPDATE rule_candidates SET {column} = jsonb_set({column}, %s, %s)",  # noqa: S608 - a column of this test
            (path, Jsonb(value)),
        )
    assert desk.rig.outcomes(refs) == ["disagrees"]
    assert desk.rig.desk.firings(desk.rig.tenant_id) == ()
    (judged,) = desk.rig.desk.judged(desk.rig.tenant_id, refs[0].rule_set_id)
    assert judged.verdict is not None
    assert any(name.startswith("told: ") for name in judged.verdict.seen)


def test_a_drawdown_is_from_the_highest_stored_value(desk: Desk) -> None:
    down = {"kind": "compare", "left": f"drawdown(PORTFOLIO:{desk.rig.tenant_id})", "relation": ">", "right": "0.28"}
    desk.rig.arm(down)
    desk.price(60, "500")
    assert desk.beat() == []
    desk.load(desk.ready)
    desk.price(61, "500")
    desk.rig.service.told()
    assert desk.rig.outcomes(desk.beat()) == ["fire"]
    (firing,) = desk.rig.desk.firings(desk.rig.tenant_id)
    assert firing.evidence[f"highest of PORTFOLIO:{desk.rig.tenant_id}"].value == Decimal("419.5")


def test_a_change_over_a_window_is_seen_at_once_after_a_restart(desk: Desk) -> None:
    up = {
        "kind": "change",
        "operand": f"price({desk.market})",
        "window_s": 3600,
        "relation": ">",
        "ratio": "1",
    }
    desk.rig.arm(up)
    desk.price(30, "100")
    assert desk.beat() == []
    desk.rig.restarted()
    desk.price(31, "100")
    assert desk.beat() == []
    warming = PastWarming(desk.rig.service.board, HistoryService(desk.service))
    desk.rig.runner.run(warming.warm_now())
    desk.price(32, "300")
    assert desk.rig.outcomes(desk.beat()) == ["fire"]
