"""Which ranges a history is cut into, and how long minutes are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.candles.coverage import (
    Coverage,
    CoverageState,
    Priority,
    minute_from,
    months_between,
    settled_day,
    spans_to_plan,
)
from nightdesk.candles.keeping import KeepPolicy
from nightdesk.candles.model import EARLIEST
from nightdesk.kernel.assets import parse_instrument


def day(month: int, of: int, hour: int = 0) -> datetime:
    return datetime(2026, month, of, hour, tzinfo=UTC)


def coverage(
    *,
    listed_at: datetime | None = None,
    wanted_from: datetime | None = None,
    planned: tuple[datetime, datetime] | None = None,
) -> Coverage:
    return Coverage(
        instrument=parse_instrument("BINANCE:BTC/USDT"),
        priority=Priority.HELD,
        state=CoverageState.FILLING,
        listed_at=listed_at,
        wanted_from=wanted_from,
        planned_from=planned[0] if planned else None,
        planned_until=planned[1] if planned else None,
    )


def test_a_history_is_cut_where_months_begin() -> None:
    spans = months_between(day(1, 30), day(3, 2))
    assert [(each.since, each.until) for each in spans] == [
        (day(1, 30), day(2, 1)),
        (day(2, 1), day(3, 1)),
        (day(3, 1), day(3, 2)),
    ]
    assert months_between(day(3, 2), day(3, 2)) == []


@given(
    st.datetimes(datetime(2010, 1, 1), datetime(2026, 1, 1)),  # noqa: DTZ001 - the zone is put in below
    st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_pieces_touch_and_lie_in_one_month_each(since: datetime, length: timedelta) -> None:
    start = minute_from(since.replace(tzinfo=UTC))
    spans = months_between(start, start + length)
    edges = [start, *(each.until for each in spans)]
    assert [each.since for each in spans] == edges[:-1]
    assert edges[-1] == (start + length if spans else start)
    last = [each.until - timedelta(microseconds=1) for each in spans]
    assert [(each.since.year, each.since.month) for each in spans] == [(at.year, at.month) for at in last]


def planned(known: Coverage, kept_from: datetime = EARLIEST) -> list[tuple[datetime, datetime]]:
    return [(each.since, each.until) for each in spans_to_plan(known, kept_from=kept_from, settled=day(3, 10))]


def test_ranges_begin_with_the_listing_the_wish_or_what_is_kept() -> None:
    listed = datetime(2026, 3, 1, 7, 30, 20, tzinfo=UTC)
    assert planned(coverage(listed_at=listed)) == [(datetime(2026, 3, 1, 7, 31, tzinfo=UTC), day(3, 10))]
    assert planned(coverage(listed_at=listed, wanted_from=day(3, 4))) == [(day(3, 4), day(3, 10))]
    assert planned(coverage(listed_at=listed, wanted_from=day(3, 4)), day(3, 6)) == [(day(3, 6), day(3, 10))]
    assert planned(coverage()) == []


def test_a_planned_history_is_only_extended_at_its_ends() -> None:
    known = coverage(listed_at=day(2, 25), planned=(day(3, 2), day(3, 9)))
    assert planned(known) == [(day(2, 25), day(3, 1)), (day(3, 1), day(3, 2)), (day(3, 9), day(3, 10))]
    assert planned(coverage(listed_at=day(2, 25), planned=(day(2, 25), day(3, 10)))) == []


def test_a_market_listed_today_waits_for_its_first_day() -> None:
    assert planned(coverage(listed_at=day(3, 10, 5))) == []
    assert planned(coverage(listed_at=day(3, 9, 5), planned=(day(3, 9), day(3, 9)))) == [(day(3, 9, 5), day(3, 10))]


def test_a_day_is_settled_a_while_after_its_end() -> None:
    assert settled_day(day(3, 10, 0) + timedelta(minutes=59), timedelta(hours=1)) == day(3, 9)
    assert settled_day(day(3, 10, 1), timedelta(hours=1)) == day(3, 10)


@pytest.mark.parametrize(("months", "since"), [(0, EARLIEST), (1, day(2, 1)), (3, datetime(2025, 12, 1, tzinfo=UTC))])
def test_so_many_whole_months_of_minutes_are_kept(months: int, since: datetime) -> None:
    policy = KeepPolicy(months=months, compress_after_months=3, dry_run=True)
    assert policy.kept_from(day(3, 10)) == since
