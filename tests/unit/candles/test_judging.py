"""What a venue's answer proves about minutes that are missing."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.candles.coverage import MINUTE, Hole, HoleCause
from nightdesk.candles.gaps import Gap, find_gaps
from nightdesk.candles.judging import (
    QUIET,
    SLEEP_MAX,
    UNCONFIRMED,
    Apart,
    BarPage,
    Verdict,
    disagreements,
    judge,
    second_opinion,
    without_second,
)
from nightdesk.candles.model import Candle, CandleRow, require_row
from nightdesk.candles.resolutions import Resolution, bar_start
from nightdesk.kernel.errors import InvalidInput

START = datetime(2026, 3, 1, tzinfo=UTC)
SLEEP = SLEEP_MAX // MINUTE


def bar(minute: int, price: float = 100.0, volume: float = 1.0) -> Candle:
    return Candle(START + minute * MINUTE, price, price + 1, price - 1, price, volume)


def gap(since: int, until: int) -> Gap:
    return Gap(START + since * MINUTE, START + until * MINUTE)


def hole(since: int, until: int, cause: HoleCause = HoleCause.SILENT) -> Hole:
    return Hole(START + since * MINUTE, START + until * MINUTE, cause)


def judged(bars: list[Candle], asked: Gap, *, close: float | None = 99.0) -> Verdict:
    return judge(BarPage(tuple(bars), asked.until), asked, close_before=close)


def spans(verdict: Verdict) -> list[tuple[int, int, str]]:
    return [
        ((each.since - START) // MINUTE, (each.until - START) // MINUTE, each.cause.value) for each in verdict.holes
    ]


def test_a_short_silence_is_sleep_that_repeats_the_close() -> None:
    verdict = judged([bar(1), bar(4, 105.0)], gap(0, 6))
    assert [(each.candle.close, each.candle.volume, each.source) for each in verdict.bars] == [
        (99.0, 0.0, QUIET),
        (100.0, 1.0, "klines"),
        (100.0, 0.0, QUIET),
        (100.0, 0.0, QUIET),
        (105.0, 1.0, "klines"),
        (105.0, 0.0, QUIET),
    ]
    assert not verdict.holes


def test_without_a_price_before_it_nothing_is_made_up() -> None:
    verdict = judged([bar(2)], gap(0, 3), close=None)
    assert [each.candle.at for each in verdict.bars] == [bar(2).at]
    assert spans(verdict) == [(0, 2, "missing")]


def test_a_bar_before_the_gap_gives_the_price_before_it() -> None:
    asked, earlier = gap(0, 2), bar(-7, 55.0)
    verdict = judge(BarPage((earlier, bar(1)), asked.until), asked, close_before=None)
    assert [each.candle.close for each in verdict.bars] == [55.0, 100.0]


def test_a_silence_longer_than_markets_sleep_is_a_hole() -> None:
    verdict = judged([bar(0), bar(SLEEP + 2)], gap(0, SLEEP + 3))
    assert spans(verdict) == [(1, SLEEP + 2, "silent")]
    assert len(verdict.bars) == 2


def test_a_bar_that_contradicts_itself_is_refused_and_not_slept_over() -> None:
    lies = [
        Candle(bar(2).at, 100.0, 90.0, 80.0, 100.0, 1.0),
        Candle(bar(3).at, math.nan, 101.0, 99.0, 100.0, 1.0),
        Candle(bar(4).at, 0.0, 0.0, 0.0, 0.0, 1.0),
        Candle(bar(5).at + timedelta(seconds=1), 100.0, 101.0, 99.0, 100.0, 1.0),
    ]
    verdict = judged([bar(1), *lies, bar(6)], gap(0, 7))
    assert spans(verdict) == [(2, 6, "refused")]


def test_a_minute_told_twice_hides_no_other() -> None:
    verdict = judged([bar(0), bar(1), bar(1), bar(3)], gap(0, 4))
    assert {(each.candle.at, each.source) for each in verdict.bars} >= {(bar(2).at, QUIET), (bar(3).at, "klines")}


@pytest.mark.parametrize(
    "odd",
    [
        Candle(START, 100.0, 101.0, 99.0, 100.0, math.nan),
        Candle(START, 100.0, 101.0, 99.0, 100.0, -1.0),
        Candle(START, 100.0, math.inf, 99.0, 100.0, 1.0),
        Candle(START, 102.0, 101.0, 99.0, 100.0, 1.0),
        Candle(START, 100.0, 101.0, 99.0, 98.0, 1.0),
        Candle(START, -1.0, 101.0, -1.0, 98.0, 1.0),
        Candle(START, 100.0, 101.0, 99.0, 100.0, 0.0),
        Candle(START + timedelta(microseconds=1), 100.0, 101.0, 99.0, 100.0, 1.0),
        Candle(datetime(2008, 1, 1, tzinfo=UTC), 100.0, 101.0, 99.0, 100.0, 1.0),
    ],
)
def test_a_bar_is_taken_if_it_may_be_stored_at_a_price(odd: Candle) -> None:
    around = Gap(bar_start(odd.at, Resolution.MINUTE), bar_start(odd.at, Resolution.MINUTE) + 2 * MINUTE)
    taken = [each.candle for each in judged([odd], around, close=None).bars if each.candle is odd]
    try:
        may_be_stored = bool(require_row(CandleRow("BINANCE:BTC/USDT", Resolution.MINUTE, odd, "")))
    except InvalidInput:
        may_be_stored = False
    assert bool(taken) == (may_be_stored and odd.low > 0)


def test_only_what_the_page_covers_is_judged() -> None:
    asked = gap(0, 100)
    page = BarPage((bar(0), bar(1)), START + 2 * MINUTE)
    verdict = judge(page, asked, close_before=None)
    assert (len(verdict.bars), verdict.holes) == (2, [])


def test_a_second_venue_that_traded_lends_its_bars_under_its_name() -> None:
    ours = [bar(minute) for minute in range(-5, 0)]
    theirs = [bar(minute, 100.5) for minute in (*range(-5, 0), 2, 4)]
    verdict = second_opinion(hole(0, 6), ours, theirs, "KRAKEN:BTC/USDT")
    sources = [(each.source, each.candle.close) for each in verdict.bars]
    assert sources == [(QUIET, 100.0)] * 2 + [("KRAKEN:BTC/USDT", 100.5)] * 4
    (kept,) = verdict.holes
    assert (kept.is_filled, kept.cause, kept.detail) == (True, HoleCause.SILENT, "bars of KRAKEN:BTC/USDT")


def test_venues_that_were_apart_before_the_hole_don_t_mend_each_other() -> None:
    ours = [bar(minute) for minute in range(-5, 0)]
    theirs = [bar(minute, 103.0) for minute in range(-5, 6)]
    verdict = second_opinion(hole(0, 6), ours, theirs, "KRAKEN:BTC/USDT")
    assert verdict.bars == []
    (kept,) = verdict.holes
    assert (kept.cause, kept.is_filled, "3.0% apart" in kept.detail) == (HoleCause.DISAGREEMENT, False, True)


def test_venues_that_share_no_minute_cannot_be_compared() -> None:
    verdict = second_opinion(hole(0, 6), [], [bar(1)], "KRAKEN:BTC/USDT")
    assert (verdict.bars, verdict.holes[0].cause) == ([], HoleCause.DISAGREEMENT)


def test_where_both_slept_the_market_slept() -> None:
    verdict = second_opinion(hole(0, 3), [bar(-1)], [bar(-1), bar(1, volume=0.0)], "KRAKEN:BTC/USDT")
    assert [(each.source, each.candle.close) for each in verdict.bars] == [(QUIET, 100.0)] * 3
    assert verdict.holes[0].is_filled


def test_a_refused_bar_is_no_sleep_even_if_the_other_venue_slept() -> None:
    refused = hole(0, 3, HoleCause.REFUSED)
    assert second_opinion(refused, [bar(-1)], [], "KRAKEN:BTC/USDT").bars == []
    assert without_second(refused, 100.0) == Verdict(holes=[refused])


def test_what_nobody_can_tell_is_filled_but_stays_marked() -> None:
    verdict = without_second(hole(0, 2), 100.0)
    assert [each.source for each in verdict.bars] == [UNCONFIRMED] * 2
    assert (verdict.holes[0].cause, verdict.holes[0].is_filled) == (HoleCause.UNCONFIRMED, True)
    assert without_second(hole(0, 2), None).bars == []


def test_minutes_in_which_venues_were_apart_are_told_as_runs() -> None:
    found = [
        *(Apart(bar(minute).at, "KRAKEN:BTC/USDT", 0.03 + minute / 1000) for minute in (0, 5, 6, 100)),
        Apart(bar(5).at, "HTX:BTC/USDT", 0.5),
    ]
    runs = disagreements(found)
    assert [((each.since - START) // MINUTE, each.minutes, each.detail) for each in runs] == [
        (5, 1, "HTX:BTC/USDT was up to 50.0% apart in 1 minutes"),
        (0, 7, "KRAKEN:BTC/USDT was up to 3.6% apart in 3 minutes"),
        (100, 1, "KRAKEN:BTC/USDT was up to 13.0% apart in 1 minutes"),
    ]
    assert {each.cause for each in runs} == {HoleCause.DISAGREEMENT}


@given(st.sets(st.integers(0, 2 * SLEEP), max_size=60), st.integers(1, 2 * SLEEP + 1), st.booleans())
def test_every_minute_is_a_bar_or_in_a_hole_and_never_both(told: set[int], until: int, known: bool) -> None:  # noqa: FBT001
    asked = gap(0, until)
    verdict = judged([bar(minute) for minute in sorted(told)], asked, close=99.0 if known else None)
    starts = [each.candle.at for each in verdict.bars]
    missing = find_gaps(starts, Resolution.MINUTE, since=asked.since, until=asked.until)
    assert starts == sorted(set(starts))
    assert missing == [Gap(each.since, each.until) for each in sorted(verdict.holes, key=lambda each: each.since)]
    assert {each.candle.at for each in verdict.bars if each.source != QUIET} == {
        bar(minute).at for minute in told if minute < until
    }
