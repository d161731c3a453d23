"""Which prices were refused, and how each market stands."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.market_quality import CauseText, MarketQualityPage, RefusedList, StateText
from nightdesk.kernel.assets import VenueId
from nightdesk.markets.quality import Cause
from nightdesk.markets.quality_ports import SLOTS, QualityFilter
from nightdesk.markets.quality_watch import State

router = new_router()


@router.get("/market-quality", summary="How good venues' prices are", tags=["markets"])
def list_market_quality(
    *,
    desk: OurDesk,
    caller: OurCaller,
    venue: Annotated[str | None, Query(min_length=1, max_length=40)] = None,
    symbol: Annotated[str | None, Query(min_length=1, max_length=81)] = None,
    state: Annotated[StateText | None, Query()] = None,
    cause: Annotated[CauseText | None, Query()] = None,
    refused: bool = False,
    hours: Annotated[int, Query(ge=1, le=720)] = 24,
    cursor: Annotated[str | None, Query(min_length=1, max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> MarketQualityPage:
    """By venue and symbol: state, deviation from the median of other venues, what was refused and why."""
    wanted = QualityFilter(
        venue=None if venue is None else VenueId(venue.lower()),
        symbol=symbol,
        state=None if state is None else State(state),
        cause=None if cause is None else Cause(cause),
        refused=refused,
    )
    return desk.quality.page(caller, wanted, hours=hours, cursor=cursor, limit=limit)


@router.get("/market-quality/refused", summary="Prices of a market that were refused", tags=["markets"])
def list_refused(
    *,
    desk: OurDesk,
    caller: OurCaller,
    market: Annotated[str, Query(min_length=3, max_length=160)],
    cause: Annotated[CauseText | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 10 * SLOTS,
) -> RefusedList:
    """The newest first, as they were told; of `BINANCE:BTC/USDT`, say. The last twenty of each cause are kept."""
    return desk.quality.samples(caller, market, None if cause is None else Cause(cause), limit)
