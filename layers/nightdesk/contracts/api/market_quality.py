"""Which prices of venues were refused, why, and how each market stands."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nightdesk.contracts.api.common import DecimalText, InstantText, Shape

CauseText = Literal[
    "not_finite", "negative", "zero", "crossed", "future", "backwards", "stale", "stuck", "spike", "volume"
]
StateText = Literal["good", "quarantined", "stale", "stuck", "apart"]


class RefusedShape(Shape):
    """A price that was refused, as it was told.

    Attributes:
        last: As text; it may be no number.
        compared: What it was compared with: the median of other venues, or its own recent median.
        sources: Of how many other venues.
        deviation_bp: From `compared`, in basis points.
    """

    cause: CauseText
    seen_at: InstantText
    at: InstantText
    last: str | None
    bid: str | None
    ask: str | None
    compared: DecimalText | None
    sources: int = Field(ge=0)
    deviation_bp: DecimalText | None


class MarketQualityShape(Shape):
    """A market at a venue.

    Attributes:
        state: `good`; `quarantined`: what it tells now is refused; `stale`, `stuck`: while others move; `apart`:
            believed although others contradict.
        since: When the state began.
        last: The last price that passed, made `at`.
        median: Of other venues, in this market's quote; `sources` is how many are fresh.
        deviation_bp: Of `last` from the median, in basis points.
        counts: How often it was refused in the window, by cause.
        refused: The same together.
        latest: What was refused last, whenever that was.
    """

    venue: str
    symbol: str
    state: StateText
    since: InstantText
    last: DecimalText | None
    at: InstantText | None
    median: DecimalText | None
    sources: int = Field(ge=0)
    deviation_bp: DecimalText | None
    counts: dict[CauseText, int]
    refused: int = Field(ge=0)
    latest: RefusedShape | None
    updated_at: InstantText


class MarketQualityPage(Shape):
    """Markets by venue and symbol.

    Attributes:
        counts: By cause, over all markets that the filter leaves.
        since: Where the window begins.
    """

    items: list[MarketQualityShape]
    counts: dict[CauseText, int]
    total: int = Field(ge=0)
    since: InstantText
    next_cursor: str | None


class RefusedList(Shape):
    """What of a market was refused, the newest first."""

    items: list[RefusedShape]
