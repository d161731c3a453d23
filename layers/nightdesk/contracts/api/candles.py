"""Bars of a chart."""

from __future__ import annotations

from nightdesk.candles.service import CandlePage
from nightdesk.contracts.api.common import InstantText, Shape
from nightdesk.kernel.instants import format_instant, to_ms

BarShape = tuple[int, float, float, float, float, float]
"""Start in milliseconds since 1970, open, high, low, close, volume."""


class CandlePageShape(Shape):
    """Bars, oldest first.

    Attributes:
        base: The asset that prices or values are in.
        next_from: Give it back as `from` to read on; null at the end, and when the newest bars were asked for.
    """

    series: str
    resolution: str
    base: str
    items: list[BarShape]
    next_from: InstantText | None


def candle_page_shape(page: CandlePage) -> CandlePageShape:
    """The page as it is answered."""
    return CandlePageShape(
        series=page.series,
        resolution=page.resolution.value,
        base=page.unit,
        items=[(to_ms(bar.at), bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in page.candles],
        next_from=None if page.next_from is None else format_instant(page.next_from),
    )
