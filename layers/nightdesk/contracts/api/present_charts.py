"""What is known of charts, in the shapes of the API."""

from __future__ import annotations

from nightdesk.contracts.api.chart_layouts import LayoutContent
from nightdesk.contracts.api.charts import (
    LayoutShape,
    LayoutSummary,
    PointSetShape,
    PointShape,
    SharedPoints,
    SharedShape,
    ShareShape,
)
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount
from nightdesk.markets.charts.model import ChartLayout, ChartPoint, ChartShare, PointSet, SharedChart


def layout_summary(layout: ChartLayout) -> LayoutSummary:
    """The layout in a list."""
    return LayoutSummary(
        layout_id=layout.layout_id,
        name=layout.name,
        version=layout.version,
        series=layout.content["series"],
        resolution=layout.content["resolution"],
        made_at=format_instant(layout.made_at),
        changed_at=format_instant(layout.changed_at),
    )


def layout_shape(layout: ChartLayout) -> LayoutShape:
    """The layout with all that it holds."""
    return LayoutShape(
        layout_id=layout.layout_id,
        name=layout.name,
        version=layout.version,
        content=LayoutContent.model_validate(layout.content),
        made_at=format_instant(layout.made_at),
        changed_at=format_instant(layout.changed_at),
    )


def point_set_shape(points: PointSet) -> PointSetShape:
    """An own series."""
    return PointSetShape(
        set_id=points.set_id,
        name=points.name,
        style=points.style.value,
        colour=points.colour,
        points=points.points,
        made_at=format_instant(points.made_at),
    )


def point_shape(point: ChartPoint) -> PointShape:
    """A point."""
    return PointShape(at=format_instant(point.at), value=format_amount(point.value), label=point.label)


def share_shape(share: ChartShare) -> ShareShape:
    """A share."""
    return ShareShape(
        share_id=share.share_id,
        name=share.name,
        open=share.is_open,
        made_at=format_instant(share.made_at),
        revoked_at=None if share.revoked_at is None else format_instant(share.revoked_at),
    )


def shared_shape(shared: SharedChart) -> SharedShape:
    """What a link opens."""
    return SharedShape(
        name=shared.share.name,
        content=LayoutContent.model_validate(shared.content["layout"]),
        points=[SharedPoints.model_validate(each) for each in shared.content["points"]],
    )
