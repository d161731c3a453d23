"""What the ledger says beside what venues report."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.accounts.reconciliation_view import CheckFilter
from nightdesk.contracts.api.books import AssetText, ReconciliationPage, UncertaintyShape
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId

router = new_router()


@router.get("/reconciliation", summary="Derived beside reported balances", tags=["inbox"])
def list_checks(
    *,
    desk: OurDesk,
    caller: OurCaller,
    account_id: UUID | None = None,
    asset: Annotated[AssetText | None, Query()] = None,
    differences: bool = False,
    cursor: Annotated[str | None, Query(min_length=1, max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> ReconciliationPage:
    """By account, asset and wallet, with age, difference, and since when until when each is proven."""
    wanted = CheckFilter(
        account_id=None if account_id is None else AccountId(account_id),
        asset=None if asset is None else AssetId(asset),
        differing=differences,
    )
    return desk.books.reconciliation(caller, wanted, cursor=cursor, limit=limit)


@router.get("/portfolio/uncertainty", summary="Totals as intervals", tags=["portfolio"])
def view_uncertainty(desk: OurDesk, caller: OurCaller) -> UncertaintyShape:
    """The least and the most that value and realised PnL can be while doubts are open, and which doubts those are."""
    return desk.books.uncertainty(caller)
