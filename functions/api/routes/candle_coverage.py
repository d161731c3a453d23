"""How much of the history of markets is stored, and asking for more."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.candles.coverage import CoverageState
from nightdesk.candles.coverage_desk import CoverageQuery
from nightdesk.contracts.api.coverage import AskCoverage, CoveragePage, CoverageShape, coverage_page, coverage_shape
from nightdesk.kernel.instants import parse_instant

Series = Annotated[str | None, Query(min_length=3, max_length=100, examples=["BINANCE:BTC/USDT"])]
Venue = Annotated[str | None, Query(pattern="^[a-z0-9]{2,40}$", examples=["binance"])]
Cursor = Annotated[str | None, Query(min_length=1, max_length=100)]
Limit = Annotated[int, Query(ge=1, le=200)]

router = new_router()


@router.get("/candle-coverage", summary="How much history is stored", tags=["candles"])
def list_coverage(
    *,
    desk: OurDesk,
    caller: OurCaller,
    series: Series = None,
    venue: Venue = None,
    state: CoverageState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CoveragePage:
    """By name: from when on, how many minutes of how many, what is missing and why, and how long the rest takes."""
    caller.require("read", "Candle")
    query = CoverageQuery(series=series, venue=venue, state=state, after=cursor, limit=limit)
    return coverage_page(desk.coverage.page(caller.tenant_id, query))


@router.post("/candle-coverage", summary="Ask for a history", tags=["candles"], status_code=HTTPStatus.ACCEPTED)
def ask_for_coverage(wanted: AskCoverage, desk: OurDesk, caller: OurCaller) -> CoverageShape:
    """Minutes are fetched behind everything else, and kept whole from then on; asking again only widens."""
    caller.require("create", "Import")
    since = None if wanted.since is None else parse_instant(wanted.since)
    return coverage_shape(desk.coverage.ask(caller.tenant_id, wanted.series, since))
