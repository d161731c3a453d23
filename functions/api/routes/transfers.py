"""Transfers between own accounts: shown, linked, taken apart."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.books import (
    AssetText,
    LinkTransfer,
    MovementPage,
    MovementText,
    TransferPage,
    TransferShape,
)
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId
from nightdesk.ledger.transfers.model import LinkFilter

Limit = Annotated[int, Query(ge=1, le=200)]

router = new_router()


@router.get("/transfers", summary="Transfers between own accounts", tags=["inbox"])
def list_transfers(
    *,
    desk: OurDesk,
    caller: OurCaller,
    linked: bool = True,
    account_id: UUID | None = None,
    asset: Annotated[AssetText | None, Query()] = None,
    cursor: Annotated[str | None, Query(min_length=1, max_length=400)] = None,
    limit: Limit = 50,
) -> TransferPage:
    """The newest link first; `linked=false` for those that were taken apart."""
    wanted = LinkFilter(
        linked=linked,
        account_id=None if account_id is None else AccountId(account_id),
        asset=None if asset is None else AssetId(asset),
    )
    return desk.books.transfer_page(caller, wanted, cursor=cursor, limit=limit)


@router.get("/transfers/candidates", summary="What could be the other side", tags=["inbox"])
def list_candidates(
    *, desk: OurDesk, caller: OurCaller, movement_id: Annotated[MovementText, Query()], limit: Limit = 20
) -> MovementPage:
    """Movements of other accounts that are alone, the nearest in time first."""
    return desk.books.candidates(caller, movement_id, limit)


@router.post("/transfers", summary="Link a transfer", tags=["inbox"], status_code=HTTPStatus.CREATED)
def link_transfer(wanted: LinkTransfer, desk: OurDesk, caller: OurCaller) -> TransferShape:
    """Say that these movements are one transfer; the cost of what left goes along."""
    return desk.books.link(caller, wanted)


@router.delete(
    "/transfers/<link_id>", summary="Take a transfer apart", tags=["inbox"], status_code=HTTPStatus.NO_CONTENT
)
def unlink_transfer(link_id: UUID, desk: OurDesk, caller: OurCaller) -> Response[None]:
    """Its movements are never matched with each other again."""
    desk.books.unlink(caller, link_id)
    return Response(HTTPStatus.NO_CONTENT)
