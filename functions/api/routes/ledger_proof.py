"""What proves the ledger and mends it: balances at any instant, exports, corrections, the quarantine."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurCorrelation, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.ledger_proof import (
    BalancePage,
    CorrectedShape,
    CorrectEntry,
    ExportPartShape,
    NameAsset,
    QuarantinePage,
    ReleasedShape,
)

At = Annotated[str | None, Query(min_length=1, max_length=40, description="Inclusive, RFC 3339; now without it.")]
KnownOn = Annotated[
    str | None,
    Query(min_length=1, max_length=40, description="The ledger as it was known then, RFC 3339; a minute ago or older."),
]
Cursor = Annotated[str | None, Query(min_length=1, max_length=600)]
BalanceLimit = Annotated[int, Query(ge=1, le=1000)]
WaitingLimit = Annotated[int, Query(ge=1, le=200)]
_BALANCES: Final = 1000
_WAITING: Final = 50

router = new_router()


@router.get("/ledger/balances", summary="What every wallet held at an instant", tags=["ledger"])
def read_balances(
    *,
    desk: OurDesk,
    caller: OurCaller,
    account_id: UUID | None = None,
    at: At = None,
    known_on: KnownOn = None,
    cursor: Cursor = None,
    limit: BalanceLimit = _BALANCES,
) -> BalancePage:
    """By account, wallet and asset, as the ledger adds up."""
    return desk.proof.balances(caller, account_id, at=at, known_on=known_on, cursor=cursor, limit=limit)


@router.get("/ledger/export", summary="The ledger as a file that anybody can check offline", tags=["ledger"])
def export_ledger(
    *,
    desk: OurDesk,
    caller: OurCaller,
    account_id: UUID | None = None,
    known_on: KnownOn = None,
    cursor: Cursor = None,
) -> ExportPartShape:
    """In parts of about three megabytes; their lines in order are the file that `nightdesk.ledger.verify` checks."""
    return desk.proof.export(caller, account_id, known_on=known_on, cursor=cursor)


@router.post("/ledger/corrections", summary="Correct an entry", tags=["ledger"])
def correct_entry(
    wanted: CorrectEntry, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> CorrectedShape:
    """What was booked stands: a reversal and what is right are appended. Asked again, nothing is."""
    return desk.proof.correct(caller, wanted, correlation_id)


@router.get("/ledger/quarantine", summary="Facts of assets that nobody knows", tags=["ledger"])
def read_quarantine(
    *, desk: OurDesk, caller: OurCaller, cursor: Cursor = None, limit: WaitingLimit = _WAITING
) -> QuarantinePage:
    """They are kept whole and not booked until somebody says what their codes mean."""
    return desk.proof.quarantined(caller, cursor=cursor, limit=limit)


@router.post("/ledger/assets", summary="Say what a venue's code means", tags=["ledger"])
def name_asset(wanted: NameAsset, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation) -> ReleasedShape:
    """Everything that waited for it is booked, each under the identity that it came with."""
    return desk.proof.name_asset(caller, wanted, correlation_id)
