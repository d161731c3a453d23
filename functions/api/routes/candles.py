"""Bars for charts: of markets, and of the caller's own portfolios."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurDesk
from functions.api.routing import new_router
from nightdesk.candles.resolutions import parse_length, parse_zone
from nightdesk.candles.service import LIMIT_MAX, CandleQuery
from nightdesk.contracts.api.candles import CandlePageShape, candle_page_shape
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import from_ms, parse_instant

Series = Annotated[str, Query(min_length=3, max_length=100, examples=["BINANCE:BTC/USDT"])]
From = Annotated[str | None, Query(alias="from", min_length=1, max_length=40, description="RFC 3339 or ms since 1970.")]
Until = Annotated[str | None, Query(alias="to", min_length=1, max_length=40, description="Exclusive, likewise.")]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
Resolution = Annotated[
    str,
    Query(
        pattern=r"^[1-9][0-9]{0,3}[mhdwM]$",
        description="Any number of minutes, hours, days, weeks or months.",
        examples=["1m", "15m", "8h", "1d", "3M"],
    ),
]
Zone = Annotated[str, Query(min_length=1, max_length=60, description="IANA zone of days, weeks and months.")]

router = new_router()


@router.get("/candles", summary="Bars of a series", tags=["candles"])
def read_candles(
    *,
    desk: OurDesk,
    caller: OurCaller,
    series: Series,
    resolution: Resolution,
    since: From = None,
    until: Until = None,
    limit: Limit = 500,
    time_zone: Zone = "UTC",
) -> CandlePageShape:
    """The first bars from `from` on; without it the newest before `to`. Times of bars are their starts."""
    caller.require("read", "Candle")
    query = CandleQuery(
        series=series,
        resolution=parse_length(resolution),
        since=_instant(since),
        until=_instant(until),
        limit=limit,
        zone=parse_zone(time_zone),
    )
    return candle_page_shape(desk.candles.page(caller.tenant_id, query))


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    if not text.isdecimal():
        return parse_instant(text)
    try:
        return from_ms(int(text))
    except OverflowError:
        raise InvalidInput("instant.malformed", f"{text[:40]!r} is no instant.") from None
