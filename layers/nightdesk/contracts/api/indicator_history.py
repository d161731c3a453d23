"""Expressions over the bars of a chart; apart from the other shapes, because it brings the arrays' library along."""

from __future__ import annotations

from datetime import datetime

from nightdesk.candles.model import Candle, CandleRow, require_row
from nightdesk.contracts.api.indicator_values import HistoryRequest, IndicatorHistory, IndicatorValues
from nightdesk.indicators.formula import Formulas
from nightdesk.indicators.history import HistoryQuery, Told
from nightdesk.indicators.language import parse
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import from_ms, parse_instant, to_ms


def history_query(request: HistoryRequest, formulas: Formulas) -> HistoryQuery:
    """What the request asks.

    Raises:
        InvalidInput: An expression, an instant or the forming bar can't be meant.
    """
    on = (request.series, request.resolution.value)
    return HistoryQuery(
        expressions=[parse(text, formulas, on=on) for text in request.expression],
        clock=request.series,
        resolution=request.resolution,
        since=_instant(request.from_),
        until=None if request.to is None else _instant(request.to),
        forming=None if request.forming is None else _forming(request.forming, request),
    )


def history_shape(request: HistoryRequest, query: HistoryQuery, told: Told) -> IndicatorHistory:
    """What was worked out, as it is answered."""
    return IndicatorHistory(
        series=query.clock,
        resolution=query.resolution.value,
        starts=[to_ms(start) for start in told.starts],
        items=[
            IndicatorValues(
                expression=asked,
                text=expression.text,
                values=[None if value != value else value for value in values.tolist()],  # noqa: PLR0124 NaN
            )
            for asked, expression, values in zip(request.expression, query.expressions, told.values, strict=True)
        ],
    )


def _instant(text: str) -> datetime:
    if not text.isdecimal():
        return parse_instant(text)
    try:
        return from_ms(int(text))
    except OverflowError:
        raise InvalidInput("instant.malformed", f"{text[:40]!r} is no instant.") from None


def _forming(text: str, request: HistoryRequest) -> Candle:
    try:
        start, *numbers = text.split(",")
        opened, high, low, close, volume = map(float, numbers)
    except ValueError:
        raise InvalidInput("indicators.forming", "A bar is its start, open, high, low, close and volume.") from None
    candle = Candle(_instant(start), opened, high, low, close, volume)
    return require_row(CandleRow(request.series, request.resolution, candle, "chart")).candle
