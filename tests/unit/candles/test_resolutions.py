"""Where bars begin and end."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nightdesk.candles.resolutions import Resolution, bar_end, bar_start, parse_resolution, parse_zone
from nightdesk.kernel.errors import InvalidInput

BERLIN = ZoneInfo("Europe/Berlin")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("resolution", "start"),
    [
        ("1m", "2026-03-29T05:44:00Z"),
        ("5m", "2026-03-29T05:40:00Z"),
        ("15m", "2026-03-29T05:30:00Z"),
        ("30m", "2026-03-29T05:30:00Z"),
        ("1h", "2026-03-29T05:00:00Z"),
        ("4h", "2026-03-29T04:00:00Z"),
        ("1d", "2026-03-29T00:00:00Z"),
        ("1w", "2026-03-23T00:00:00Z"),
        ("1M", "2026-03-01T00:00:00Z"),
    ],
)
def test_bars_in_utc_begin_where_clocks_say(resolution: str, start: str) -> None:
    assert bar_start(instant("2026-03-29T05:44:59.999Z"), parse_resolution(resolution)) == instant(start)


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29T12:00Z", 23), ("2026-10-25T12:00Z", 25), ("2026-06-01T12:00Z", 24)]
)
def test_days_follow_summer_time(day: str, hours: int) -> None:
    start = bar_start(instant(day), Resolution.DAY, BERLIN)
    assert start.astimezone(BERLIN).hour == 0
    assert bar_end(start, Resolution.DAY, BERLIN) - start == timedelta(hours=hours)


def test_week_and_month_over_a_change_of_clocks() -> None:
    week = bar_start(instant("2026-03-29T12:00Z"), Resolution.WEEK, BERLIN)
    assert (week, bar_end(week, Resolution.WEEK, BERLIN)) == (
        instant("2026-03-22T23:00Z"),
        instant("2026-03-29T22:00Z"),
    )
    month = bar_start(instant("2026-03-29T12:00Z"), Resolution.MONTH, BERLIN)
    end = bar_end(month, Resolution.MONTH, BERLIN)
    assert (month, end) == (instant("2026-02-28T23:00Z"), instant("2026-03-31T22:00Z"))


def test_a_day_whose_midnight_is_skipped_begins_with_its_first_instant() -> None:
    start = bar_start(instant("2018-11-04T12:00Z"), Resolution.DAY, ZoneInfo("America/Sao_Paulo"))
    assert start == instant("2018-11-04T03:00Z")  # 01:00 local: there was no 00:00


def test_a_date_that_a_zone_left_out_has_no_bar() -> None:
    apia = ZoneInfo("Pacific/Apia")
    start = bar_start(instant("2011-12-29T20:00Z"), Resolution.DAY, apia)
    assert bar_end(start, Resolution.DAY, apia).astimezone(apia).date().isoformat() == "2011-12-31"


@pytest.mark.parametrize("text", ["", "1x", "1D", "60"])
def test_refuses_unknown_resolutions(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_resolution(text)


@pytest.mark.parametrize("text", ["", "Nowhere", "../etc/passwd", "Europe", "\x00"])
def test_refuses_unknown_zones(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_zone(text)
