from __future__ import annotations

from datetime import UTC, datetime, time

from nightdesk.rules.model import ActiveHours, Schedule
from nightdesk.rules.schedule import is_active, names, next_after

DAILY = Schedule(minutes=frozenset({30}), hours=frozenset({2}), zone="Europe/Berlin")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_the_next_minute_is_later_than_the_instant() -> None:
    every = Schedule()
    assert next_after(every, utc(2026, 1, 5, 12, 0, 0)) == utc(2026, 1, 5, 12, 1)
    assert next_after(every, utc(2026, 1, 5, 12, 0, 59)) == utc(2026, 1, 5, 12, 1)


def test_a_local_time_follows_its_zone() -> None:
    assert next_after(DAILY, utc(2026, 1, 5)) == utc(2026, 1, 5, 1, 30)
    assert next_after(DAILY, utc(2026, 7, 5)) == utc(2026, 7, 5, 0, 30)


def test_a_minute_that_a_change_of_clocks_leaves_out_never_comes() -> None:
    assert next_after(DAILY, utc(2026, 3, 28, 12)) == utc(2026, 3, 30, 0, 30)


def test_a_minute_that_comes_twice_counts_twice() -> None:
    first = next_after(DAILY, utc(2026, 10, 24, 12))
    assert first == utc(2026, 10, 25, 0, 30)
    assert next_after(DAILY, first) == utc(2026, 10, 25, 1, 30)


def test_days_weekdays_and_months_must_all_fit() -> None:
    mondays = Schedule(minutes=frozenset({0}), hours=frozenset({9}), weekdays=frozenset({1}))
    assert next_after(mondays, utc(2026, 1, 5, 9)) == utc(2026, 1, 12, 9)
    payday = Schedule(
        minutes=frozenset({0}), hours=frozenset({0}), days=frozenset({25}), months=frozenset({6}), zone="UTC"
    )
    assert next_after(payday, utc(2026, 7, 1)) == utc(2027, 6, 25)


def test_a_day_that_never_comes_is_no_named_minute() -> None:
    never = Schedule(days=frozenset({31}), months=frozenset({2}))
    again = next_after(never, utc(2026, 1, 1))
    assert again > utc(2033, 12, 1)
    assert not names(never, again)
    assert names(DAILY, utc(2026, 1, 5, 1, 30))


def test_hours_may_run_over_midnight() -> None:
    night = ActiveHours(begin=time(22), end=time(6), zone="Europe/Berlin", weekdays=frozenset({5}))
    assert is_active(night, utc(2026, 1, 9, 21))
    assert is_active(night, utc(2026, 1, 10, 4, 59))
    assert not is_active(night, utc(2026, 1, 10, 5))
    assert not is_active(night, utc(2026, 1, 10, 21))
    assert not is_active(night, utc(2026, 1, 9, 4))


def test_hours_of_a_day() -> None:
    day = ActiveHours(begin=time(9), end=time(17), zone="UTC")
    assert is_active(day, utc(2026, 1, 9, 9))
    assert not is_active(day, utc(2026, 1, 9, 17))
