"""What is watched is kept up to date, once, whatever comes in whatever order."""

from collections.abc import Sequence
from datetime import timedelta
from math import isnan

import numpy as np
import pytest

from nightdesk.candles.model import Candle, PortfolioSeries, parse_series
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.rollup import rollup
from nightdesk.indicators.analyser import Analyser
from nightdesk.indicators.bars import Bars, bar_at, bars_of
from nightdesk.indicators.batch import BarsBySeries, Clock, History, evaluate
from nightdesk.indicators.eras import ERA_BARS, WARM_UP_BARS
from nightdesk.indicators.language import parse
from nightdesk.indicators.line import LineKey, Stored
from nightdesk.indicators.model import Expression
from tests.builders.bars import BTC, ETH, START, candles, walk
from tests.fakes.figures import FakeFigures

MINUTE, HOUR = Resolution.MINUTE, Resolution.HOUR
EMPTY = Stored((), ())
RSI = parse(f"RSI({BTC},1m,14)")
AVERAGES = parse(f"(EMA({BTC},1m,3) - EMA({BTC},1m,9)) / 2 + -lag(close({BTC},1m),2)")
BOTH = parse(f"CORREL(close({BTC},1m),close({ETH},1m),5)")
LONGER = parse(f"WMA({BTC},15m,3) + OBV({BTC},1m)")
PRICE = parse(f"price({BTC}) * 2 + 1")


@pytest.fixture
def figures() -> FakeFigures:
    return FakeFigures()


@pytest.fixture
def analyser(figures: FakeFigures) -> Analyser:
    return Analyser(figures)


def stored(analyser: Analyser, before: Sequence[Candle] = (), eth: Sequence[Candle] = ()) -> None:
    """Load whatever is wanted, from these minutes."""
    for wanted in analyser.wanted(START):
        kept = {BTC: before, ETH: eth}
        analyser.load(wanted.key, {name: Stored(kept[name], ()) for name in wanted.key.series})


def batched(expression: Expression, bars: BarsBySeries, at: int) -> float:
    """The expression at the end of a minute, over arrays."""
    clock = Clock(resolution=MINUTE, first=at, end=at + 1)
    return float(np.broadcast_to(evaluate(expression, History(bars), clock), 1)[0])


def same(left: float, right: float) -> bool:
    return left == right or (isnan(left) and isnan(right))


def test_minutes_are_taken_as_they_close_and_form(analyser: Analyser) -> None:
    bars = walk(60, resolution=MINUTE)
    expressions = (RSI, AVERAGES)
    analyser.watch(expressions)
    minutes = candles(bars)
    stored(analyser, minutes[:20])
    for place, minute in enumerate(minutes[20:], 20):
        cut = {(BTC, MINUTE): bars.cut(0, bars.first + place + 1)}
        expected = [batched(each, cut, bars.first + place) for each in expressions]
        analyser.form(BTC, minute)
        assert analyser.vector(expressions).tolist() == expected
        analyser.close(BTC, minute)
        assert analyser.vector(expressions).tolist() == expected
        assert analyser.reader(RSI)() == expected[0]
    assert not analyser.wanted(START)


def test_what_is_not_loaded_yet_has_no_value_and_misses_nothing(analyser: Analyser) -> None:
    bars = walk(60, resolution=MINUTE)
    minutes = candles(bars)
    analyser.close(BTC, minutes[0])  # nobody watches: forgotten
    analyser.watch([RSI])
    for minute in minutes[30:50]:
        analyser.close(BTC, minute)
    analyser.form(BTC, minutes[50])
    assert isnan(analyser.vector([RSI])[0])
    stored(analyser, minutes[:35])
    assert analyser.vector([RSI])[0] == batched(RSI, {(BTC, MINUTE): bars}, bars.first + 50)


def test_a_series_that_begins_now_has_values_as_soon_as_it_can(analyser: Analyser) -> None:
    bars, other = walk(40, resolution=MINUTE), walk(40, 2, resolution=MINUTE)
    analyser.watch([RSI, BOTH])
    stored(analyser)
    for place, (btc, eth) in enumerate(zip(candles(bars), candles(other), strict=True)):
        analyser.close(BTC, btc)
        if place >= 3:  # the second market begins later and tells its minutes after the first
            analyser.close(ETH, eth)
        whole = {(BTC, MINUTE): bars, (ETH, MINUTE): other.cut(other.first + 3, other.end)}
        expected = [batched(each, whole, bars.first + place) for each in (RSI, BOTH)]
        assert all(map(same, analyser.vector([RSI, BOTH]).tolist(), expected)), place


def test_longer_bars_are_rolled_up_and_mixed_with_shorter_ones(analyser: Analyser) -> None:
    bars = walk(200, resolution=MINUTE)
    minutes = candles(bars)
    analyser.watch([LONGER])
    for wanted in analyser.wanted(START):
        if wanted.key.resolution is MINUTE:
            analyser.load(wanted.key, {BTC: Stored(minutes[:70], ())})
        else:
            analyser.load(wanted.key, {BTC: Stored(rollup(minutes[:60], Resolution.MINUTES_15), minutes[60:70])})
    for place, minute in enumerate(minutes[70:], 70):
        analyser.close(BTC, minute)
        rolled = bars_of(rollup(minutes[: place + 1], Resolution.MINUTES_15), Resolution.MINUTES_15)
        whole = {(BTC, MINUTE): bars, (BTC, Resolution.MINUTES_15): rolled}
        assert same(analyser.vector([LONGER])[0], batched(LONGER, whole, bars.first + place)), place


def test_a_forming_minute_is_part_of_the_forming_hour(analyser: Analyser) -> None:
    close = parse(f"high({BTC},1h) - low({BTC},1h)")
    analyser.watch([close])
    minutes = candles(walk(90, resolution=MINUTE))
    for wanted in analyser.wanted(START):
        analyser.load(wanted.key, {BTC: Stored((), minutes[:80])})
    analyser.form(BTC, minutes[80])
    part = minutes[60:81]
    assert analyser.vector([close])[0] == max(bar.high for bar in part) - min(bar.low for bar in part)
    late = Candle(minutes[80].at + timedelta(hours=1), 1, 1, 1, 1)  # of an hour that can't form yet
    analyser.form(BTC, late)
    assert analyser.vector([close])[0] == max(bar.high for bar in part) - min(bar.low for bar in part)


def test_left_out_minutes_are_quiet_until_the_store_has_them(analyser: Analyser) -> None:
    bars = walk(40, resolution=MINUTE)
    minutes = candles(bars)
    analyser.watch([RSI])
    stored(analyser, minutes[:20])
    analyser.close(BTC, minutes[25])
    filled = bars_of([*minutes[:20], minutes[25]], MINUTE)
    assert analyser.vector([RSI])[0] == batched(RSI, {(BTC, MINUTE): filled}, bars.first + 25)
    analyser.close(BTC, minutes[27])
    assert [wanted.key for wanted in analyser.wanted(START)] == [LineKey(MINUTE, (BTC,))]
    stored(analyser, minutes[:28])
    assert analyser.vector([RSI])[0] == batched(RSI, {(BTC, MINUTE): bars}, bars.first + 27)


def test_a_corrected_minute_is_computed_again(analyser: Analyser) -> None:
    bars = walk(40, resolution=MINUTE)
    minutes = candles(bars)
    analyser.watch([RSI])
    stored(analyser, minutes[:20])
    for minute in (*minutes[20:], minutes[30]):  # told twice: no correction
        analyser.close(BTC, minute)
    before = analyser.vector([RSI])[0]
    assert not analyser.wanted(START)
    corrected = Candle(minutes[30].at, 90, 95, 85, 91, 3)
    analyser.close(BTC, corrected)
    assert analyser.vector([RSI])[0] == before
    right = [*minutes[:30], corrected, *minutes[31:]]
    stored(analyser, right[:35])
    assert analyser.vector([RSI])[0] == batched(RSI, {(BTC, MINUTE): bars_of(right, MINUTE)}, bars.first + 39)


def test_each_figure_is_kept_once_and_only_while_it_is_wanted(analyser: Analyser) -> None:
    analyser.watch([RSI, RSI, AVERAGES])
    assert len(analyser.wanted(START)) == 1
    stored(analyser, candles(walk(40, resolution=MINUTE)))
    value = analyser.vector([RSI])[0]
    analyser.unwatch([RSI, AVERAGES])
    assert analyser.vector([RSI])[0] == value
    analyser.unwatch([RSI])
    analyser.close(BTC, candles(walk(41, resolution=MINUTE))[-1])
    analyser.load(LineKey(MINUTE, (BTC,)), {BTC: EMPTY})
    analyser.watch([RSI])
    assert isnan(analyser.vector([RSI])[0])


def test_another_figure_of_a_known_series_does_not_disturb_the_first(analyser: Analyser) -> None:
    minutes = candles(walk(40, resolution=MINUTE))
    analyser.watch([RSI])
    stored(analyser, minutes)
    value = analyser.vector([RSI])[0]
    analyser.watch([AVERAGES])
    assert analyser.vector([RSI])[0] == value
    assert isnan(analyser.vector([AVERAGES])[0])
    stored(analyser, minutes)
    assert analyser.vector([RSI])[0] == value
    assert not isnan(analyser.vector([AVERAGES])[0])


def test_live_figures_come_from_the_caller(analyser: Analyser, figures: FakeFigures) -> None:
    analyser.watch([PRICE])
    assert not analyser.wanted(START)
    assert isnan(analyser.vector([PRICE])[0])
    figures.values[PRICE.metrics[0]] = 4.5
    assert analyser.vector([PRICE, parse("2 - 5")]).tolist() == [10, -3]
    analyser.unwatch([PRICE])


def test_a_portfolio_is_told_in_quarters() -> None:
    name = parse_series("PORTFOLIO:00000000-0000-4000-8000-000000000001")
    assert isinstance(name, PortfolioSeries)
    analyser = Analyser(FakeFigures())
    bars = walk(20, resolution=Resolution.MINUTES_15)
    expression = parse(f"RSI({name},15m,5)")
    analyser.watch([expression])
    analyser.load(LineKey(Resolution.MINUTES_15, (name,)), {name: Stored(candles(bars)[:8], ())})
    for quarter in candles(bars)[8:]:
        analyser.close(name, quarter)
    clock = Clock(resolution=Resolution.MINUTES_15, first=bars.end - 1, end=bars.end)
    known = evaluate(expression, History({(name, Resolution.MINUTES_15): bars}), clock)
    assert analyser.vector([expression]).tolist() == known.tolist()


@pytest.mark.parametrize("begin", [10, ERA_BARS - WARM_UP_BARS + 3, ERA_BARS, ERA_BARS + 5])
def test_over_the_end_of_an_era_a_stream_tells_what_arrays_tell(begin: int) -> None:
    first = 7 * ERA_BARS
    bars = walk(ERA_BARS + 40, resolution=MINUTE, first=first)
    expressions = (RSI, AVERAGES, parse(f"OBV({BTC},1m)"))
    analyser = Analyser(FakeFigures())
    analyser.watch(expressions)
    minutes = candles(bars)
    stored(analyser, minutes[:begin])
    history = History({(BTC, MINUTE): bars})
    clock = Clock(resolution=MINUTE, first=bars.first, end=bars.end)
    known = [evaluate(each, history, clock) for each in expressions]
    for place in range(begin, len(minutes)):
        looked_at = place > ERA_BARS - 20
        if looked_at:
            analyser.form(BTC, minutes[place])
            assert all(map(same, analyser.vector(expressions), [each[place] for each in known])), place
        analyser.close(BTC, minutes[place])
        if looked_at:
            assert all(map(same, analyser.vector(expressions), [each[place] for each in known])), place


def test_days_weeks_and_months_are_counted_by_the_calendar() -> None:
    for resolution, start in ((Resolution.WEEK, "2026-03-02"), (Resolution.MONTH, "2026-03-01")):
        bars: Bars = walk(3, resolution=resolution)
        assert bar_at(bars.first, resolution).date().isoformat() == start
        assert bars_of(candles(bars), resolution).starts() == bars.starts()
        assert Analyser(FakeFigures()).wanted(START) == []
        assert LineKey(resolution, (BTC,)).since(START) is None
    assert bars_of([], HOUR).end == 0
