"""Minutes of a calendar: schedules and active hours in a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from nightdesk.rules.model import ActiveHours, Schedule

MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_DAYS_SEARCHED: Final = 366 * 8 + 3
"""A 29th of February on a weekday may be 28 years off; such a schedule is looked for again later."""


def next_after(schedule: Schedule, instant: datetime) -> datetime:
    """The first minute later than the instant that the schedule names, in UTC.

    When there is none within eight years, the end of these: it is no named minute, only where to look again.
    """
    zone = ZoneInfo(schedule.zone)
    start = instant.replace(second=0, microsecond=0) + MINUTE
    day = start.astimezone(zone).date()
    for _ in range(_DAYS_SEARCHED):
        if _names_day(schedule, day):
            found = _first_on(schedule, max(start, _begin(day, zone)), day, zone)
            if found is not None:
                return found
        day += _DAY
    return _begin(day, zone)


def names(schedule: Schedule, minute: datetime) -> bool:
    """Whether the schedule names this minute."""
    local = minute.astimezone(ZoneInfo(schedule.zone))
    return _names_day(schedule, local.date()) and _names_minute(schedule, local)


def is_active(hours: ActiveHours, instant: datetime) -> bool:
    """Whether the instant is within the hours."""
    local = instant.astimezone(ZoneInfo(hours.zone))
    day, now = local.date(), local.time()
    if hours.begin < hours.end:
        return hours.begin <= now < hours.end and _on(hours, day)
    return (now >= hours.begin and _on(hours, day)) or (now < hours.end and _on(hours, day - _DAY))


def _on(hours: ActiveHours, day: date) -> bool:
    return not hours.weekdays or day.isoweekday() in hours.weekdays


def _names_day(schedule: Schedule, day: date) -> bool:
    return (
        (not schedule.days or day.day in schedule.days)
        and (not schedule.months or day.month in schedule.months)
        and (not schedule.weekdays or day.isoweekday() in schedule.weekdays)
    )


def _names_minute(schedule: Schedule, local: datetime) -> bool:
    return (not schedule.hours or local.hour in schedule.hours) and (
        not schedule.minutes or local.minute in schedule.minutes
    )


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _first_on(schedule: Schedule, start: datetime, day: date, zone: ZoneInfo) -> datetime | None:
    minute = start
    while (local := minute.astimezone(zone)).date() <= day:
        if local.date() == day and _names_minute(schedule, local):
            return minute
        minute += MINUTE
    return None
