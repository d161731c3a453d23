"""How fast figures over bars are computed, over arrays and bar by bar."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import numpy as np

from nightdesk.candles.model import Candle, SeriesName, parse_series
from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.analyser import Analyser
from nightdesk.indicators.bars import Bars
from nightdesk.indicators.batch import Clock, History, Segment, evaluate
from nightdesk.indicators.functions import bound
from nightdesk.indicators.language import parse
from nightdesk.indicators.line import LineKey, Stored
from nightdesk.indicators.model import Call
from nightdesk.indicators.stream import Row, Track
from tests.builders.bars import BTC, candles, rows, walk
from tests.fakes.figures import FakeFigures
from tests.perf.rows import Row as Figure
from tests.perf.rows import percentile

SERIES = 10_000
YEAR_BARS = 525_600
TWENTY = (
    *(f"RSI({BTC},1m,{period})" for period in (7, 14, 21)),
    *(f"EMA({BTC},1m,{period})" for period in (9, 12, 26, 50)),
    *(f"SMA({BTC},1m,{period})" for period in (20, 50, 100)),
    f"MACD({BTC},1m).macd",
    f"MACD({BTC},1m).macdsignal",
    f"BBANDS({BTC},1m,20).upperband",
    f"BBANDS({BTC},1m,20).lowerband",
    f"ATR({BTC},1m,14)",
    f"ADX({BTC},1m,14)",
    f"STOCH({BTC},1m).slowk",
    f"OBV({BTC},1m)",
    f"MFI({BTC},1m,14)",
    f"CCI({BTC},1m,20)",
)


def bench_batch() -> list[Figure]:
    """Twenty indicators over the 500 bars of a chart."""
    bars = walk(500, resolution=Resolution.MINUTE)
    nodes = [parse(text).root for text in TWENTY]
    took_ms = []
    for _ in range(300):
        started = time.perf_counter()
        segment = Segment({BTC: bars})
        for node in nodes:
            segment.of(node)
        took_ms.append((time.perf_counter() - started) * 1000)
    return [Figure(name="500 candles x 20 indicators, median", value=percentile(took_ms, 0.5), unit="ms", bar="<= 0.5")]


def bench_tick() -> list[Figure]:
    """One tick of every market, and the end of a minute, with an RSI of each."""
    names, bars = _names(), walk(100, resolution=Resolution.MINUTE)
    minutes = candles(bars)
    expressions = [parse(f"RSI({name},1m,14)") for name in names]
    analyser = Analyser(FakeFigures())
    analyser.watch(expressions)
    for name in names:
        analyser.load(LineKey(Resolution.MINUTE, (name,)), {name: Stored(minutes, ())})
    ticks, ends, told = [], [], []
    for number in range(1, 8):
        bar = Candle(minutes[-1].at + timedelta(minutes=number), 100, 102, 99, 101 + number / 8, 3)
        ticks.append(_timed(partial(_tick, analyser, names, bar)))
        told.append(_timed(partial(analyser.vector, expressions)))
        ends.append(_timed(partial(_close, analyser, names, bar)))
    return [
        Figure(name="a tick over 10,000 series, RSI of each", value=percentile(ticks, 0.5), unit="ms", bar="<= 100"),
        Figure(name="a minute of 10,000 series closed", value=percentile(ends, 0.5), unit="ms", bar="<= 500"),
        Figure(name="10,000 values as one vector", value=percentile(told, 0.5), unit="ms", bar="<= 100"),
        Figure(name="handles alone, peek over 10,000 series", value=_handles(bars), unit="ms"),
    ]


def bench_year() -> list[Figure]:
    """A year of minutes: over arrays, and bar by bar."""
    bars = walk(YEAR_BARS, resolution=Resolution.MINUTE)
    expression = parse(f"RSI({BTC},1m,14)")
    clock = Clock(resolution=Resolution.MINUTE, first=bars.first, end=bars.end)
    batch_ms = _timed(lambda: evaluate(expression, History({(BTC, Resolution.MINUTE): bars}), clock))
    track, given = Track({BTC: bars.cut(0, 0)}, [expression.root]), [(row,) for row in rows(bars)]
    stream_ms = _timed(partial(_push, track, given))
    return [
        Figure(
            name="RSI over a year of minutes, arrays",
            value=YEAR_BARS / batch_ms * 1000,
            unit="bars/s",
            bar=">= 1000000",
        ),
        Figure(name="RSI over a year of minutes, bar by bar", value=YEAR_BARS / stream_ms * 1000, unit="bars/s"),
    ]


def bench_same() -> list[Figure]:
    """Of twenty indicators over 2,000 bars, how many values differ between arrays and stream."""
    bars: Bars = walk(2000, resolution=Resolution.MINUTE)
    nodes = [parse(text).root for text in TWENTY]
    segment, track = Segment({BTC: bars}), Track({BTC: bars.cut(0, 0)}, nodes)
    streamed = []
    for row in rows(bars):
        track.push((row,))
        streamed.append([cell.closed for cell in track.cells])
    columns = zip(np.array(streamed).T, (segment.of(node) for node in nodes), strict=True)
    differing = sum(int(np.sum((left != right) & ~(np.isnan(left) & np.isnan(right)))) for left, right in columns)
    return [Figure(name="values that differ between stream and arrays", value=differing, unit="of 40000", bar="<= 0")]


def _tick(analyser: Analyser, names: Sequence[SeriesName], bar: Candle) -> None:
    for name in names:
        analyser.form(name, bar)
    analyser.refresh()


def _close(analyser: Analyser, names: Sequence[SeriesName], bar: Candle) -> None:
    for name in names:
        analyser.close(name, bar)


def _push(track: Track, given: Sequence[tuple[Row]]) -> None:
    for row in given:
        track.push(row)


def _handles(bars: Bars) -> float:
    call = parse(f"RSI({BTC},1m,14)").root
    assert isinstance(call, Call)
    handles = [bound(call).handle([bars.columns[3]]) for _ in range(SERIES)]
    return _timed(lambda: [handle.peek(101.5) for handle in handles if handle is not None])


def _names() -> list[SeriesName]:
    return [parse_series(f"PERF:C{number}/USDT") for number in range(SERIES)]


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000
