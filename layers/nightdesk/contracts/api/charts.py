"""Layouts of charts, a user's own points, and shares, as they are asked for and answered."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from nightdesk.contracts.api.chart_layouts import LayoutContent
from nightdesk.contracts.api.common import DecimalText, InstantText, RequestShape, Shape

POINTS_A_REQUEST = 1_000

ChartName = Annotated[
    str, StringConstraints(pattern=r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]{0,78}[^\s\x00-\x1f\x7f])?$")
]
PointLabel = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
ValueText = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,18})?$")]
AtText = Annotated[str, StringConstraints(min_length=1, max_length=40)]
ShareToken = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]


class PutLayout(RequestShape):
    """A layout as it shall be; `replaces` is the version seen, 0 for a new one."""

    name: ChartName
    content: LayoutContent
    replaces: Annotated[int, Field(ge=0, le=2_000_000_000)] = 0


class LayoutSummary(Shape):
    """A layout without what it holds."""

    layout_id: UUID
    name: str
    version: int
    series: str
    resolution: str
    made_at: InstantText
    changed_at: InstantText


class LayoutShape(Shape):
    """A layout."""

    layout_id: UUID
    name: str
    version: int
    content: LayoutContent
    made_at: InstantText
    changed_at: InstantText


class LayoutPage(Shape):
    """Layouts, newest first."""

    items: list[LayoutSummary]
    next_cursor: str | None


class PutPointSet(RequestShape):
    """An own series: how it is called and drawn."""

    name: ChartName
    style: Literal["line", "marks"] = "line"
    colour: Annotated[int, Field(ge=1, le=6)] = 1


class PointSetShape(Shape):
    """An own series; `points` is how many it has."""

    set_id: UUID
    name: str
    style: Literal["line", "marks"]
    colour: int
    points: int
    made_at: InstantText


class PointSetPage(Shape):
    """Own series, newest first."""

    items: list[PointSetShape]
    next_cursor: str | None


class PointShape(Shape):
    """A point of an own series."""

    at: InstantText
    value: DecimalText
    label: str


class PointPage(Shape):
    """Points, oldest first; the next ones begin at `next_from`."""

    items: list[PointShape]
    next_from: InstantText | None


class NewPoint(RequestShape):
    """A point; `at` is RFC 3339 or milliseconds since 1970."""

    at: AtText
    value: ValueText
    label: PointLabel = ""


class AddPoints(RequestShape):
    """Points, each in the place of the one of its instant."""

    points: Annotated[tuple[NewPoint, ...], Field(min_length=1, max_length=POINTS_A_REQUEST)]


class PutShare(RequestShape):
    """A chart to be copied; `open` to every tenant of the desk, otherwise to one's own."""

    name: ChartName
    open: bool = False
    content: LayoutContent


class ShareShape(Shape):
    """A share."""

    share_id: UUID
    name: str
    open: bool
    made_at: InstantText
    revoked_at: InstantText | None


class MadeShareShape(Shape):
    """A new share; its token is shown only now."""

    share: ShareShape
    token: str


class SharePage(Shape):
    """Shares, newest first."""

    items: list[ShareShape]
    next_cursor: str | None


class OpenShare(RequestShape):
    """What a link holds."""

    token: ShareToken


class SharedPoints(Shape):
    """An own series that goes with a share."""

    name: str
    style: Literal["line", "marks"]
    colour: int
    items: list[PointShape]


class SharedShape(Shape):
    """What a link opens: to be looked at, not changed."""

    name: str
    content: LayoutContent
    points: list[SharedPoints]
