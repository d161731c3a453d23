"""Quiet hours in the user's zone, throttling, digests."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.alerts.model import Category, Severity, Way
from nightdesk.alerts.preferences import Preferences, QuietHours, Throttle, zone_of
from nightdesk.kernel.errors import InvalidInput

NIGHT = QuietHours(begins=time(22), ends=time(7))
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2026-03-01T22:00+01:00", "2026-03-02T07:00+01:00"),
        ("2026-03-02T06:59+01:00", "2026-03-02T07:00+01:00"),
        ("2026-03-02T07:00+01:00", None),
        ("2026-03-02T21:59+01:00", None),
        ("2026-03-28T23:00+01:00", "2026-03-29T07:00+02:00"),  # the clock goes forward in this night
        ("2026-10-24T23:00+02:00", "2026-10-25T07:00+01:00"),  # and back in this one
    ],
)
def test_a_night_ends_in_the_morning_of_the_users_zone(now: str, ends: str | None) -> None:
    assert NIGHT.end_of(at(now), BERLIN) == (at(ends) if ends else None)


def test_quiet_hours_within_a_day() -> None:
    siesta = QuietHours(begins=time(13), ends=time(15))
    assert siesta.end_of(at("2026-03-01T14:00+01:00"), BERLIN) == at("2026-03-01T15:00+01:00")
    assert siesta.end_of(at("2026-03-01T15:00+01:00"), BERLIN) is None


def test_an_end_that_the_clock_leaves_out_is_not_in_the_past() -> None:
    skipped = QuietHours(begins=time(1), ends=time(2, 30))
    now = at("2026-03-29T01:59+01:00")
    end = skipped.end_of(now, BERLIN)
    assert end is not None
    assert now < end <= now + timedelta(hours=2)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - made aware below
    st.times(),
    st.times(),
    st.sampled_from(ZONES),
)
def test_quiet_hours_end_within_a_day_and_a_bit(now: datetime, begins: time, ends: time, zone: str) -> None:
    instant = now.replace(tzinfo=UTC)
    end = QuietHours(begins=begins, ends=ends).end_of(instant, ZoneInfo(zone))
    assert end is None or instant <= end <= instant + timedelta(hours=26)


def test_critical_alerts_never_wait() -> None:
    strict = Preferences(quiet=NIGHT, digest_up_to=Severity.WARNING, throttle=Throttle(0, 600))
    now = at("2026-03-01T23:00+00:00")
    assert strict.due(Severity.CRITICAL, now, 99, Category.RULE) == (Way.NOW, now)
    assert strict.due(Severity.WARNING, now, 99, Category.RULE) == (Way.QUIET, at("2026-03-02T07:00+00:00"))


def test_the_category_has_a_throttle_of_its_own() -> None:
    chosen = Preferences(throttles={Category.ORDER: Throttle(1, 30)})
    now = at("2026-03-01T12:00+00:00")
    assert chosen.due(Severity.WARNING, now, 1, Category.RULE)[0] is Way.NOW
    assert chosen.due(Severity.WARNING, now, 1, Category.ORDER) == (Way.THROTTLED, now + timedelta(seconds=30))


def test_a_digest_comes_at_full_spans() -> None:
    chosen = Preferences(digest_up_to=Severity.INFO, digest_every_min=60)
    way, due_at = chosen.due(Severity.INFO, at("2026-03-01T12:17:09+00:00"), 0, Category.RULE)
    assert (way, due_at) == (Way.DIGEST, at("2026-03-01T13:00+00:00"))


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "UTC\0"])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="no time zone"):
        zone_of(name)
