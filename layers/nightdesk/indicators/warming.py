"""Reads from the store what a line begins from."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from nightdesk.candles.model import Candle, SeriesName
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import LIMIT_MAX, CandleQuery, CandleService
from nightdesk.indicators.analyser import Wanted, base_resolution
from nightdesk.indicators.line import Stored
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import EPOCH


def stored_for(wanted: Wanted, candles: CandleService, tenant_id: TenantId) -> dict[SeriesName, Stored]:
    """What is stored of the line's series, as the tenant may see it; nothing of a series that is not there yet."""
    return {name: _stored(name, wanted, candles, tenant_id) for name in wanted.key.series}


def read_bars(candles: CandleService, tenant_id: TenantId, query: CandleQuery) -> list[Candle]:
    """Every bar that the query asks for, page after page; from the very first if it does not say since when.

    Raises:
        InvalidInput: The series has no bars of this resolution.
        NotFound: There is no such series, or it is another tenant's.
    """
    found: list[Candle] = []
    since: datetime | None = query.since or EPOCH
    while since is not None:
        page = candles.page(tenant_id, replace(query, since=since, limit=LIMIT_MAX))
        found += page.candles
        since = page.next_from
    return found


def _stored(name: SeriesName, wanted: Wanted, candles: CandleService, tenant_id: TenantId) -> Stored:
    try:
        bars = read_bars(candles, tenant_id, _query(name, wanted.key.resolution, wanted.since))
        base = base_resolution(name)
        if wanted.key.resolution is base or not bars:
            return Stored(bars, ())
        # The last longer bar may not have ended: it comes again from its parts.
        return Stored(bars[:-1], read_bars(candles, tenant_id, _query(name, base, bars[-1].at)))
    except NotFound:
        return Stored((), ())


def _query(name: SeriesName, resolution: Resolution, since: datetime | None) -> CandleQuery:
    return CandleQuery(series=str(name), resolution=resolution, since=since)
