"""Within what a venue told, its word goes before a file's; what it forgets, a file may tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nightdesk.accounts.files.span import VenueSpan
from nightdesk.ledger.model import EntryKind

FIRST = datetime(2026, 1, 1, 12, 0, 0, 500_000, tzinfo=UTC)
LAST = FIRST + timedelta(days=200)
HORIZON = LAST - timedelta(days=120)


@pytest.mark.parametrize(
    ("kind", "at", "covered"),
    [
        (EntryKind.DEPOSIT, FIRST.replace(microsecond=0), True),
        (EntryKind.DEPOSIT, FIRST - timedelta(seconds=1), False),
        (EntryKind.TRADE, HORIZON - timedelta(seconds=1), False),
        (EntryKind.TRADE, HORIZON, True),
        (EntryKind.TRADE, LAST, True),
        (EntryKind.TRADE, LAST + timedelta(seconds=1), False),
    ],
)
def test_what_a_venue_forgets_it_does_not_cover(kind: EntryKind, at: datetime, *, covered: bool) -> None:
    assert VenueSpan(first_at=FIRST, last_at=LAST, trades_since=HORIZON).covers(kind, at) is covered


def test_a_venue_that_tells_everything_covers_its_first_trades() -> None:
    assert VenueSpan(first_at=FIRST, last_at=LAST).covers(EntryKind.TRADE, FIRST)
