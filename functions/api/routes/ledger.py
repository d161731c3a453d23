"""The ledger, in pages, and its verification."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.answers import EntryQuery
from nightdesk.contracts.api.ledger import EntryPage, VerificationShape
from nightdesk.ledger.model import EntryKind
from nightdesk.ledger.service import PAGE_LIMIT, PAGE_LIMIT_MAX

Text = Annotated[str | None, Query(min_length=1, max_length=100)]
From = Annotated[str | None, Query(alias="from", min_length=1, max_length=40, description="Inclusive, RFC 3339.")]
Until = Annotated[str | None, Query(alias="to", min_length=1, max_length=40, description="Exclusive, RFC 3339.")]
KnownOn = Annotated[
    str | None,
    Query(min_length=1, max_length=40, description="The ledger as it was known then, RFC 3339; a minute ago or older."),
]
Cursor = Annotated[str | None, Query(min_length=1, max_length=400)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]

router = new_router()


@router.get("/ledger", summary="Entries, newest first", tags=["ledger"])
def read_ledger(
    *,
    desk: OurDesk,
    caller: OurCaller,
    account_id: UUID | None = None,
    asset: Text = None,
    kind: EntryKind | None = None,
    instrument: Text = None,
    occurred_from: From = None,
    occurred_until: Until = None,
    known_on: KnownOn = None,
    cursor: Cursor = None,
    limit: Limit = PAGE_LIMIT,
) -> EntryPage:
    """A page; its `next_cursor` begins the next one, however much is recorded meanwhile."""
    query = EntryQuery(
        account_id=account_id,
        asset=asset,
        kind=kind,
        instrument=instrument,
        occurred_from=occurred_from,
        occurred_until=occurred_until,
        known_on=known_on,
    )
    return desk.answers.entries(caller, query, cursor=cursor, limit=limit)


@router.get("/ledger/verify", summary="Check that nothing was altered", tags=["ledger"])
def verify_ledger(desk: OurDesk, caller: OurCaller, account_id: UUID | None = None) -> VerificationShape:
    """Read one account's chain, or all of them, from the start and check every hash."""
    return desk.answers.verification(caller, account_id)
