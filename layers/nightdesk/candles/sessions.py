"""When a market is open: crypto always, currencies from Sunday 17:00 to Friday 17:00 in New York.

Source: recorded minutes of EUR/USD and GBP/USD keep to it, but for two holidays (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from nightdesk.candles.gaps import Gap
from nightdesk.kernel.assets import Instrument, VenueId

FOREX: Final = VenueId("fx")
"""Series of currencies are named `FX:EUR/USD`, wherever their bars came from."""

_NEW_YORK: Final = ZoneInfo("America/New_York")
_TURN: Final = time(17)
_FRIDAY: Final = 4
_CLOSED_DAYS: Final = timedelta(days=2)
_WEEK: Final = timedelta(days=7)


def open_parts(instrument: Instrument, gap: Gap) -> list[Gap]:
    """Those parts of a gap in which the market was open: what is truly missing."""
    if instrument.venue != FOREX:
        return [gap]
    parts, since = [], gap.since
    for closes, opens in _weekends(gap):
        if since < min(closes, gap.until):
            parts.append(Gap(since, min(closes, gap.until)))
        since = max(since, opens)
    if since < gap.until:
        parts.append(Gap(since, gap.until))
    return parts


def _weekends(gap: Gap) -> Iterator[tuple[datetime, datetime]]:
    """Each weekend from the one before the gap on: when it begins and when it is over."""
    day = gap.since.astimezone(_NEW_YORK).date() - _WEEK
    friday = day + timedelta(days=(_FRIDAY - day.weekday()) % 7)
    while _turn(friday) < gap.until:
        yield _turn(friday), _turn(friday + _CLOSED_DAYS)
        friday += _WEEK


def _turn(day: date) -> datetime:
    return datetime.combine(day, _TURN, _NEW_YORK).astimezone(UTC)
