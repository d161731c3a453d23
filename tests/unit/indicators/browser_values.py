"""What the analyser makes of bars that the browser's tests can make too.

`python -m tests.unit.indicators.browser_values` writes it where they read it. Bars and values are the same wherever
they are computed: the bars come of whole numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import Any, Final

from nightdesk.candles.model import Candle
from nightdesk.candles.resolutions import Resolution
from nightdesk.contracts.api.indicators import function_shape
from nightdesk.indicators.bars import bar_at, bars_of
from nightdesk.indicators.batch import Clock, History, evaluate
from nightdesk.indicators.catalogue import catalogue
from nightdesk.indicators.eras import ERA_BARS, WARM_UP_BARS
from nightdesk.indicators.language import parse
from tests.builders.bars import BTC
from tests.servers import ROOT

FIXTURE: Final = ROOT / "web/src/core/incremental/analyser_values.json"
FIRST: Final = 900 * ERA_BARS - WARM_UP_BARS - 100
COUNT: Final = WARM_UP_BARS + 100 + ERA_BARS + 300
TOLD_EVERY: Final = 211
TEXTS: Final = (
    "SMA(series,resolution,30)",
    "SMA(series,resolution,1)",
    "EMA(series,resolution,50)",
    "WMA(series,resolution,21)",
    "WMA(series,resolution,1)",
    "RSI(series,resolution,14)",
    "MACD(series,resolution,12,26,9).macd",
    "MACD(series,resolution,12,26,9).macdsignal",
    "MACD(series,resolution,12,26,9).macdhist",
    "MACD(series,resolution,30,10,5).macd",
    "MACD(series,resolution,30,10,5).macdsignal",
    "MACD(series,resolution,30,10,5).macdhist",
    "BBANDS(series,resolution,20,2,2.5,SMA).upperband",
    "BBANDS(series,resolution,20,2,2.5,SMA).middleband",
    "BBANDS(series,resolution,20,2,2.5,SMA).lowerband",
    "ATR(series,resolution,14)",
    "ATR(series,resolution,1)",
    "STOCH(series,resolution,5,3,SMA,3,SMA).slowk",
    "STOCH(series,resolution,5,3,SMA,3,SMA).slowd",
    "STOCH(series,resolution,1,4,EMA,3,WMA).slowk",
    "STOCH(series,resolution,1,4,EMA,3,WMA).slowd",
    "OBV(series,resolution)",
    "VWAP(series,resolution)",
)
NAMES: Final = tuple(dict.fromkeys(text.partition("(")[0] for text in TEXTS))


def values() -> dict[str, Any]:
    """Every expression at some of the bars, none where it has no value; and how its functions are told."""
    bars = bars_of(list(candles()), Resolution.MINUTE)
    clock = Clock(resolution=Resolution.MINUTE, first=bars.first, end=bars.end)
    history = History({(BTC, Resolution.MINUTE): bars})
    places = [*range(5, len(bars.starts()), TOLD_EVERY), len(bars.starts()) - 1]
    return {
        "first": FIRST,
        "count": COUNT,
        "places": places,
        "functions": [function_shape(catalogue()[name]).model_dump() for name in NAMES],
        "values": {text: _told(text, history, clock, places) for text in TEXTS},
    }


def candles() -> Iterator[Candle]:
    """A walk of whole hundredths with bars that are missing, and some in which nothing moves."""
    number, close = 1, 500_000
    for place in range(COUNT):
        drawn = []
        for _ in range(3):
            number = (number * 69_069 + 1) % 2**31
            drawn.append(number // 1000)
        opened = close
        is_flat = place % 1000 > 940
        close += 0 if is_flat else drawn[0] % 401 - 200
        high = max(opened, close) + (0 if is_flat else drawn[1] % 90)
        low = min(opened, close) - (0 if is_flat else drawn[2] % 90)
        if place % 97 != 96:
            rest = (opened / 100, high / 100, low / 100, close / 100, drawn[1] % 1000 / 10)
            yield Candle(bar_at(FIRST + place, Resolution.MINUTE), *rest)


def _told(text: str, history: History, clock: Clock, places: list[int]) -> list[float | None]:
    expression = parse(text.replace("series,resolution", f"{BTC},1m"))
    known = evaluate(expression, history, clock)
    return [None if isnan(known[place]) else float(known[place]) for place in places]


def write(path: Path = FIXTURE) -> None:
    """Write the fixture."""
    path.write_text(json.dumps(values()) + "\n")


if __name__ == "__main__":
    write()
