"""Days: a zone and a local date together, as half-open spans of instants.

A day begins at its zone's first instant of the date; where clocks are changed it lasts 23, 25 or another number of
hours, and a date that a zone left out is an empty span.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import require_utc


def day_of(at: datetime, zone: str) -> date:
    """The date in the zone at the instant.

    Raises:
        InvalidInput: `zone.unknown`, `instant.not_utc`.
    """
    return require_utc(at).astimezone(_zone(zone)).date()


def day_span(day: date, zone: str) -> tuple[datetime, datetime]:
    """From when, inclusive, until when, exclusive, the day lasts in the zone.

    Raises:
        InvalidInput: `zone.unknown`.
    """
    here = _zone(zone)
    return _start(day, here), _start(day + timedelta(days=1), here)


def _start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant at which the zone's clocks show the date, or a later one where they skipped it."""
    around = datetime.combine(day, time(), tzinfo=UTC)
    low, high = around - timedelta(hours=27), around + timedelta(hours=27)
    guess = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
    if guess.astimezone(zone).date() >= day and (guess - timedelta(microseconds=1)).astimezone(zone).date() < day:
        return guess
    while high - low > timedelta(microseconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).date() < day:
            low = middle
        else:
            high = middle
    return high


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput("zone.unknown", f"{name[:60]!r} is not a time zone.") from None
