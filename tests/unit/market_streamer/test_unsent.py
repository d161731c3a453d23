"""Bars while the stream in Valkey is away: memory is bounded, and what was given up is fetched again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from fargate.market_streamer.unsent import UnsentBars
from nightdesk.candles.gaps import Gap
from nightdesk.candles.model import Candle, CandleRow, CandleSource
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.errors import Unavailable

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Sink:
    """Takes rows, if it is there."""

    rows: list[CandleRow] = field(default_factory=list)
    is_away: bool = False

    async def append(self, rows: Sequence[CandleRow]) -> None:
        if self.is_away:
            raise Unavailable("valkey.unavailable", "It is away.")
        self.rows += rows

    async def show(self, rows: Sequence[CandleRow], *, is_closed: bool) -> None:
        raise NotImplementedError


def bar(minute: int, series: str = "BINANCE:BTC/USDT", close: float = 1.0) -> CandleRow:
    candle = Candle(START + timedelta(minutes=minute), 1.0, 2.0, 1.0, close)
    return CandleRow(series, Resolution.MINUTE, candle, CandleSource.TRADES)


def minutes(since: int, until: int) -> Gap:
    return Gap(START + timedelta(minutes=since), START + timedelta(minutes=until))


def anything(_series: str) -> bool:
    return True


def test_each_bar_is_sent_once_in_its_newest_state() -> None:
    sink = Sink()
    unsent = UnsentBars(sink)
    unsent.keep([bar(0), bar(1), bar(0, close=1.5)])
    asyncio.run(unsent.send())
    asyncio.run(unsent.send())
    assert sink.rows == [bar(0, close=1.5), bar(1)]
    assert len(unsent) == 0


def test_what_could_not_be_sent_waits() -> None:
    sink = Sink(is_away=True)
    unsent = UnsentBars(sink)
    unsent.keep([bar(0)])
    with pytest.raises(Unavailable):
        asyncio.run(unsent.send())
    sink.is_away = False
    asyncio.run(unsent.send())
    assert sink.rows == [bar(0)]


def test_the_oldest_are_given_up_and_fetched_when_there_is_room() -> None:
    sink = Sink(is_away=True)
    unsent = UnsentBars(sink, most=4)
    unsent.keep([bar(minute) for minute in range(6)])
    unsent.keep([bar(6), bar(2, "BINANCE:ETH/USDT")])
    assert (len(unsent), unsent.given_up) == (4, 2)
    assert unsent.to_fetch(anything) is None
    sink.is_away = False
    asyncio.run(unsent.send())
    assert unsent.to_fetch("BINANCE:BTC/USDT".__eq__) == ("BINANCE:BTC/USDT", minutes(0, 3))
    unsent.fetched("BINANCE:BTC/USDT", minutes(0, 2))  # meanwhile more was given up
    unsent.fetched("BINANCE:BTC/USDT", minutes(0, 3))
    assert unsent.to_fetch(anything) == ("BINANCE:ETH/USDT", minutes(2, 3))
    assert unsent.to_fetch("BINANCE:BTC/USDT".__eq__) is None


def test_a_bar_that_is_corrected_while_it_is_sent_is_sent_again() -> None:
    class Slow(Sink):
        async def append(self, rows: Sequence[CandleRow]) -> None:
            await super().append(rows)
            if len(self.rows) == 1:
                unsent.keep([bar(0, close=1.5)])

    sink = Slow()
    unsent = UnsentBars(sink)
    unsent.keep([bar(0)])
    asyncio.run(unsent.send())
    asyncio.run(unsent.send())
    assert sink.rows == [bar(0), bar(0, close=1.5)]
