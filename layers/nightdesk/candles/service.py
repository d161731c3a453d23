"""Reading bars of any resolution and zone from those that are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from nightdesk.candles.model import Candle, parse_series
from nightdesk.candles.ports import CandleReader, CandleReaders, Series
from nightdesk.candles.resolutions import STORED, AnyResolution, Resolution, Unit, bar_end, bar_start
from nightdesk.candles.rolling import BarSource, Length, RolledBars
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import InvalidInput, NotFound
from nightdesk.kernel.ids import TenantId

LIMIT_MAX = 5000
ROWS_MAX = 250_000
"""So many stored bars are rolled up for one page at most; pages of long bars of short ones are shorter for it."""

_FIXED = tuple(each for each in reversed(STORED) if each is not Resolution.MONTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleQuery:
    """Which bars.

    Attributes:
        since: The first page begins with the first bar that starts here or later; None asks for the newest bars.
        until: Only bars that start before it.
        limit: At most so many bars, 1 to 5000.
        zone: Whose days, weeks and months.
    """

    series: str
    resolution: AnyResolution
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 500
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class CandlePage:
    """Bars, oldest first.

    Attributes:
        unit: The asset that prices or values are in.
        next_from: Start of the first bar of the next page, when `since` was given and there is more.
    """

    series: str
    resolution: AnyResolution
    unit: AssetId
    candles: list[Candle]
    next_from: datetime | None


class CandleService:
    """Answers what charts ask."""

    def __init__(self, readers: CandleReaders) -> None:
        self._readers = readers

    def page(self, tenant_id: TenantId, query: CandleQuery) -> CandlePage:
        """A page of bars.

        Raises:
            InvalidInput: The name, the limit, the time range or the resolution can't be meant.
            NotFound: There is no such series, or it is another tenant's.
        """
        name = str(parse_series(query.series))
        if not 1 <= query.limit <= LIMIT_MAX:
            raise InvalidInput("candles.limit", f"The limit lies between 1 and {LIMIT_MAX}.")
        if query.since and query.until and query.since > query.until:
            raise InvalidInput("candles.range", "The range ends before it begins.")
        with self._readers(tenant_id) as reader:
            series = reader.series(name)
            if series is None:
                raise NotFound("candles.series_not_found", f"There is no series {name[:80]}.")
            candles, next_from = _read(reader, series, query)
        return CandlePage(
            series=name, resolution=query.resolution, unit=series.unit, candles=candles, next_from=next_from
        )


def stored_resolution(resolution: AnyResolution, zone: tzinfo) -> Resolution:
    """The stored resolution that the bars are made from: the longest whose bars fit into them."""
    if not resolution.follows_calendar:
        return next(each for each in _FIXED if resolution.span % each.span == timedelta(0))
    if zone is UTC:
        return Resolution.MONTH if resolution.unit is Unit.MONTH else Resolution.DAY
    return Resolution.HOUR if _keeps_hours(zone) else Resolution.MINUTES_15


def _read(reader: CandleReader, series: Series, query: CandleQuery) -> tuple[list[Candle], datetime | None]:
    stored = stored_resolution(query.resolution, query.zone)
    if stored.span < series.base.span:
        raise InvalidInput(
            "candles.resolution_unavailable",
            f"{series.name} has no bars under {series.base} of UTC, of which no {query.resolution} bars of "
            f"{query.zone} can be made.",
        )
    per_bar = _rows_per_bar(query.resolution, stored, query.zone)
    limit = min(query.limit, max(1, ROWS_MAX // per_bar - 1))
    made: BarSource = _Stored(reader, series, stored)
    if stored is not query.resolution:
        made = RolledBars(reader, series, stored, Length(query.resolution, query.zone))
    if query.since is None:
        return made.newest(_last_end(query), limit), None
    candles = made.oldest(_first_start(query.since, query), _last_end(query), limit + 1)
    return candles[:limit], candles[limit].at if len(candles) > limit else None


class _Stored:
    """Bars that are stored as they are asked for."""

    def __init__(self, reader: CandleReader, series: Series, stored: Resolution) -> None:
        self._reader = reader
        self._series = series
        self._stored = stored

    def newest(self, until: datetime | None, limit: int) -> list[Candle]:
        return self._reader.bars(self._series, self._stored, since=None, until=until, limit=limit)

    def oldest(self, since: datetime, until: datetime | None, limit: int) -> list[Candle]:
        return self._reader.bars(self._series, self._stored, since=since, until=until, limit=limit)


def _first_start(since: datetime, query: CandleQuery) -> datetime:
    start = bar_start(since, query.resolution, query.zone)
    return start if start == since else bar_end(start, query.resolution, query.zone)


def _last_end(query: CandleQuery) -> datetime | None:
    if query.until is None:
        return None
    start = bar_start(query.until, query.resolution, query.zone)
    return start if start == query.until else bar_end(start, query.resolution, query.zone)


def _rows_per_bar(resolution: AnyResolution, stored: Resolution, zone: tzinfo) -> int:
    longest = resolution.span
    if resolution.follows_calendar and zone is not UTC:
        longest += Resolution.DAY.span  # clocks set back make a period longer by hours, never by a day
    return -(-longest // stored.span)


@lru_cache(maxsize=1024)
def _keeps_hours(zone: tzinfo) -> bool:
    """Whether the zone's offsets are whole hours, summer and winter, in all the years that candles are kept for."""
    instants = (datetime(year, month, 1, tzinfo=zone) for year in range(2009, 2038) for month in (1, 4, 7, 10))
    return all((instant.utcoffset() or instant - instant).total_seconds() % 3600 == 0 for instant in instants)
