"""How politely venues are asked: budgets, bans, waits, hit rates."""

from __future__ import annotations

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.balancer.tables import VENUES
from nightdesk.contracts.api.balancer import BudgetList, budget_shape

router = new_router()


@router.get("/balancer", summary="Budgets at venues, bans, waits and hit rates", tags=["balancer"])
def show_budgets(desk: OurDesk, caller: OurCaller) -> BudgetList:
    """One budget for the whole desk, so it is the same for every tenant; no tenant or key is named."""
    caller.require("read", "balancer")
    return BudgetList(items=[budget_shape(desk.budgets.status(venue)) for venue in VENUES])
