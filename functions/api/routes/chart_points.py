"""A user's own series of points, to be drawn on charts."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.charts import AddPoints, PointPage, PointSetPage, PointSetShape, PutPointSet

Cursor = Annotated[str | None, Query(min_length=1, max_length=400)]
SetsLimit = Annotated[int, Query(ge=1, le=200)]
PointsLimit = Annotated[int, Query(ge=1, le=1000)]
_ABOUT = "RFC 3339 or ms since 1970."
From = Annotated[str | None, Query(alias="from", min_length=1, max_length=40, description=_ABOUT)]
Until = Annotated[str | None, Query(alias="to", min_length=1, max_length=40, description=f"Exclusive. {_ABOUT}")]
First = Annotated[str, Query(alias="from", min_length=1, max_length=40, description=_ABOUT)]
End = Annotated[str, Query(alias="to", min_length=1, max_length=40, description=f"Exclusive. {_ABOUT}")]

router = new_router()


@router.get("/chart-points", summary="The user's own series", tags=["charts"])
def list_point_sets(*, desk: OurDesk, caller: OurCaller, cursor: Cursor = None, limit: SetsLimit = 50) -> PointSetPage:
    """Newest first."""
    return desk.charts.point_sets(caller, cursor, limit)


@router.put("/chart-points/<set_id>", summary="Make or change an own series", tags=["charts"])
def put_point_set(set_id: UUID, wanted: PutPointSet, desk: OurDesk, caller: OurCaller) -> PointSetShape:
    """How it is called and drawn; its points stay. The caller chooses the id."""
    return desk.charts.put_point_set(caller, set_id, wanted)


@router.delete(
    "/chart-points/<set_id>", summary="Forget an own series", tags=["charts"], status_code=HTTPStatus.NO_CONTENT
)
def remove_point_set(set_id: UUID, desk: OurDesk, caller: OurCaller) -> Response[None]:
    """With its points; copies in shares stay."""
    desk.charts.remove_point_set(caller, set_id)
    return Response(HTTPStatus.NO_CONTENT)


@router.get("/chart-points/<set_id>/points", summary="Points of an own series", tags=["charts"])
def list_points(
    set_id: UUID,
    *,
    desk: OurDesk,
    caller: OurCaller,
    since: From = None,
    until: Until = None,
    limit: PointsLimit = 1000,
) -> PointPage:
    """Oldest first."""
    return desk.charts.points(caller, set_id, since, until=until, limit=limit)


@router.post("/chart-points/<set_id>/points", summary="Add points to an own series", tags=["charts"])
def add_points(set_id: UUID, wanted: AddPoints, desk: OurDesk, caller: OurCaller) -> PointSetShape:
    """Each in the place of the one of its instant, so sending them twice changes nothing."""
    return desk.charts.add_points(caller, set_id, wanted)


@router.delete("/chart-points/<set_id>/points", summary="Remove points of an own series", tags=["charts"])
def remove_points(set_id: UUID, *, desk: OurDesk, caller: OurCaller, since: First, until: End) -> PointSetShape:
    """Those of a span."""
    return desk.charts.remove_points(caller, set_id, since, until)
