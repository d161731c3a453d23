"""What was before this process: past values from stored bars, closes of minutes, and the most a portfolio was worth."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from math import isnan, nan

import pytest

from fargate.portfolio_tracker.rules_board import Board, Close, NoLines
from fargate.portfolio_tracker.rules_highs import HighMarks, stored_high
from fargate.portfolio_tracker.rules_lines import AnalysedLines
from fargate.portfolio_tracker.rules_warming import PastWarming
from nightdesk.candles.model import Candle, PortfolioSeries, parse_series
from nightdesk.candles.ports import Series
from nightdesk.candles.service import CandleService
from nightdesk.indicators.analyser import base_resolution
from nightdesk.indicators.history import HistoryService
from nightdesk.indicators.language import parse
from nightdesk.indicators.model import Expression
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.errors import Unavailable
from nightdesk.markets.model import Price
from nightdesk.rules.model import Operand
from nightdesk.rules.slots import Past, SlotTable
from tests.builders.rules import BEGIN, PRICE, TENANT, at
from tests.fakes.candles import FakeCandles
from tests.unit.portfolio_tracker.test_rules_lines import Bar, FakeBars

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BTC = parse_instrument("BINANCE:BTC/USDT")
ETH = parse_instrument("BINANCE:ETH/USDT")
RATIO = Operand("price(BINANCE:ETH/USDT) / price(BINANCE:BTC/USDT)")
OWN = PortfolioSeries(TENANT)
WORTH = Operand(f"value({OWN})")
DRAWDOWN = parse(f"drawdown({OWN})")


def bar(minute: int, close: float, high: float | None = None) -> Candle:
    return Candle(BEGIN + timedelta(minutes=minute), close, high or close, close, close, 1.0)


def candles() -> CandleService:
    bars = {
        str(BTC): [bar(minute, 1000.0 + minute) for minute in range(-200, 0)],
        str(OWN): [bar(15 * number, 500.0 + number, 900.0 - number) for number in range(-20, 0)],
    }
    series = {
        name: Series(series_id=1, name=name, unit=AssetId("USDT"), base=base_resolution(parse_series(name)))
        for name in bars
    }
    return CandleService(FakeCandles(series, bars).readers)


def board(*pasts: Past) -> Board:
    slots = SlotTable()
    for past in pasts:
        slots.take(past)
    made = Board(slots)
    made.hear(Price(instrument=BTC, last=Decimal(1500), at=at(10)))
    made.tick()
    return made


def value_now(made: Board, second: float) -> str:
    made.hear(Price(instrument=BTC, last=Decimal(1500), at=at(second)))
    ticked = made.tick()
    assert ticked is not None
    return str(ticked[0].values[0])


def warm(made: Board) -> None:
    asyncio.run(PastWarming(made, HistoryService(candles())).warm_now())


def test_a_restart_blinds_no_change_of_a_price() -> None:
    made = board(Past(PRICE, HOUR))
    assert value_now(made, 11) == "nan"
    warm(made)
    assert value_now(made, 12) == "939.0"  # the close of the minute that ended an hour ago
    assert value_now(made, 61) == "940.0"
    assert made.pasts.unseen() == []


def test_a_portfolios_value_stands_until_its_next_quarter_of_an_hour() -> None:
    made = board(Past(WORTH, DAY))
    warm(made)
    known = {minutes: made.pasts.at(WORTH, BEGIN + timedelta(minutes=minutes)) for minutes in (-30, -25, -20, -15)}
    assert known == {-30: 497, -25: 497, -20: 497, -15: 498}


@pytest.mark.parametrize("text", [f"balance({OWN},BTC)", "price(BINANCE:XYZ/USDT)", "7", f"drawdown({OWN})"])
def test_what_has_no_history_begins_when_it_is_seen(text: str) -> None:
    made = board(Past(Operand(text), HOUR))
    warm(made)
    assert made.pasts.unseen() == []
    assert value_now(made, 12) == "nan"


def test_a_store_that_is_away_is_asked_again() -> None:
    class Away:
        def tell(self, *_: object) -> object:
            raise Unavailable("database.unavailable", "gone")

    async def once(made: Board) -> None:
        stopping = asyncio.Event()
        running = asyncio.create_task(PastWarming(made, Away()).run(stopping))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        stopping.set()
        await running

    made = board(Past(PRICE, HOUR))
    asyncio.run(once(made))
    assert len(made.pasts.unseen()) == 1
    asyncio.run(PastWarming(Board(SlotTable()), HistoryService(candles())).warm_now())  # no market has told the time


@dataclass(slots=True)
class Closes(NoLines):
    """Closes that the test tells."""

    told: list[Close] = field(default_factory=list)
    watched: list[str] = field(default_factory=list)

    def watch(self, expressions: Iterable[Expression]) -> None:
        self.watched = [each.text for each in expressions]

    def closes(self) -> Sequence[Close]:
        told, self.told = self.told, []
        return told


def test_a_past_price_is_what_its_minute_closed_at_whatever_was_seen() -> None:
    lines, made = Closes(), board(Past(PRICE, HOUR), Past(RATIO, HOUR))
    made.follow(lines)
    made.pasts.put(PRICE, at(60), Decimal(7))
    lines.told = [
        Close(BTC, at(60), 1200.0),
        Close(ETH, at(60), 60.0),
        Close(BTC, at(120), 1300.0),
        Close(parse_instrument("BINANCE:BNB/USDT"), at(120), 1.0),
    ]
    made.tick()
    assert made.pasts.at(PRICE, at(60)) == 1200
    assert made.pasts.at(RATIO, at(60)) == Decimal("0.05")
    assert made.pasts.at(RATIO, at(120)) is None  # of one of its markets the minute has not been told
    made.pasts.correct(PRICE, at(61), Decimal(1))
    assert made.pasts.at(PRICE, at(61)) is None


def test_closes_are_heard_of_markets_whose_past_is_read() -> None:
    slots = SlotTable()
    slots.take(Past(RATIO, HOUR))
    made, lines = Board(slots), Closes()
    made.follow(lines)
    made.hear(Price(instrument=BTC, last=Decimal(1500), at=at(10)))
    made.tick()
    assert lines.watched == ["close(BINANCE:ETH/USDT,1m)", "close(BINANCE:BTC/USDT,1m)"]


def test_the_highest_value_is_of_stored_bars_and_then_of_those_that_are_told() -> None:
    marks, text = HighMarks(), f"highest of {OWN}"
    marks.watch([DRAWDOWN, parse(PRICE)])
    marks.take(BTC, bar(0, 1.0))
    marks.take(OWN, bar(0, 600.0, 901.0))
    assert isnan(marks.figures()[text])
    assert marks.series == {str(OWN)}
    marks.put(OWN, stored_high(candles(), OWN))
    assert marks.figures()[text] == 920
    marks.take(OWN, bar(15, 600.0, 950.0))
    assert marks.figures()[text] == 950
    marks.forget([OWN])
    assert marks.missing == [OWN]
    marks.put(OWN, nan)
    assert isnan(marks.figures()[text])
    marks.watch([])
    marks.put(OWN, 1.0)
    assert marks.figures() == {}


def test_lines_tell_highest_values_and_closes() -> None:
    bars = FakeBars(Bar(str(OWN), bar(0, 600.0, 950.0), is_closed=False), Bar(str(BTC), bar(0, 7.0), is_closed=True))
    made = AnalysedLines(bars, candles(), market_at=lambda: BEGIN, told=lambda: None)
    made.watch([DRAWDOWN, parse(f"close({BTC},1m)")])

    async def once(part: str) -> None:
        stopping = asyncio.Event()
        running = asyncio.create_task(getattr(made, part)(stopping))
        await asyncio.sleep(0.2)
        stopping.set()
        await running

    asyncio.run(once("load"))
    assert made.figures()[f"highest of {OWN}"] == 920
    asyncio.run(once("hear"))
    assert made.figures()[f"highest of {OWN}"] == 950
    assert made.closes() == [Close(BTC, at(60), 7.0)]
    assert made.closes() == []
    assert made.bars([BTC])[str(BTC)].closed == (bar(0, 7.0),)
    made.doubt([OWN, BTC, ETH])
    assert isnan(made.figures()[f"highest of {OWN}"])
    asyncio.run(once("load"))
    assert made.figures()[f"highest of {OWN}"] == 920
