"""Layouts of charts, and shares that a link opens."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.charts import (
    LayoutPage,
    LayoutShape,
    MadeShareShape,
    OpenShare,
    PutLayout,
    PutShare,
    SharedShape,
    SharePage,
    ShareShape,
)

Cursor = Annotated[str | None, Query(min_length=1, max_length=400)]
Limit = Annotated[int, Query(ge=1, le=200)]

router = new_router()


@router.get("/chart-layouts", summary="The user's layouts of charts", tags=["charts"])
def list_layouts(*, desk: OurDesk, caller: OurCaller, cursor: Cursor = None, limit: Limit = 50) -> LayoutPage:
    """Newest first, without what they hold."""
    return desk.charts.layouts(caller, cursor, limit)


@router.get("/chart-layouts/<layout_id>", summary="One layout", tags=["charts"])
def get_layout(layout_id: UUID, desk: OurDesk, caller: OurCaller) -> LayoutShape:
    """With its indicators, drawings and points."""
    return desk.charts.layout(caller, layout_id)


@router.put("/chart-layouts/<layout_id>", summary="Make or change a layout", tags=["charts"])
def put_layout(layout_id: UUID, wanted: PutLayout, desk: OurDesk, caller: OurCaller) -> LayoutShape:
    """A new version of it; sent twice it is one version. The caller chooses the id."""
    return desk.charts.put_layout(caller, layout_id, wanted)


@router.delete(
    "/chart-layouts/<layout_id>", summary="Forget a layout", tags=["charts"], status_code=HTTPStatus.NO_CONTENT
)
def remove_layout(layout_id: UUID, desk: OurDesk, caller: OurCaller) -> Response[None]:
    """Shares of it stay."""
    desk.charts.remove_layout(caller, layout_id)
    return Response(HTTPStatus.NO_CONTENT)


@router.get("/chart-shares", summary="The user's shares of charts", tags=["charts"])
def list_shares(*, desk: OurDesk, caller: OurCaller, cursor: Cursor = None, limit: Limit = 50) -> SharePage:
    """Newest first, revoked ones too; never with their tokens."""
    return desk.charts.shares(caller, cursor, limit)


@router.put("/chart-shares/<share_id>", summary="Share a chart", tags=["charts"])
def put_share(share_id: UUID, wanted: PutShare, desk: OurDesk, caller: OurCaller) -> MadeShareShape:
    """A copy, and the token of its link, which is shown only now. Again: a new copy and a new token."""
    return desk.charts.share(caller, share_id, wanted)


@router.delete("/chart-shares/<share_id>", summary="Revoke a share", tags=["charts"])
def revoke_share(share_id: UUID, desk: OurDesk, caller: OurCaller) -> ShareShape:
    """Its link opens nothing from now on."""
    return desk.charts.revoke(caller, share_id)


@router.post("/chart-shares/open", summary="Open a shared chart", tags=["charts"])
def open_share(wanted: OpenShare, desk: OurDesk, caller: OurCaller) -> SharedShape:
    """What the link of this token shows: series, indicators, drawings and points; to be looked at only."""
    return desk.charts.open(caller, wanted.token)
