"""How long a bar is, and where it begins and ends.

Bars of minutes and hours are aligned to UTC: they begin at multiples of their length since 1970. Days, weeks (from
Monday) and months follow the calendar of a time zone: a day on which the clocks change has 23 or 25 hours, in Lord
Howe 23.5 or 24.5. A day begins at the first instant that carries its date; bars touch each other and never overlap,
whatever the zone did. Bars of several days, weeks or months are counted from 1 January 1970, from Monday 5 January
1970, and from January 1970: `3M` are quarters, `6M` half years, `12M` years.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import EPOCH

_DAY = timedelta(days=1)


class Unit(StrEnum):
    """What lengths of bars are counted in."""

    MINUTE = "m"
    HOUR = "h"
    DAY = "d"
    WEEK = "w"
    MONTH = "M"


_UNIT_SPANS: Final = {
    Unit.MINUTE: timedelta(minutes=1),
    Unit.HOUR: timedelta(hours=1),
    Unit.DAY: _DAY,
    Unit.WEEK: timedelta(days=7),
    Unit.MONTH: timedelta(days=31),
}
_NUMBERS_MAX: Final[Mapping[Unit, int]] = {
    Unit.MINUTE: 1440,
    Unit.HOUR: 720,
    Unit.DAY: 366,
    Unit.WEEK: 52,
    Unit.MONTH: 120,
}
_CALENDAR: Final = frozenset({Unit.DAY, Unit.WEEK, Unit.MONTH})


class Resolution(StrEnum):
    """Lengths of bars that have a name of their own, as the API names them."""

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
        return self in _NAMED_CALENDAR

    @property
    def number(self) -> int:
        """How many of its unit."""
        return _LENGTHS[self].number

    @property
    def unit(self) -> Unit:
        """What it is counted in."""
        return _LENGTHS[self].unit


@dataclass(frozen=True, slots=True)
class BarLength:
    """Any other length of bars: `3m`, `8h`, `3d`, `2w`, `6M`."""

    number: int
    unit: Unit

    def __str__(self) -> str:
        return self.value

    @property
    def value(self) -> str:
        """As the API names it."""
        return f"{self.number}{self.unit}"

    @property
    def span(self) -> timedelta:
        """As for resolutions."""
        return self.number * _UNIT_SPANS[self.unit]

    @property
    def follows_calendar(self) -> bool:
        """As for resolutions."""
        return self.unit in _CALENDAR


AnyResolution = Resolution | BarLength
"""A length of bars, with or without a name."""

_LENGTHS: Final = {each: BarLength(int(each[:-1]), Unit(each[-1])) for each in Resolution}
_SPANS: Final = {each: length.span for each, length in _LENGTHS.items()}
_NAMED_CALENDAR: Final = frozenset(each for each, length in _LENGTHS.items() if length.follows_calendar)
_NAMED: Final = {length: each for each, length in _LENGTHS.items()}
_FIRST_DAY: Final = EPOCH.date()
_FIRST_MONDAY: Final = date(1970, 1, 5)
_ANY: Final = re.compile(r"([1-9][0-9]{0,3})([mhdwM])")

STORED: Final = (
    Resolution.MINUTE,
    Resolution.MINUTES_5,
    Resolution.MINUTES_15,
    Resolution.HOUR,
    Resolution.DAY,
    Resolution.MONTH,
)
"""What is stored, shortest first, all of it aligned to UTC; every other bar is made of these when it is read."""


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


def parse_length(text: str) -> AnyResolution:
    """The length of bars a text names; a named one where there is one: `60m` is `1h`, but `24h` is no calendar day.

    Raises:
        InvalidInput: It is not of the form `3m`, `8h`, `3d`, `2w` or `6M`, or too long.
    """
    found = _ANY.fullmatch(text)
    number, unit = (int(found[1]), Unit(found[2])) if found else (0, Unit.MINUTE)
    if not 1 <= number <= _NUMBERS_MAX[unit]:
        lengths = ", ".join(f"{most}{each}" for each, most in _NUMBERS_MAX.items())
        message = f"{text[:20]!r} is no length of bars such as 1m, 8h, 3d, 1w or 6M, at most {lengths}."
        raise InvalidInput("candles.resolution_unknown", message)
    if unit is Unit.MINUTE and number % 60 == 0:
        number, unit = number // 60, Unit.HOUR
    length = BarLength(number, unit)
    return _NAMED.get(length, length)


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


def bar_start(at: datetime, resolution: AnyResolution, zone: tzinfo = UTC) -> datetime:
    """Where the bar that holds the instant begins, in UTC."""
    if not resolution.follows_calendar:
        return at - (at - EPOCH) % resolution.span
    day = _date_of(at, zone)
    return first_instant(_period_start(day, resolution), zone)


def bar_end(start: datetime, resolution: AnyResolution, zone: tzinfo = UTC) -> datetime:
    """Where the bar that begins at `start` ends and the next begins, in UTC."""
    if not resolution.follows_calendar:
        return start + resolution.span
    day = _period_start(_date_of(start, zone), resolution)
    end = start
    while end <= start:  # a zone may have left a date out
        day = _next_period(day, resolution)
        end = first_instant(day, zone)
    return end


def starts_from(start: datetime, resolution: AnyResolution, zone: tzinfo = UTC) -> Iterator[datetime]:
    """Where this bar begins, and every one after it, without end."""
    yield start
    if not resolution.follows_calendar:
        span = resolution.span
        while True:
            start += span
            yield start
    day = _period_start(_date_of(start, zone), resolution)
    while True:
        day = _next_period(day, resolution)
        if (begins := first_instant(day, zone)) > start:  # a zone may have left a date out
            start = begins
            yield start


def starts_until(end: datetime, resolution: AnyResolution, zone: tzinfo = UTC) -> Iterator[datetime]:
    """Where the bar that ends here began, and every one before it, without end."""
    if not resolution.follows_calendar:
        span = resolution.span
        while True:
            end -= span
            yield end
    day = _period_start(_date_of(end, zone), resolution)
    is_day = resolution is Resolution.DAY  # a period of its own, whatever it is counted from
    while True:
        day = day - _DAY if is_day else _period_start(day - _DAY, resolution)
        if (begins := first_instant(day, zone)) < end:
            end = begins
            yield end


def _date_of(at: datetime, zone: tzinfo) -> date:
    """The local date whose bar holds the instant; when a clock is set back over midnight the later date stays."""
    day = at.astimezone(zone).date()
    following = day + _DAY
    return following if first_instant(following, zone) <= at else day


def _period_start(day: date, resolution: AnyResolution) -> date:
    number, unit = resolution.number, resolution.unit
    if unit is Unit.MONTH:
        month = (day.year - EPOCH.year) * 12 + day.month - 1
        return _first_of(month - month % number)
    first = _FIRST_MONDAY if unit is Unit.WEEK else _FIRST_DAY
    return day - (day - first) % (number * _UNIT_SPANS[unit])


def _next_period(day: date, resolution: AnyResolution) -> date:
    if resolution.unit is Unit.MONTH:
        return _first_of((day.year - EPOCH.year) * 12 + day.month - 1 + resolution.number)
    return day + resolution.span


def _first_of(month: int) -> date:
    """Of so many months after January 1970."""
    return date(EPOCH.year + month // 12, month % 12 + 1, 1)


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
