"""The inbox: every doubt about the books, and what mends it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurCorrelation, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.books import (
    AssetText,
    FindingDetail,
    FindingPage,
    RepairedShape,
    RepairFinding,
    UndoRepair,
)
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId
from nightdesk.ledger.inbox import Cause, FindingState, InboxFilter

Asset = Annotated[AssetText | None, Query()]
Limit = Annotated[int, Query(ge=1, le=200)]

router = new_router()


@router.get("/inbox", summary="Doubts about the books", tags=["inbox"])
def list_findings(
    *,
    desk: OurDesk,
    caller: OurCaller,
    state: FindingState = FindingState.OPEN,
    cause: Cause | None = None,
    account_id: UUID | None = None,
    asset: Asset = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> FindingPage:
    """By the money at stake at the last known prices, the largest first."""
    wanted = InboxFilter(
        state=state,
        cause=cause,
        account_id=None if account_id is None else AccountId(account_id),
        asset=None if asset is None else AssetId(asset),
    )
    return desk.books.findings(caller, wanted, after=cursor, limit=limit)


@router.get("/inbox/<finding_id>", summary="One doubt", tags=["inbox"])
def get_finding(finding_id: UUID, desk: OurDesk, caller: OurCaller) -> FindingDetail:
    """With everything that happened to it."""
    return desk.books.finding(caller, finding_id)


@router.post("/inbox/<finding_id>/repair", summary="Repair or dismiss", tags=["inbox"])
def repair_finding(
    finding_id: UUID, wanted: RepairFinding, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> RepairedShape:
    """What is booked stands: a repair appends entries. With `preview`, nothing is done."""
    return desk.books.repair(caller, finding_id, wanted, correlation_id)


@router.post("/inbox/<finding_id>/undo", summary="Take a repair back", tags=["inbox"])
def undo_repair(
    finding_id: UUID, wanted: UndoRepair, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> FindingDetail:
    """What it appended is reversed by further entries, and the doubt is open again."""
    return desk.books.undo(caller, finding_id, wanted, correlation_id)
