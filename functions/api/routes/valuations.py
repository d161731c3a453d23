"""How the portfolio is valued, now and at any candle's close."""

from __future__ import annotations

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.valuations import ValuationShape

router = new_router()


@router.get("/portfolio/valuation", summary="How the portfolio is valued now", tags=["portfolio"])
def explain_value(desk: OurDesk, caller: OurCaller) -> ValuationShape:
    """Each asset's price with every venue behind it, their instants and deviations."""
    return desk.valuations.present(caller)


@router.get("/portfolio/valuations/<at>", summary="How the portfolio was valued", tags=["portfolio"])
def explain_past_value(at: str, desk: OurDesk, caller: OurCaller) -> ValuationShape:
    """At the close of the last 15-minute candle up to an instant, as it was kept beside the candle."""
    return desk.valuations.past(caller, at)
