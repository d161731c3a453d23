"""Of which stored bars a longer bar is made when it is read."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from nightdesk.adapters.postgres.candle_rolling import HALF_PAST_HOURS, LEVELS, Level, _stretches, levels
from nightdesk.candles.resolutions import Resolution, parse_length
from nightdesk.candles.rolling import Length
from nightdesk.candles.service import stored_resolution

ZONES = ("America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia")
MINUTES_15, HOUR, DAY = LEVELS[Resolution.MINUTES_15], LEVELS[Resolution.HOUR], LEVELS[Resolution.DAY]


def starts(length: str, zone: str, count: int = 400) -> list[datetime]:
    spans = Length(parse_length(length), ZoneInfo(zone))
    return spans.starts_from(spans.start(datetime(2011, 11, 1, tzinfo=UTC)), count, None)


def seconds(edges: list[datetime]) -> list[int]:
    return [int(at.timestamp()) for at in edges]


@pytest.mark.parametrize(
    ("length", "zone", "chosen"),
    [
        ("1d", "America/New_York", [HOUR]),
        ("1d", "Asia/Kolkata", [MINUTES_15, HOUR, HALF_PAST_HOURS]),
        ("1d", "Asia/Kathmandu", [MINUTES_15, HOUR]),
        ("1w", "America/New_York", [HOUR, DAY]),
        ("3M", "Australia/Lord_Howe", [MINUTES_15, HOUR, HALF_PAST_HOURS, DAY]),
        ("1w", "UTC", [DAY]),
        ("12h", "UTC", [HOUR]),
        ("1439m", "UTC", [LEVELS[Resolution.MINUTE]]),  # minutes may have been dropped where fives are kept
    ],
)
def test_long_bars_are_made_of_long_ones(length: str, zone: str, chosen: list[Level]) -> None:
    stored = stored_resolution(parse_length(length), UTC if zone == "UTC" else ZoneInfo(zone))
    assert levels(stored, starts(length, zone)) == chosen


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("length", ["1d", "3d", "1w", "1M"])
def test_stretches_fill_each_bar_and_touch(length: str, zone: str) -> None:
    edges = starts(length, zone)
    chosen = levels(stored_resolution(parse_length(length), ZoneInfo(zone)), edges)
    found: dict[int, list[tuple[int, int]]] = {}
    for level, stretches in _stretches(seconds(edges), chosen):
        for place, since, until in stretches:
            late = {(at - level.late_s) % level.span_s for at in (since, until)}
            assert level is chosen[0] or late == {0}
            found.setdefault(place, []).append((since, until))
    for place, (start, end) in enumerate(pairwise(edges)):
        parts = sorted(found[place])
        assert (parts[0][0], parts[-1][1]) == (start.timestamp(), end.timestamp())
        assert all(early[1] == late[0] for early, late in pairwise(parts))


def test_a_day_of_kolkata_is_made_of_hours_at_half_past_alone() -> None:
    edges = starts("1d", "Asia/Kolkata", 3)
    first, second, third, last = seconds(edges)
    (only,) = _stretches(seconds(edges), levels(Resolution.MINUTES_15, edges))
    assert only == (HALF_PAST_HOURS, [(0, first, second), (1, second, third), (2, third, last)])


def test_a_day_on_which_lord_howes_clocks_change_keeps_two_quarters_over() -> None:
    """They were set back by half an hour on 5 April 2026: the day began at 13:00 and ended at 13:30 of UTC."""
    edges = Length(parse_length("1d"), ZoneInfo("Australia/Lord_Howe")).starts_from(
        datetime(2026, 4, 4, 13, tzinfo=UTC), 2, None
    )
    first, second, last = seconds(edges)
    half = 1800
    assert second - first == 49 * half
    assert dict(_stretches(seconds(edges), levels(Resolution.MINUTES_15, edges))) == {
        HOUR: [(0, first, second - half)],
        HALF_PAST_HOURS: [(1, second, last)],
        MINUTES_15: [(0, second - half, second)],
    }


def test_bars_shorter_than_those_of_the_level_are_left_to_the_shorter() -> None:
    edges = [datetime(2026, 6, 1, 13, 30, tzinfo=UTC) + timedelta(minutes=15 * index) for index in range(5)]
    (only,) = _stretches(seconds(edges), [MINUTES_15, HOUR])
    assert only[0] is MINUTES_15
