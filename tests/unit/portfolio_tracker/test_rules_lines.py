"""Figures that change with bars, as rules read them in the tracker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from math import isnan

import pytest

from fargate.portfolio_tracker.rules_lines import AnalysedLines
from nightdesk.candles.model import Candle
from nightdesk.candles.ports import Series
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import CandleService
from nightdesk.indicators.language import parse
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Unavailable
from tests.builders.rules import BEGIN
from tests.fakes.candles import FakeCandles

MARKET = "BINANCE:BTC/USDT"
SMA = parse(f"SMA({MARKET},1m,3)")
BOTH = parse(f"SMA({MARKET},1m,3) - price({MARKET})")


@dataclass(frozen=True, slots=True)
class Bar:
    series: str
    candle: Candle
    is_closed: bool


class FakeBars:
    """Gives what it was given, then nothing."""

    def __init__(self, *bars: Bar | None) -> None:
        self.bars = bars
        self.wanted: list[Collection[str]] = []

    async def hear(self, wanted: Callable[[], Collection[str]]) -> AsyncIterator[Bar | None]:
        self.wanted.append(wanted())
        for bar in self.bars:
            yield bar


def candle(minute: int, close: float) -> Candle:
    return Candle(BEGIN + timedelta(minutes=minute), close, close, close, close, 1.0)


def lines(*bars: Bar | None, stored: int = 300) -> tuple[AnalysedLines, list[bool]]:
    told = [False]
    series = Series(series_id=1, name=MARKET, unit=AssetId("USDT"), base=Resolution.MINUTE)
    kept = FakeCandles({MARKET: series}, {MARKET: [candle(number - stored, 10.0) for number in range(stored)]})

    def tell() -> None:
        told[0] = True

    service = CandleService(kept.readers)
    return AnalysedLines(FakeBars(*bars), service, market_at=lambda: BEGIN, told=tell), told


def run(made: AnalysedLines, part: str) -> None:
    async def once() -> None:
        stopping = asyncio.Event()
        running = asyncio.create_task(getattr(made, part)(stopping))
        await asyncio.sleep(0.3)
        stopping.set()
        await running

    asyncio.run(once())


def test_figures_begin_with_stored_bars_and_move_with_those_that_form_and_close() -> None:
    made, told = lines(
        Bar(MARKET, candle(0, 13.0), is_closed=False), None, Bar(MARKET, candle(0, 16.0), is_closed=True)
    )
    made.watch([SMA, BOTH])
    assert made.health() == {"rule_figures": 1, "rule_series": 1}
    assert isnan(made.figures()[SMA.text])
    run(made, "load")
    assert made.figures() == {SMA.text: 10.0}
    run(made, "hear")
    assert told == [True]
    assert made.figures() == {SMA.text: 12.0}


def test_what_is_wanted_no_longer_is_forgotten() -> None:
    made, _ = lines()
    made.watch([SMA])
    made.watch([])
    assert made.figures() == {}
    run(made, "hear")


def test_a_store_that_is_away_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = lines()
    made.watch([SMA])

    def away(*_: object) -> None:
        raise Unavailable("database.unavailable", "gone")

    with monkeypatch.context() as patched:
        patched.setattr("fargate.portfolio_tracker.rules_lines.stored_for", away)
        run(made, "load")
    assert isnan(made.figures()[SMA.text])
    run(made, "load")
    assert made.figures() == {SMA.text: 10.0}
