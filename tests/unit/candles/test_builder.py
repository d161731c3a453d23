"""Bars from trades, under the stated policy."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nightdesk.candles.builder import BarBuilder, Outcome
from nightdesk.candles.model import Candle, Trade

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def trade(identity: int, seconds: float, price: str, amount: str = "1") -> Trade:
    return Trade(at(seconds), Decimal(price), Decimal(amount), identity)


def test_nothing_is_given_before_the_market_clock_ends_the_bar() -> None:
    builder = BarBuilder()
    builder.add(trade(1, 0, "10"))
    assert builder.settle(at(59.999)) == []
    assert builder.forming() == Candle(START, 10, 10, 10, 10, 1)
    assert builder.settle(at(60)) == [Candle(START, 10, 10, 10, 10, 1)]
    assert builder.forming() is None
    assert builder.settle(at(60)) == []


def test_open_and_close_follow_time_and_number_not_arrival() -> None:
    builder = BarBuilder()
    for one in (trade(3, 30, "13", "0.3"), trade(1, 30, "11", "0.1"), trade(2, 30, "12", "0.2"), trade(4, 5, "9")):
        assert builder.add(one) is Outcome.TAKEN
    assert builder.settle(at(60)) == [Candle(START, 9, 13, 9, 13, 1.6)]


def test_doubles_change_nothing() -> None:
    builder = BarBuilder()
    builder.add(trade(1, 0, "10"))
    assert builder.add(trade(1, 0, "10")) is Outcome.DOUBLE
    assert builder.settle(at(60)) == [Candle(START, 10, 10, 10, 10, 1)]


def test_equal_trades_with_numbers_of_their_own_all_count() -> None:
    builder = BarBuilder()
    for identity in range(10):
        builder.add(trade(identity, 1, "10"))
    assert builder.settle(at(60))[0].volume == 10


def test_a_late_trade_gives_the_corrected_bar_again() -> None:
    builder = BarBuilder()
    builder.add(trade(1, 0, "10"))
    builder.settle(at(60))
    builder.add(trade(2, 59, "12"))
    assert builder.settle(at(61)) == [Candle(START, 10, 12, 10, 12, 2)]


def test_bars_without_trades_repeat_the_close_and_are_corrected_with_it() -> None:
    builder = BarBuilder()
    builder.add(trade(1, 0, "10"))
    builder.add(trade(2, 180, "20"))
    settled = builder.settle(at(240))
    assert [(bar.at, bar.close, bar.volume) for bar in settled] == [
        (at(0), 10, 1), (at(60), 10, 0), (at(120), 10, 0), (at(180), 20, 1)
    ]  # fmt: skip
    builder.add(trade(3, 61, "15"))
    again = builder.settle(at(240))
    assert [(bar.at, bar.open, bar.close) for bar in again] == [(at(60), 15, 15), (at(120), 15, 15)]


def test_goes_on_from_the_close_it_was_given() -> None:
    builder = BarBuilder(since=START, previous_close=7.0)
    assert builder.settle(at(120)) == [Candle(at(0), 7, 7, 7, 7), Candle(at(60), 7, 7, 7, 7)]


def test_trades_before_the_kept_bars_are_beyond() -> None:
    builder = BarBuilder(keep=2)
    for minute in range(6):
        builder.add(trade(minute, minute * 60, "10"))
    builder.settle(at(360))
    assert builder.add(trade(100, 179, "11")) is Outcome.BEYOND
    assert builder.add(trade(100, 179, "11")) is Outcome.DOUBLE
    assert builder.add(trade(101, 180, "11")) is Outcome.TAKEN
    assert [bar.at for bar in builder.settle(at(360))] == [at(180)]


def test_trades_before_the_beginning_are_beyond() -> None:
    assert BarBuilder(since=START).add(trade(1, -1, "10")) is Outcome.BEYOND


def test_ticks_have_no_number_and_no_volume() -> None:
    builder = BarBuilder()
    for seconds, price in ((0, "1"), (20, "3"), (20, "2")):
        builder.add(Trade(at(seconds), Decimal(price), Decimal(0)))
    assert builder.settle(at(60)) == [Candle(START, 1, 3, 1, 2, 0)]
