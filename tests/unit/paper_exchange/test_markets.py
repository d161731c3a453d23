"""Modelled and replayed markets: the same for the same seed, and bars of every length agree."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby, pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargate.paper_exchange.engine.errors import HistoryUnusable
from fargate.paper_exchange.engine.market.bars import MONTH, WEEK_MS, bars, join, span
from fargate.paper_exchange.engine.market.catalogue import Replay, build_catalogue
from fargate.paper_exchange.engine.market.depth import depth_around
from fargate.paper_exchange.engine.market.port import DAY_MS, HOUR_MS, MINUTE_MS
from fargate.paper_exchange.engine.market.recorded import candle_of
from fargate.paper_exchange.engine.market.subdivision import Bar, share, split

if TYPE_CHECKING:
    from pathlib import Path

NOW_MS = 1_748_779_200_000 + 17 * HOUR_MS + 23 * MINUTE_MS + 4_321
VIEWS = build_catalogue(1).views
SYMBOLS = ["BTC/USDT", "EUR/USDT", "USDC/USDT", "PEPE/USDT", "XRP/ETH", "ETH/BTC", "BTC/EUR"]


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("resolution", [MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS, DAY_MS, WEEK_MS, MONTH])
def test_bars_follow_one_another_and_hold_their_prices(symbol: str, resolution: int | str) -> None:
    back_ms = 90 * DAY_MS if isinstance(resolution, str) else min(90 * DAY_MS, 150 * resolution)
    made = VIEWS[symbol].bars(resolution, NOW_MS - back_ms, NOW_MS, NOW_MS)
    assert made
    for bar, after in pairwise(made):
        assert bar.close == after.open
        assert bar.last_trade_id + 1 == after.first_trade_id
    assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in made)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_day_is_its_hours_and_an_hour_its_minutes(symbol: str) -> None:
    source, day_ms = VIEWS[symbol].source, NOW_MS // DAY_MS * DAY_MS - DAY_MS
    day = source.candles(DAY_MS, day_ms, day_ms + DAY_MS)[0]
    hours = source.candles(HOUR_MS, day_ms, day_ms + DAY_MS)
    minutes = source.candles(MINUTE_MS, day_ms, day_ms + DAY_MS)
    for parts in (hours, minutes):
        assert join(day_ms, parts)[:6] == day[:6]
        assert (parts[0].first_trade_id, parts[-1].last_trade_id) == (day.first_trade_id, day.last_trade_id)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_minute_is_its_trades(symbol: str) -> None:
    source, minute_ms = VIEWS[symbol].source, NOW_MS // MINUTE_MS * MINUTE_MS - MINUTE_MS
    minute = source.candles(MINUTE_MS, minute_ms, minute_ms + MINUTE_MS)[0]
    trades = source.trades(minute_ms - 1, minute_ms + MINUTE_MS - 1)
    made = candle_of(minute_ms, trades)
    assert (made.open, made.high, made.low, made.close) == (minute.open, minute.high, minute.low, minute.close)
    assert (made.volume, made.trades) == (minute.volume, minute.trades)
    assert source.trades_from_id(trades[3].trade_id, NOW_MS, 4) == list(trades[3:7])


def test_a_market_never_stands_still_for_a_quarter_of_an_hour() -> None:
    source, first_ms = VIEWS["BTC/USDT"].source, 1_795_132_800_000  # days on which hours end at the day's high
    minutes = source.candles(MINUTE_MS, first_ms, first_ms + 30 * DAY_MS)
    still = ["still" if bar.high == bar.low else "moving" for bar in minutes]
    assert all(kind == "moving" or len(list(run)) < 15 for kind, run in groupby(still))


def test_the_open_bar_is_cut_at_now() -> None:
    view = VIEWS["BTC/USDT"]
    last = view.last(NOW_MS)
    assert last is not None
    for resolution in (MINUTE_MS, HOUR_MS, DAY_MS, WEEK_MS, MONTH):
        bar = view.bars(resolution, NOW_MS - 40 * DAY_MS, NOW_MS + DAY_MS, NOW_MS)[-1]
        assert (bar.close, bar.last_trade_id) == (last.price, last.trade_id)


@given(start=st.integers(0, 5000), length=st.integers(1, 4000))
def test_a_span_covers_its_minutes_once(start: int, length: int) -> None:
    from_ms = NOW_MS // DAY_MS * DAY_MS - 9 * DAY_MS + start * MINUTE_MS
    until_ms = from_ms + length * MINUTE_MS
    pieces = span(VIEWS["ETH/USDT"].source, from_ms, until_ms)
    assert pieces[0].open_at_ms == from_ms
    assert sum(piece.trades for piece in pieces) == length * 30
    assert all(a.last_trade_id + 1 == b.first_trade_id for a, b in pairwise(pieces))


def test_the_same_seed_makes_the_same_market() -> None:
    def prices(seed: int) -> list[Decimal]:
        return [
            bar.close for bar in build_catalogue(seed).views["XRP/ETH"].bars(HOUR_MS, NOW_MS - DAY_MS, NOW_MS, NOW_MS)
        ]

    assert prices(1) == prices(1)
    assert prices(1) != prices(2)


def test_a_cross_is_the_ratio_of_its_legs() -> None:
    xrp, eth, cross = (VIEWS[symbol].last(NOW_MS) for symbol in ("XRP/USDT", "ETH/USDT", "XRP/ETH"))
    assert xrp
    assert eth
    assert cross
    assert abs(xrp.price / eth.price / cross.price - 1) < Decimal("0.02")


@given(total=st.integers(0, 10_000), parts=st.integers(1, 60), seed=st.integers())
def test_shares_add_up(total: int, parts: int, seed: int) -> None:
    shares = share(total, parts, Random(seed))
    assert (len(shares), sum(shares)) == (parts, total)
    assert min(shares) >= (1 if total >= parts else 0)


@given(prices=st.lists(st.integers(1, 500), min_size=4, max_size=4), parts=st.integers(2, 60), seed=st.integers())
def test_a_split_bar_has_the_bars_extremes(prices: list[int], parts: int, seed: int) -> None:
    low, *inner, high = sorted(prices)
    bar = Bar(inner[0], high, low, inner[1], 1000)
    pieces = split(bar, parts, Random(seed))
    assert (pieces[0].open, pieces[-1].close) == (bar.open, bar.close)
    assert (max(piece.high for piece in pieces), min(piece.low for piece in pieces)) == (high, low)
    assert all(piece.low <= piece.close <= piece.high for piece in pieces)


def test_the_book_stands_around_the_last_trade() -> None:
    last = VIEWS["BTC/USDT"].last(NOW_MS)
    assert last
    book = depth_around(VIEWS["BTC/USDT"].instrument, last)
    assert book == depth_around(VIEWS["BTC/USDT"].instrument, last)
    assert book.bids[0].price < book.asks[0].price
    assert last.price in (book.bids[0].price, book.asks[0].price)
    assert [level.price for level in book.bids] == sorted((level.price for level in book.bids), reverse=True)


def test_recorded_trades_play_after_a_modelled_past(recorded_trades: Path) -> None:
    catalogue = build_catalogue(1, Replay(recorded_trades))
    view, start_ms = catalogue.views["XRP/ETH"], catalogue.replay_from_ms
    assert start_ms == 1_570_752_011_620
    played = view.source.trades(start_ms - 1, start_ms + 3 * DAY_MS)
    assert len(played) == 12_477
    assert (played[0].price, played[0].quantity) == (Decimal("0.00141342"), Decimal("23.00000000"))
    before = view.source.trades_from_id(played[0].trade_id - 1, start_ms + DAY_MS, 3)
    assert [trade.trade_id for trade in before] == [13_519_806, 13_519_807, 13_519_808]
    days = bars(view.source, DAY_MS, start_ms - 5 * DAY_MS, start_ms + 2 * DAY_MS, start_ms + 2 * DAY_MS)
    assert [bar.open_at_ms % DAY_MS for bar in days] == [0] * 7


def test_candles_play_as_four_trades_each(tmp_path: Path) -> None:
    path = tmp_path / "candles.csv"
    path.write_text(
        "timestamp,open,high,low,close,volume\n"
        "2025-05-01 00:00:00,100,110,95,105,8\n2025-05-01 00:01:00,105,106,99,101,4\n"
    )
    catalogue = build_catalogue(1, Replay(path, "LTC/USDT"))
    start_ms = catalogue.replay_from_ms or 0
    made = catalogue.views["LTC/USDT"].bars(MINUTE_MS, start_ms, start_ms + 2 * MINUTE_MS, start_ms + DAY_MS)
    assert [tuple(map(int, bar[1:6])) for bar in made] == [(100, 110, 95, 105, 8), (105, 106, 99, 101, 4)]


@pytest.mark.parametrize("symbol", [None, "NOPE/USDT"])
def test_candles_of_nothing_are_refused(tmp_path: Path, symbol: str | None) -> None:
    path = tmp_path / "candles.csv"
    path.write_text("timestamp,open,high,low,close\n")
    with pytest.raises(HistoryUnusable):
        build_catalogue(1, Replay(path, symbol))
