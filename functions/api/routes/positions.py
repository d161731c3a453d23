"""Contracts that accounts hold."""

from __future__ import annotations

from uuid import UUID

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.positions import PositionList, position_shape
from nightdesk.kernel.ids import AccountId

router = new_router()


@router.get("/positions", summary="Open contracts", tags=["portfolio"])
def list_positions(desk: OurDesk, caller: OurCaller) -> PositionList:
    """Of every account, as its venue reported them last; what they would bring counts in the portfolio's value."""
    caller.require("read", "Portfolio")
    return PositionList(items=[position_shape(each) for each in desk.positions.of_tenant(caller.tenant_id)])


@router.get("/accounts/<account_id>/positions", summary="Open contracts of an account", tags=["accounts"])
def list_account_positions(account_id: UUID, desk: OurDesk, caller: OurCaller) -> PositionList:
    """As the venue reported them last, by contract; an account without futures has none."""
    caller.require("read", "Account")
    found = desk.positions.of_account(caller.tenant_id, AccountId(account_id))
    return PositionList(items=[position_shape(position) for position in found])
