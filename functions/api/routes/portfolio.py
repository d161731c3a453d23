"""What is held, and what it is worth."""

from __future__ import annotations

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.portfolio import PortfolioShape

router = new_router()


@router.get("/portfolio", summary="Holdings at the last known prices", tags=["portfolio"])
def view_portfolio(desk: OurDesk, caller: OurCaller) -> PortfolioShape:
    """In total, by account, by asset and by holding; each figure beside its age."""
    return desk.answers.portfolio_view(caller)
