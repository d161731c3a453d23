"""Where bars begin and end."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nightdesk.candles.resolutions import (
    BarLength,
    Resolution,
    Unit,
    bar_end,
    bar_start,
    parse_length,
    parse_resolution,
    parse_zone,
)
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


@pytest.mark.parametrize(
    ("length", "zone", "start", "end"),
    [
        ("3m", "UTC", "2026-03-29T05:42:00Z", "2026-03-29T05:45:00Z"),
        ("8h", "America/New_York", "2026-03-29T00:00:00Z", "2026-03-29T08:00:00Z"),
        ("24h", "Asia/Kolkata", "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"),
        ("2d", "UTC", "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z"),  # 20,540 days after 1970
        ("3d", "Asia/Kolkata", "2026-03-28T18:30:00Z", "2026-03-31T18:30:00Z"),  # 20,541 days after 1970
        ("2w", "UTC", "2026-03-16T00:00:00Z", "2026-03-30T00:00:00Z"),  # 2,932 weeks after 5 January 1970
        ("3M", "Europe/Berlin", "2025-12-31T23:00:00Z", "2026-03-31T22:00:00Z"),
        ("6M", "America/New_York", "2026-01-01T05:00:00Z", "2026-07-01T04:00:00Z"),
        ("12M", "Australia/Lord_Howe", "2025-12-31T13:00:00Z", "2026-12-31T13:00:00Z"),
    ],
)
def test_bars_of_any_length_in_any_zone(length: str, zone: str, start: str, end: str) -> None:
    begins = bar_start(instant("2026-03-29T05:44:59.999Z"), parse_length(length), parse_zone(zone))
    assert (begins, bar_end(begins, parse_length(length), parse_zone(zone))) == (instant(start), instant(end))


def test_half_an_hour_of_summer_time() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    spans = {}
    for date in ("2026-04-04T18:00Z", "2026-10-03T18:00Z", "2026-06-15T00:00Z"):
        start = bar_start(instant(date), Resolution.DAY, zone)
        spans[start.astimezone(zone).date().isoformat()] = (bar_end(start, Resolution.DAY, zone) - start) / timedelta(
            hours=1
        )
    assert spans == {"2026-04-05": 24.5, "2026-10-04": 23.5, "2026-06-15": 24}


@pytest.mark.parametrize(
    "text", ["", "m", "0m", "01m", "1", "1y", "-3m", "3 m", "1441m", "721h", "367d", "53w", "121M"]
)
def test_refuses_lengths_that_nobody_means(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_length(text)
    assert refused.value.code == "candles.resolution_unknown"


def test_lengths_with_a_name_have_it() -> None:
    assert [parse_length(each.value) for each in Resolution] == list(Resolution)
    assert (parse_length("60m"), parse_length("240m")) == (Resolution.HOUR, Resolution.HOURS_4)
    assert str(parse_length("90m")) == "90m"
    assert parse_length("180m") == BarLength(3, Unit.HOUR)
    assert all(parse_length(f"{each.number}{each.unit}") is each for each in Resolution)
