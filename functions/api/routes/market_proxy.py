"""Bars of any venue that ccxt reads, through the desk: browsers can't ask most venues themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api.desk import OurCaller, OurCorrelation, OurDesk
from functions.api.routing import new_router
from nightdesk.candles.proxying import BARS_MAX
from nightdesk.contracts.api.market_proxy import (
    ProxiedBarsShape,
    ProxiedVenuesShape,
    proxied_bars_shape,
    proxied_venues_shape,
)
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import from_ms, parse_instant

Venue = Annotated[str, Query(min_length=2, max_length=40, examples=["bitstamp"])]
Symbol = Annotated[str, Query(min_length=3, max_length=160, examples=["BTC/USD"])]
Resolution = Annotated[str, Query(min_length=2, max_length=3, examples=["1h"])]
From = Annotated[str | None, Query(alias="from", min_length=1, max_length=40, description="RFC 3339 or ms since 1970.")]
Until = Annotated[str | None, Query(alias="to", min_length=1, max_length=40, description="Exclusive, likewise.")]
Limit = Annotated[int, Query(ge=1, le=BARS_MAX)]

router = new_router()


@router.get("/market-proxy/venues", summary="Venues whose bars can be read", tags=["candles"])
def list_proxied_venues(caller: OurCaller) -> ProxiedVenuesShape:
    """Every venue that tells bars without a key, and the resolutions that may be asked for."""
    caller.require("read", "Candle")
    return proxied_venues_shape()


@router.get("/market-proxy/ohlcv", summary="Bars of any venue", tags=["candles"])
def read_proxied_bars(
    *,
    desk: OurDesk,
    caller: OurCaller,
    correlation_id: OurCorrelation,
    venue: Venue,
    symbol: Symbol,
    resolution: Resolution,
    since: From = None,
    until: Until = None,
    limit: Limit = 500,
) -> ProxiedBarsShape:
    """As the venue tells them now, kept for seconds; the first from `from` on, without it the newest before `to`."""
    caller.require("read", "Candle")
    told = desk.proxy.bars(
        venue,
        symbol,
        resolution,
        since=_instant(since),
        until=_instant(until),
        limit=limit,
        correlation_id=correlation_id,
    )
    return proxied_bars_shape(told)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    if not text.isdecimal():
        return parse_instant(text)
    try:
        return from_ms(int(text))
    except OverflowError:
        raise InvalidInput("instant.malformed", f"{text[:40]!r} is no instant.") from None
