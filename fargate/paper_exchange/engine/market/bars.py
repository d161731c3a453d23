"""Bars of any length, cut at the present moment, from a source's minutes, hours and days."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from fargate.paper_exchange.engine.market.port import DAY_MS, HOUR_MS, MINUTE_MS, MarketSource
from fargate.paper_exchange.engine.market.recorded import candle_of, flat_candle
from fargate.paper_exchange.engine.model import Candle
from nightdesk.kernel.instants import from_ms as instant_of
from nightdesk.kernel.instants import to_ms
from nightdesk.kernel.money import ZERO

WEEK_MS = 7 * DAY_MS
_FIRST_MONDAY_MS = 4 * DAY_MS
MONTH = "month"

Opening = Callable[[int], int]
"""The opening of the bar that an instant falls in, or of the next one."""


def span(source: MarketSource, from_ms: int, until_ms: int) -> list[Candle]:
    """The fewest bars that together cover `[from_ms, until_ms)`, the last one made of single trades."""
    bars: list[Candle] = []
    at = from_ms
    for step in (MINUTE_MS, HOUR_MS, DAY_MS, HOUR_MS, MINUTE_MS):
        stop = min(until_ms // step * step, _climb(at, step, until_ms))
        if at % step == 0 and stop > at:
            bars.extend(source.candles(step, at, stop))
            at = stop
    tail = source.trades(at - 1, until_ms - 1)
    return [*bars, candle_of(at, tail)] if tail else bars


def _climb(at: int, step: int, until_ms: int) -> int:
    """Where bars of this length end on the way up to the next longer ones."""
    longer = {MINUTE_MS: HOUR_MS, HOUR_MS: DAY_MS}.get(step)
    if longer is None:
        return until_ms
    edge = -(-at // longer) * longer
    return edge if edge + longer <= until_ms else until_ms


def join(open_at_ms: int, bars: Sequence[Candle]) -> Candle:
    """The bar of all these, oldest first, at least one."""
    if len(bars) == 1 and bars[0].open_at_ms == open_at_ms:
        return bars[0]
    traded = [bar for bar in bars if bar.trades] or list(bars[:1])
    return Candle(
        open_at_ms,
        traded[0].open,
        max(bar.high for bar in traded),
        min(bar.low for bar in traded),
        traded[-1].close,
        sum((bar.volume for bar in traded), ZERO),
        sum((bar.turnover for bar in traded), ZERO),
        sum(bar.trades for bar in traded),
        sum((bar.taker_buy_volume for bar in traded), ZERO),
        sum((bar.taker_buy_turnover for bar in traded), ZERO),
        traded[0].first_trade_id,
        traded[-1].last_trade_id,
    )


def bars(source: MarketSource, resolution: int | str, from_ms: int, until_ms: int, now_ms: int) -> list[Candle]:
    """Bars that open in `[from_ms, until_ms)`, oldest first; the one still open is cut at `now_ms`.

    Args:
        source: The instrument's past.
        resolution: Milliseconds (a multiple of a minute), or `month`.
        from_ms: Earliest opening.
        until_ms: Openings lie before it.
        now_ms: The present market time.
    """
    edges = list(_edges(resolution, from_ms, min(until_ms, now_ms + 1)))
    if not edges:
        return []
    step = _base_step(resolution)
    whole_until = min(edges[-1][1], now_ms // step * step)
    pieces = list(source.candles(step, edges[0][0], whole_until))
    pieces.extend(span(source, max(whole_until, edges[0][0]), now_ms + 1) if edges[-1][1] > whole_until else ())
    return _group(source, edges, pieces)


def _group(source: MarketSource, edges: Sequence[tuple[int, int]], pieces: Sequence[Candle]) -> list[Candle]:
    if [piece.open_at_ms for piece in pieces] == [opened for opened, _ in edges]:
        return list(pieces)  # each is a bar
    made, position = [], 0
    for opened, closed in edges:
        inside = []
        while position < len(pieces) and pieces[position].open_at_ms < closed:
            inside.append(pieces[position])
            position += 1
        if inside:
            made.append(join(opened, inside))
        elif last := source.last(opened):
            made.append(flat_candle(opened, last))
    return made


def _base_step(resolution: int | str) -> int:
    if resolution == MONTH:
        return DAY_MS
    assert isinstance(resolution, int)  # noqa: S101
    return next(step for step in (DAY_MS, HOUR_MS, MINUTE_MS) if resolution % step == 0)


def _edges(resolution: int | str, from_ms: int, until_ms: int) -> Iterator[tuple[int, int]]:
    """Openings and closings of the bars that open in `[from_ms, until_ms)`."""
    if resolution == MONTH:
        yield from _months(from_ms, until_ms)
        return
    assert isinstance(resolution, int)  # noqa: S101
    shift = _FIRST_MONDAY_MS if resolution == WEEK_MS else 0
    opened = -(-(from_ms - shift) // resolution) * resolution + shift
    while opened < until_ms:
        yield opened, opened + resolution
        opened += resolution


def _months(from_ms: int, until_ms: int) -> Iterator[tuple[int, int]]:
    start = instant_of(from_ms)
    count = start.year * 12 + start.month - 1
    while (opened := _month_ms(count)) < until_ms:
        if opened >= from_ms:
            yield opened, _month_ms(count + 1)
        count += 1


def _month_ms(count: int) -> int:
    return to_ms(datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC))


def month_after(open_at_ms: int) -> int:
    """The beginning of the month after this one."""
    start = instant_of(open_at_ms)
    return _month_ms(start.year * 12 + start.month)
