"""Reference data: exchange rates, market capitalisations, highs, and how their sources are."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.reference import FxRatePage, MarketCapPage, MarketDayPage, PortfolioCapsShape, SourceList

Cursor = Annotated[str | None, Query(min_length=1, max_length=200)]
Limit = Annotated[int, Query(ge=1, le=1000)]

router = new_router()


@router.get("/fx-rates", summary="Exchange rates of currencies with their sources", tags=["markets"])
def list_fx_rates(*, desk: OurDesk, caller: OurCaller, cursor: Cursor = None, limit: Limit = 500) -> FxRatePage:
    """Units per dollar, by currency; where two sources know one they have to agree, or it says that they don't."""
    return desk.reference.fx_rates(caller, cursor=cursor, limit=limit)


@router.get("/market-caps", summary="The largest coins with their all-time highs", tags=["markets"])
def list_market_caps(*, desk: OurDesk, caller: OurCaller, cursor: Cursor = None, limit: Limit = 200) -> MarketCapPage:
    """By rank; those whose asset isn't proven say why."""
    return desk.reference.market_caps(caller, cursor=cursor, limit=limit)


@router.get("/market-days", summary="Markets' last days by stored bars", tags=["markets"])
def list_market_days(*, desk: OurDesk, caller: OurCaller, cursor: Cursor = None, limit: Limit = 500) -> MarketDayPage:
    """The opening price of the last 24 hours and the volume since, by series."""
    return desk.reference.market_days(caller, cursor=cursor, limit=limit)


@router.get("/reference-sources", summary="How sources of reference data are", tags=["markets"])
def list_sources(desk: OurDesk, caller: OurCaller) -> SourceList:
    """When each was asked, what it answered, and what that cost of its plan."""
    return desk.reference.sources(caller)


@router.get("/portfolio/market-caps", summary="Holdings by size and by potential", tags=["portfolio"])
def view_portfolio_caps(desk: OurDesk, caller: OurCaller) -> PortfolioCapsShape:
    """What is held, by market capitalisation and by how far prices are from their all-time highs."""
    return desk.reference.portfolio_caps(caller)
