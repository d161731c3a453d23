"""The ledger, in pages, and its verification."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import Desk, OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.ledger import EntryPage, VerificationShape
from nightdesk.contracts.api.present import page_shape, verification_shape
from nightdesk.identity.model import Caller
from nightdesk.kernel.assets import asset_id, parse_instrument
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.instants import parse_instant
from nightdesk.ledger.model import EntryFilter, EntryKind
from nightdesk.ledger.service import PAGE_LIMIT, PAGE_LIMIT_MAX

Text = Annotated[str | None, Query(min_length=1, max_length=100)]
From = Annotated[str | None, Query(alias="from", min_length=1, max_length=40, description="Inclusive, RFC 3339.")]
Until = Annotated[str | None, Query(alias="to", min_length=1, max_length=40, description="Exclusive, RFC 3339.")]
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
    cursor: Cursor = None,
    limit: Limit = PAGE_LIMIT,
) -> EntryPage:
    """A page; its `next_cursor` begins the next one, however much is recorded meanwhile."""
    caller.require("read", "Ledger")
    _require_own(desk, caller, account_id)
    wanted = EntryFilter(
        account_id=None if account_id is None else AccountId(account_id),
        asset=None if asset is None else asset_id(asset),
        kind=kind,
        instrument=None if instrument is None else parse_instrument(instrument),
        occurred_from=_instant(occurred_from),
        occurred_until=_instant(occurred_until),
    )
    return page_shape(desk.ledger.page(caller.tenant_id, wanted, cursor=cursor, limit=limit))


@router.get("/ledger/verify", summary="Check that nothing was altered", tags=["ledger"])
def verify_ledger(desk: OurDesk, caller: OurCaller, account_id: UUID | None = None) -> VerificationShape:
    """Read one account's chain, or all of them, from the start and check every hash."""
    caller.require("read", "Ledger")
    _require_own(desk, caller, account_id)
    reports = desk.ledger.verify(caller.tenant_id, None if account_id is None else AccountId(account_id))
    return verification_shape(reports, desk.clock.now())


def _require_own(desk: Desk, caller: Caller, account_id: UUID | None) -> None:
    """Pass if the tenant has the account, or had it: the ledger of a disconnected one stays readable."""
    if account_id is None:
        return
    wanted = EntryFilter(account_id=AccountId(account_id))
    if not desk.ledger.page(caller.tenant_id, wanted, limit=1).entries:
        desk.accounts.get(caller.tenant_id, AccountId(account_id))


def _instant(text: str | None) -> datetime | None:
    return None if text is None else parse_instant(text)
