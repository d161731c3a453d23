"""Expressions over stored bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np

from nightdesk.candles.model import Candle, PortfolioSeries, SeriesName, parse_series
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.indicators import building
from nightdesk.indicators.bars import Bars, Floats, bar_at, bar_index, bars_of
from nightdesk.indicators.batch import Clock, History, evaluate
from nightdesk.indicators.eras import first_needed
from nightdesk.indicators.language import expression_of
from nightdesk.indicators.limits import EXPRESSIONS_MAX
from nightdesk.indicators.listed_history import past_figures
from nightdesk.indicators.model import (
    Arithmetic,
    Expression,
    Field,
    Metric,
    MetricName,
    Negation,
    Node,
)
from nightdesk.indicators.warming import read_bars
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.caps_history import CapHistoryReads

BARS_MAX: Final = 5000
ROWS_MAX: Final = 100_000
_CLOSES: Final = frozenset({MetricName.PRICE, MetricName.VALUE})


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """What is asked.

    Attributes:
        clock: The series whose bars are told of.
        since: The first bar is the first that begins then or later.
        until: Only bars that begin before it; without it, as many as are told at once.
        forming: The clock's bar that forms, if its values are asked for too; nothing is stored of it yet.
    """

    expressions: Sequence[Expression]
    clock: str
    resolution: Resolution
    since: datetime
    until: datetime | None = None
    forming: Candle | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Values of several expressions.

    Attributes:
        starts: Of the clock's bars, oldest first.
        values: A row for each expression, a number for each bar; NaN where there is no value.
    """

    starts: list[datetime]
    values: list[Floats]


class HistoryService:
    """Answers what an expression was worth.

    The value at a bar is that at its end; a leaf of a longer resolution has the value of its last bar that has ended
    by then. Of figures of coins it is what was listed then.

    Args:
        caps: Listings of coins; without it figures of them have no past.
    """

    def __init__(self, candles: CandleService, caps: CapHistoryReads | None = None) -> None:
        self._candles = candles
        self._caps = caps

    def tell(self, tenant_id: TenantId, query: HistoryQuery) -> Told:
        """The expressions at the bars of a time range.

        Raises:
            InvalidInput: `indicators.range`, or an expression can't be computed over the past.
            NotFound: There is no such series, or it is another tenant's.
        """
        span = _span(query)
        expressions = [_historic(each, query.resolution) for each in query.expressions]
        own = (parse_series(query.clock), query.resolution)
        needed = {own}.union(*(each.bars for each in expressions))
        bars = {key: self._read(tenant_id, key, span, query.forming if key == own else None) for key in needed}
        clock = replace(span, first=max(span.first, bars[own].first), end=min(span.end, bars[own].end))
        if clock.first >= clock.end:
            return Told([], [np.empty(0) for _ in expressions])
        history = History(bars)
        starts = [bar_at(index, clock.resolution) for index in range(clock.first, clock.end + 1)]
        metrics = past_figures(self._caps, expressions, starts[1:]) if self._caps else {}
        told = (evaluate(each, history, clock, metrics) for each in expressions)
        return Told(starts[:-1], [np.broadcast_to(each, clock.end - clock.first) for each in told])

    def _read(
        self, tenant_id: TenantId, key: tuple[SeriesName, Resolution], span: Clock, forming: Candle | None
    ) -> Bars:
        name, resolution = key
        since, until = bar_at(span.first, span.resolution), bar_at(span.end, span.resolution)
        if (until - since) / resolution.span > ROWS_MAX:
            raise InvalidInput("indicators.range", f"Ask for a shorter range: it has too many bars of {resolution}.")
        first = first_needed(bar_index(since, resolution), resolution)
        asked = CandleQuery(
            series=str(name),
            resolution=resolution,
            since=None if first is None else bar_at(first, resolution),
            until=until,
        )
        candles = read_bars(self._candles, tenant_id, asked)
        return bars_of(candles if forming is None else _with_forming(candles, forming), resolution)


def _span(query: HistoryQuery) -> Clock:
    """The bars that are asked for."""
    first = bar_index(query.since, query.resolution)
    first += bar_at(first, query.resolution) < query.since
    end = first + BARS_MAX
    if query.until is not None:
        end = bar_index(query.until, query.resolution)
        end += bar_at(end, query.resolution) < query.until
    if not first <= end <= first + BARS_MAX or len(query.expressions) > EXPRESSIONS_MAX:
        message = f"Ask for at most {EXPRESSIONS_MAX} expressions at no more than {BARS_MAX} bars."
        raise InvalidInput("indicators.range", message)
    return Clock(resolution=query.resolution, first=first, end=end)


def _with_forming(candles: list[Candle], forming: Candle) -> list[Candle]:
    """The bars with the one that forms; what is stored of it is less."""
    before = [candle for candle in candles if candle.at < forming.at]
    return [*before, forming] if len(before) == len(candles) or candles[-1].at == forming.at else candles


def _historic(expression: Expression, resolution: Resolution) -> Expression:
    """With closes in the place of prices and values, which are live."""
    return expression_of(_closes(expression.root, resolution))


def _closes(node: Node, resolution: Resolution) -> Node:
    match node:
        case Metric(name=name, target=Instrument() | PortfolioSeries() as target, asset=None) if name in _CLOSES:
            return building.price(target, resolution, Field.CLOSE, 0)
        case Negation(of=of):
            return replace(node, of=_closes(of, resolution))
        case Arithmetic(left=left, right=right):
            return replace(node, left=_closes(left, resolution), right=_closes(right, resolution))
        case _:
            return node
