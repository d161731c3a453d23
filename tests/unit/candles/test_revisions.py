"""Which of two tellings of a bar stands."""

from datetime import UTC, datetime, timedelta

from nightdesk.candles.revisions import file_revision, history_revision, live_revision
from nightdesk.kernel.instants import to_ms

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_files_before_history_before_what_was_told_later() -> None:
    told = live_revision(to_ms(NOW), 1)
    asked = history_revision(NOW)
    assert file_revision(NOW) < file_revision(datetime(2109, 1, 1, tzinfo=UTC)) < asked < told
    assert told < history_revision(NOW + timedelta(milliseconds=1)) < 2**63
    assert file_revision(NOW) < file_revision(NOW + timedelta(milliseconds=1))


def test_a_millisecond_holds_a_million_and_no_more() -> None:
    assert live_revision(1, 2**20) == live_revision(1, 2**20 - 1) < live_revision(2, 0)
