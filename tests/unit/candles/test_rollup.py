"""Longer bars, missing bars, names."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from nightdesk.candles.gaps import Gap, find_gaps
from nightdesk.candles.model import Candle, CandleRow, PortfolioSeries, parse_series, require_row
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.rollup import rollup
from nightdesk.candles.trade_ids import TradeIds
from nightdesk.kernel.errors import InvalidInput

START = datetime(2026, 1, 1, tzinfo=UTC)


def minute(index: int) -> datetime:
    return START + timedelta(minutes=index)


def test_parts_without_volume_do_not_open_a_bar_that_has_some() -> None:
    parts = [Candle(minute(0), 9, 9, 9, 9, 0), Candle(minute(1), 10, 12, 10, 11, 2), Candle(minute(2), 11, 11, 11, 11)]
    assert rollup(parts, Resolution.MINUTES_5) == [Candle(START, 10, 12, 10, 11, 2)]


def test_parts_of_a_series_without_volume_all_count() -> None:
    parts = [Candle(minute(0), 9, 9, 9, 9), Candle(minute(1), 10, 12, 8, 11)]
    assert rollup(parts, Resolution.MINUTES_5) == [Candle(START, 9, 12, 8, 11, 0)]


def test_gaps_before_between_and_after() -> None:
    there = [minute(2), minute(3), minute(7)]
    assert find_gaps(there, Resolution.MINUTE, since=minute(0), until=minute(10)) == [
        Gap(minute(0), minute(2)), Gap(minute(4), minute(7)), Gap(minute(8), minute(10))
    ]  # fmt: skip


def test_no_gaps_where_all_is_there() -> None:
    assert find_gaps(map(minute, range(10)), Resolution.MINUTE, since=minute(0), until=minute(10)) == []
    assert find_gaps([], Resolution.MINUTE, since=minute(3), until=minute(3)) == []


def test_holes_in_numbering() -> None:
    ids = TradeIds()
    assert [ids.add(identity) for identity in (5, 6, 9, 7, 12, 5)] == [True, True, True, True, True, False]
    assert (ids.holes(), ids.highest) == ([(8, 8), (10, 11)], 12)
    ids.mark(8, 11)
    assert ids.holes() == []


def test_ranges_stay_bounded() -> None:
    ids = TradeIds(ranges_max=3)
    for identity in range(0, 20, 2):
        ids.add(identity)
    assert ids.holes() == [(15, 15), (17, 17)]
    assert not ids.add(3)


def test_names_of_series() -> None:
    portfolio = UUID("12345678-1234-5678-1234-567812345678")
    assert parse_series(f"PORTFOLIO:{portfolio}") == PortfolioSeries(portfolio)
    assert str(PortfolioSeries(portfolio)) == f"PORTFOLIO:{portfolio}"
    assert str(parse_series("BINANCE:BTC/USDT")) == "BINANCE:BTC/USDT"


@pytest.mark.parametrize("text", ["", "BTC/USDT", "PORTFOLIO:", "PORTFOLIO:x", "BINANCE:BTC"])
def test_refuses_what_names_no_series(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_series(text)


@pytest.mark.parametrize(
    "candle",
    [
        Candle(minute(0) + timedelta(seconds=1), 1, 1, 1, 1),
        Candle(datetime(1999, 1, 1, tzinfo=UTC), 1, 1, 1, 1),
        Candle(START, float("nan"), 1, 1, 1),
        Candle(START, 1, float("inf"), 1, 1),
        Candle(START, 2, 1, 1, 1),
        Candle(START, 1, 1, 1, 1, -1),
    ],
)
def test_refuses_rows_that_cannot_be_bars(candle: Candle) -> None:
    with pytest.raises(InvalidInput):
        require_row(CandleRow("BINANCE:BTC/USDT", Resolution.MINUTE, candle, "trades"))
