"""Ten functions against formulas written out here, bar by bar, with no array and no library."""

from collections.abc import Callable
from itertools import pairwise
from math import fsum, isclose, isnan, sqrt

import pytest

from nightdesk.indicators.batch import Segment
from nightdesk.indicators.language import parse
from tests.builders.bars import BTC, walk

BARS = walk(300, seed=7)
OPEN, HIGH, LOW, CLOSE, VOLUME = ([float(value) for value in column] for column in BARS.columns)
Formula = Callable[[int], float]


def mean(values: list[float]) -> float:
    return fsum(values) / len(values)


def last(count: int, at: int, values: list[float] = CLOSE) -> list[float]:
    return values[at - count + 1 : at + 1]


def smoothed(values: list[float], ratio: float, seed: int) -> float:
    """An average in which each value counts for `ratio`, begun with the mean of the first `seed`."""
    average = mean(values[:seed])
    for value in values[seed:]:
        average += (value - average) * ratio
    return average


def rsi(at: int) -> float:
    moves = [after - before for before, after in pairwise(CLOSE[: at + 1])]
    gain = smoothed([max(move, 0) for move in moves], 1 / 14, 14)
    loss = smoothed([max(-move, 0) for move in moves], 1 / 14, 14)
    return 100 * gain / (gain + loss)


def deviation(at: int) -> float:
    window = last(20, at)
    average = mean(window)
    return sqrt(mean([(value - average) * (value - average) for value in window]))


def true_range(at: int) -> float:
    return max(HIGH[at], CLOSE[at - 1]) - min(LOW[at], CLOSE[at - 1])


def on_balance(at: int) -> float:
    signs = [(after > before) - (after < before) for before, after in pairwise(CLOSE[: at + 1])]
    return VOLUME[0] + fsum(sign * volume for sign, volume in zip(signs, VOLUME[1:], strict=False))


def money_flow(at: int) -> float:
    typical = [(high + low + close) / 3 for high, low, close in zip(HIGH, LOW, CLOSE, strict=True)]
    flows = [(typical[bar] - typical[bar - 1], typical[bar] * VOLUME[bar]) for bar in range(at - 13, at + 1)]
    up, down = (fsum(flow for move, flow in flows if sign * move > 0) for sign in (1, -1))
    return 100 * up / (up + down)


def commodity_channel(at: int) -> float:
    typical = [(HIGH[bar] + LOW[bar] + CLOSE[bar]) / 3 for bar in range(at - 13, at + 1)]
    average = mean(typical)
    return (typical[-1] - average) / (0.015 * mean([abs(value - average) for value in typical]))


FORMULAS: dict[str, tuple[int, Formula]] = {
    "SMA({},20)": (19, lambda at: mean(last(20, at))),
    "EMA({},12)": (11, lambda at: smoothed(CLOSE[: at + 1], 2 / 13, 12)),
    "WMA({},9)": (8, lambda at: fsum((place + 1) * value for place, value in enumerate(last(9, at))) / 45),
    "RSI({},14)": (14, rsi),
    "BBANDS({},20,2,2,SMA).upperband": (19, lambda at: mean(last(20, at)) + 2 * deviation(at)),
    "ATR({},14)": (14, lambda at: smoothed([true_range(bar) for bar in range(1, at + 1)], 1 / 14, 14)),
    "OBV({})": (0, on_balance),
    "MFI({},14)": (14, money_flow),
    "CCI({},14)": (13, commodity_channel),
    "ROC({},10)": (10, lambda at: 100 * (CLOSE[at] / CLOSE[at - 10] - 1)),
    "WILLR({},14)": (
        13,
        lambda at: -100 * (max(last(14, at, HIGH)) - CLOSE[at]) / (max(last(14, at, HIGH)) - min(last(14, at, LOW))),
    ),
}


@pytest.mark.parametrize("text", FORMULAS)
def test_a_function_is_what_its_formula_says(text: str) -> None:
    first, formula = FORMULAS[text]
    values = Segment({BTC: BARS}).of(parse(text.format("BINANCE:BTC/USDT,1h")).root).tolist()
    assert all(map(isnan, values[:first]))
    for at in range(first, len(CLOSE)):
        assert isclose(values[at], formula(at), rel_tol=1e-9, abs_tol=1e-9), at
