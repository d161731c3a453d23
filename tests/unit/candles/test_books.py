"""The streamer's books: what is missing, when a bar may close."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from fargate.market_streamer.books import HOLD_S, HOLE_AFTER_S, POLLS_WAITED, Book, Books
from nightdesk.candles.builder import BarBuilder
from nightdesk.candles.model import CandleRow, Trade
from nightdesk.kernel.assets import AssetId, Instrument, VenueId

START = datetime(2026, 1, 1, tzinfo=UTC)
MARKET = Instrument(VenueId("binance"), AssetId("BTC"), AssetId("USDT"))


def trade(identity: int, seconds: float, price: int = 10) -> Trade:
    return Trade(START + timedelta(seconds=seconds), Decimal(price), Decimal(1), identity)


def whole(books: Books) -> Book:
    book = books.of(MARKET)
    book.begin(BarBuilder(since=START))
    book.is_whole = True
    return book


def closes(rows: Sequence[CandleRow]) -> list[tuple[int, float]]:
    return [(int((row.candle.at - START).total_seconds()), row.candle.close) for row in rows]


def arrive(books: Books, now_s: float, *trades: Trade) -> None:
    for one in trades:
        books.arrive(MARKET, one)
    books.drain(now_s)


def test_a_bar_closes_when_the_market_has_passed_it_for_the_grace() -> None:
    books = Books(grace_s=0.3)
    whole(books)
    arrive(books, 1.0, trade(1, 5), trade(2, 61, 11))
    assert books.settle(1.2, sure_s=9) == []
    assert closes(books.settle(1.3, sure_s=9)) == [(0, 10)]


def test_a_silent_connection_holds_the_clock() -> None:
    books = Books(grace_s=0.0)
    whole(books)
    arrive(books, 1.0, trade(1, 5))
    books.polled(START + timedelta(minutes=3), 2.0)
    assert books.settle(5.0, sure_s=1.9) == []
    assert closes(books.settle(5.0, sure_s=2.0)) == [(0, 10), (60, 10), (120, 10)]


def test_nothing_closes_before_all_is_fetched() -> None:
    books = Books(grace_s=0.0)
    book = whole(books)
    arrive(books, 1.0, trade(1, 5), trade(2, 61))
    books.interrupt()
    assert books.settle(2.0, sure_s=9) == []
    assert books.forming() == []
    book.is_whole = True
    assert closes(books.settle(2.0, sure_s=9)) == [(0, 10)]


def test_left_out_numbers_hold_bars_until_fetched_or_for_ten_seconds() -> None:
    books = Books(grace_s=0.0)
    book = whole(books)
    arrive(books, 1.0, trade(1, 5), trade(3, 61))
    assert books.settle(1.0, sure_s=9) == []
    assert book.missing(1.0 + HOLE_AFTER_S) == [(2, 2)]
    assert closes(books.settle(1.1 + HOLD_S, sure_s=99)) == [(0, 10)]
    arrive(books, 12.0, trade(2, 6, 12))
    assert book.missing(13.0) == []
    assert closes(books.settle(13.0, sure_s=99)) == [(0, 12)]


def test_trades_before_the_beginning_wait_for_it() -> None:
    books = Books(grace_s=0.0)
    book = books.of(MARKET)
    arrive(books, 1.0, trade(7, -30), trade(8, 10))
    assert book.builder is None
    book.begin(BarBuilder(since=START))
    assert book.beyond == set()  # the older one is in the venue's own bars
    assert book.resume_from() == 9


def test_a_trade_from_the_future_closes_nothing() -> None:
    books = Books(grace_s=0.0)
    whole(books)
    books.polled(START, 0.5)
    arrive(books, 1.0, trade(1, 5), trade(2, 3 * 86_400))
    assert books.market_at == START + timedelta(seconds=5)
    for number in range(POLLS_WAITED + 1):
        books.polled(START + timedelta(seconds=6 + number), 2.0 + number)
        books.drain(2.0 + number)
    assert books.market_at == START + timedelta(seconds=6 + POLLS_WAITED)
    books.polled(START + timedelta(days=4), 9.0)
    books.drain(9.0)
    assert closes(books.settle(10.0, sure_s=9.0))[0] == (0, 10)
    assert books.of(MARKET).taken == 1  # it is gone, and its number a hole that is asked for


def test_a_trade_ahead_of_the_clock_is_taken_once_the_clock_says_so() -> None:
    books = Books(grace_s=0.0)
    whole(books)
    books.polled(START, 0.5)
    arrive(books, 1.0, trade(1, 5), trade(2, 600))
    assert books.of(MARKET).taken == 1
    books.polled(START + timedelta(seconds=590), 1.5)
    books.drain(1.6)
    assert books.of(MARKET).taken == 2
    assert books.market_at == START + timedelta(seconds=600)


def test_nothing_is_taken_while_the_clock_is_doubted_and_all_begins_anew_after_it() -> None:
    books = Books(grace_s=0.0)
    book = whole(books)
    arrive(books, 1.0, trade(1, 5))
    books.is_held = True
    arrive(books, 2.0, trade(2, 3600))
    assert book.taken == 1
    books.begin_anew()
    assert (book.builder, book.is_whole, books.is_held) == (None, False, False)


def test_too_late_trades_name_the_bar_to_fetch() -> None:
    books = Books()
    book = whole(books)
    arrive(books, 1.0, trade(1, -90))
    assert book.beyond == {START - timedelta(minutes=2)}


def test_the_forming_bar_is_shown_when_it_changed() -> None:
    books = Books()
    whole(books)
    arrive(books, 1.0, trade(1, 5))
    assert [row.candle.close for row in books.forming()] == [10]
    assert books.forming() == []
