"""Row 14: days belong to a zone, are half open, and last 23 to 25 hours where clocks are changed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.kernel.days import day_of, day_span
from nightdesk.kernel.errors import InvalidInput

ZONES = sorted(name for name in available_timezones() if not name.startswith(("posix/", "right/")) and "/" in name)
DAYS = st.dates(date(1990, 1, 1), date(2037, 12, 31))
INSTANTS = st.datetimes(datetime(1990, 1, 2), datetime(2037, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.sampled_from(ZONES), INSTANTS)
def test_every_instant_lies_in_exactly_its_day(zone: str, at: datetime) -> None:
    day = day_of(at, zone)
    start, end = day_span(day, zone)
    assert start <= at < end
    assert day_span(day + timedelta(days=1), zone)[0] == end


@given(st.sampled_from(ZONES), DAYS)
def test_days_follow_one_another_without_gap_or_overlap(zone: str, day: date) -> None:
    start, end = day_span(day, zone)
    assert end == day_span(day + timedelta(days=1), zone)[0]
    assert timedelta(0) <= end - start <= timedelta(hours=48)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("UTC", date(2026, 3, 29), 24),
    ],
)
def test_a_day_of_changed_clocks_is_as_long_as_it_was(zone: str, day: date, hours: float) -> None:
    start, end = day_span(day, zone)
    assert (end - start) / timedelta(hours=1) == hours


def test_a_users_new_zone_leaves_the_days_that_were() -> None:
    """A day is its zone and its date together: both stay, whatever zone is looked at next."""
    at = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
    berlin, tokyo = day_of(at, "Europe/Berlin"), day_of(at, "Asia/Tokyo")
    assert (berlin, tokyo) == (date(2026, 6, 2), date(2026, 6, 2))
    assert day_of(at, "America/New_York") == date(2026, 6, 1)
    assert day_span(berlin, "Europe/Berlin") != day_span(berlin, "Asia/Tokyo")
    assert day_span(berlin, "Europe/Berlin")[0].astimezone(ZoneInfo("Europe/Berlin")).hour == 0


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_a_zone_that_nobody_knows_is_refused(zone: str) -> None:
    with pytest.raises(InvalidInput):
        day_span(date(2026, 1, 1), zone)
