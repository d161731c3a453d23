from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nightdesk.accounts.horizon import SLACK, HistoryReach, MissingHistory, Reach, history_of
from nightdesk.kernel.assets import VenueId

HTX = VenueId("htx")
IMPORTED = datetime(2026, 11, 21, tzinfo=UTC)
SINCE = IMPORTED - timedelta(days=120) + SLACK
LONG_AGO = datetime(2025, 3, 1, tzinfo=UTC)


def reach(**more: object) -> Reach:
    return Reach(imported_at=IMPORTED, **more)  # type: ignore[arg-type]


def test_a_venue_that_tells_all_leaves_nothing_to_ask_for() -> None:
    assert history_of(VenueId("kraken"), reach(begins_at=LONG_AGO)) == HistoryReach()


def test_before_the_first_import_nothing_is_said() -> None:
    assert history_of(HTX, None) == HistoryReach()


def test_only_the_range_between_the_first_event_and_the_horizon_is_asked_for() -> None:
    told = history_of(HTX, reach(begins_at=LONG_AGO))
    assert told == HistoryReach(since=SINCE, missing=MissingHistory(begins_at=LONG_AGO, ends_at=SINCE))


def test_an_account_that_began_within_the_horizon_misses_nothing() -> None:
    assert history_of(HTX, reach(begins_at=SINCE)) == HistoryReach(since=SINCE)
    assert history_of(HTX, reach()) == HistoryReach(since=SINCE)


def test_a_file_shortens_the_range_to_what_it_did_not_tell() -> None:
    until = LONG_AGO + timedelta(days=90)
    told = history_of(HTX, reach(begins_at=LONG_AGO, files_until=until))
    assert told.missing == MissingHistory(begins_at=until, ends_at=SINCE)
    assert history_of(HTX, reach(begins_at=LONG_AGO, files_until=until, files_overlap=True)).missing is None
    assert history_of(HTX, reach(begins_at=LONG_AGO, files_until=SINCE)).missing is None
