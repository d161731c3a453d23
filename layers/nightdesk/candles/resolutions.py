"""How long a bar is, and where it begins and ends.

Bars from a minute to four hours are aligned to UTC. Days, weeks (from Monday) and months follow the calendar of
a time zone: a day on which the clocks change has 23 or 25 hours. A day begins at the first instant that carries
its date; bars touch each other and never overlap, whatever the zone did.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import EPOCH

_DAY = timedelta(days=1)


class Resolution(StrEnum):
    """Length of a bar, as the API names it."""

    MINUTE = "1m"
    MINUTES_5 = "5m"
    MINUTES_15 = "15m"
    MINUTES_30 = "30m"
    HOUR = "1h"
    HOURS_4 = "4h"
    DAY = "1d"
    WEEK = "1w"
    MONTH = "1M"

    @property
    def span(self) -> timedelta:
        """The bar's length; for months, and for days and weeks of a zone with summer time, the longest."""
        return _SPANS[self]

    @property
    def follows_calendar(self) -> bool:
        """Whether bars begin at local midnights rather than at multiples of a span since 1970."""
        return self in {Resolution.DAY, Resolution.WEEK, Resolution.MONTH}


_SPANS = {
    Resolution.MINUTE: timedelta(minutes=1),
    Resolution.MINUTES_5: timedelta(minutes=5),
    Resolution.MINUTES_15: timedelta(minutes=15),
    Resolution.MINUTES_30: timedelta(minutes=30),
    Resolution.HOUR: timedelta(hours=1),
    Resolution.HOURS_4: timedelta(hours=4),
    Resolution.DAY: timedelta(days=1),
    Resolution.WEEK: timedelta(days=7),
    Resolution.MONTH: timedelta(days=31),
}


def parse_resolution(text: str) -> Resolution:
    """The resolution a text names.

    Raises:
        InvalidInput: There is none of this name.
    """
    try:
        return Resolution(text)
    except ValueError:
        names = ", ".join(Resolution)
        raise InvalidInput("candles.resolution_unknown", f"{text[:20]!r} is none of {names}.") from None


def parse_zone(text: str) -> tzinfo:
    """The IANA time zone a text names.

    Raises:
        InvalidInput: There is none of this name.
    """
    if text == "UTC":
        return UTC
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput("candles.zone_unknown", f"{text[:60]!r} is not an IANA time zone.") from None


def bar_start(at: datetime, resolution: Resolution, zone: tzinfo = UTC) -> datetime:
    """Where the bar that holds the instant begins, in UTC."""
    if not resolution.follows_calendar:
        return at - (at - EPOCH) % resolution.span
    day = _date_of(at, zone)
    return first_instant(_period_start(day, resolution), zone)


def bar_end(start: datetime, resolution: Resolution, zone: tzinfo = UTC) -> datetime:
    """Where the bar that begins at `start` ends and the next begins, in UTC."""
    if not resolution.follows_calendar:
        return start + resolution.span
    day = _period_start(_date_of(start, zone), resolution)
    end = start
    while end <= start:  # a zone may have left a date out
        day = _next_period(day, resolution)
        end = first_instant(day, zone)
    return end


def _date_of(at: datetime, zone: tzinfo) -> date:
    """The local date whose bar holds the instant; when a clock is set back over midnight the later date stays."""
    day = at.astimezone(zone).date()
    following = day + _DAY
    return following if first_instant(following, zone) <= at else day


def _period_start(day: date, resolution: Resolution) -> date:
    if resolution is Resolution.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if resolution is Resolution.MONTH else day


def _next_period(day: date, resolution: Resolution) -> date:
    if resolution is Resolution.MONTH:
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + (timedelta(days=7) if resolution is Resolution.WEEK else _DAY)


@lru_cache(maxsize=65536)
def first_instant(day: date, zone: tzinfo) -> datetime:
    """The first instant, in UTC, at which the zone's calendar shows the date or a later one."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    if midnight.astimezone(zone).replace(tzinfo=None) == datetime(day.year, day.month, day.day):  # noqa: DTZ001
        return midnight
    return _first_second_from(midnight - _DAY, midnight, day, zone)


def _first_second_from(early: datetime, late: datetime, day: date, zone: tzinfo) -> datetime:
    """Midnight was skipped: find the change of clocks between an instant before the date and one in it."""
    seconds, limit = 0, int((late - early).total_seconds())
    while seconds < limit:
        middle = (seconds + limit) // 2
        if (early + timedelta(seconds=middle)).astimezone(zone).date() >= day:
            limit = middle
        else:
            seconds = middle + 1
    return early + timedelta(seconds=seconds)
