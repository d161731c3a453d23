"""What a chart is made of, as it is kept and shared: JSON of a stated version, each part bounded."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from nightdesk.contracts.api.common import RequestShape
from nightdesk.contracts.api.indicators import ExpressionText

DRAWINGS_MAX = 300
ANCHORS_MAX = 200
STUDIES_MAX = 30

SeriesText = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,20}:[^\s\x00-\x1f\x7f]{1,80}$")]
ResolutionText = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,3}[mhdwM]$")]
"""So many minutes, hours, days, weeks or months."""

InstantMs = Annotated[int, Field(ge=-10_000_000_000_000, le=10_000_000_000_000)]
Price = Annotated[float, Field(ge=-1e18, le=1e18, allow_inf_nan=False)]
"""On a chart: drawn, never booked."""

PartId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Words = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$")]
Kind = Literal[
    "trend_line",
    "ray",
    "line",
    "horizontal_line",
    "horizontal_ray",
    "horizontal_segment",
    "vertical_line",
    "vertical_ray",
    "vertical_segment",
    "price_line",
    "parallel_channel",
    "price_channel",
    "fibonacci",
    "rectangle",
    "brush",
    "note",
    "measure",
]


class AnchorShape(RequestShape):
    """Where a drawing is held: an instant and a price, whatever the resolution."""

    at_ms: InstantMs
    price: Price


class DrawingShape(RequestShape):
    """One drawing.

    Attributes:
        series: On whose bars it is.
        colour: One of the colours of studies, from 1; 0 is the accent.
    """

    id: PartId
    kind: Kind
    series: SeriesText
    anchors: Annotated[tuple[AnchorShape, ...], Field(min_length=1, max_length=ANCHORS_MAX)]
    text: Words = ""
    colour: Annotated[int, Field(ge=0, le=6)] = 0
    width: Annotated[int, Field(ge=1, le=6)] = 1
    dash: Literal["solid", "dashed"] = "solid"
    locked: bool = False
    hidden: bool = False


class StudyShape(RequestShape):
    """An expression over the bars or below them."""

    place: Literal["over", "under"]
    text: ExpressionText


class RangeShape(RequestShape):
    """What part of the bars is looked at."""

    from_ms: InstantMs
    to_ms: InstantMs


class LayoutContent(RequestShape):
    """Everything of a chart.

    Attributes:
        v: The version of this form.
        points: Own series that are drawn, by id.
        fills: Whether the user's purchases and sales are drawn.
        orders: Whether open orders and the average cost are.
    """

    v: Literal[1] = 1
    series: SeriesText
    resolution: ResolutionText
    range: RangeShape | None = None
    studies: Annotated[tuple[StudyShape, ...], Field(max_length=STUDIES_MAX)] = ()
    drawings: Annotated[tuple[DrawingShape, ...], Field(max_length=DRAWINGS_MAX)] = ()
    points: Annotated[tuple[PartId, ...], Field(max_length=20)] = ()
    fills: bool = True
    orders: bool = True
    magnet: Literal["off", "weak", "strong"] = "off"
