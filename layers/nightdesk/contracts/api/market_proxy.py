"""Bars of any venue, read on demand."""

from __future__ import annotations

from typing import Annotated

from pydantic import WithJsonSchema

from nightdesk.candles.proxied_venues import PROXIED
from nightdesk.candles.proxying import SPANS, ProxiedBars
from nightdesk.contracts.api.candles import BarShape
from nightdesk.contracts.api.common import InstantText, Shape
from nightdesk.kernel.instants import format_instant, to_ms

ProxiedBarShape = Annotated[
    BarShape, WithJsonSchema({"type": "array", "items": {"type": "number"}, "minItems": 6, "maxItems": 6})
]
"""Start in milliseconds since 1970, open, high, low, close, volume."""


class ProxiedBarsShape(Shape):
    """Bars as the venue tells them, oldest first; the last may be forming.

    Attributes:
        next_from: Give it back as `from` to read on; null at the end of the range.
    """

    venue: str
    symbol: str
    resolution: str
    items: list[ProxiedBarShape]
    next_from: InstantText | None


class ProxiedVenuesShape(Shape):
    """Whose bars can be read, and the resolutions that may be asked for; a venue may know fewer."""

    items: list[str]
    resolutions: list[str]


def proxied_bars_shape(told: ProxiedBars) -> ProxiedBarsShape:
    """The bars as they are answered."""
    wish = told.wish
    return ProxiedBarsShape(
        venue=wish.venue,
        symbol=wish.symbol,
        resolution=wish.resolution,
        items=[(to_ms(bar.at), bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in told.candles],
        next_from=None if told.next_from is None else format_instant(told.next_from),
    )


def proxied_venues_shape() -> ProxiedVenuesShape:
    """Every venue, by name."""
    return ProxiedVenuesShape(items=sorted(PROXIED), resolutions=list(SPANS))
