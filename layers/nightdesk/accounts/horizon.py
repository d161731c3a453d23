"""How far back a venue tells an account's trades, and what of its history a file is to be asked for.

Some venues tell the trades of the last months only, and say nothing of there having been others. What was before the
first import is missing then, unless the account did not exist yet or a file has told of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from nightdesk.kernel.assets import VenueId

SLACK: Final = timedelta(hours=1)
"""So much less is asked for than is told: what is asked for may grow old on its way."""

HORIZONS: Final[Mapping[VenueId, timedelta]] = {VenueId("htx"): timedelta(days=120)}
"""Venues that forget trades; the others tell all of them.

Source: https://huobiapi.github.io/docs/spot/v1/en/#search-match-results, 2026-11.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What is known of how far an account's history reaches.

    Attributes:
        imported_at: When its history was read for the first time.
        begins_at: Its first event; deposits are told without a horizon, so there was nothing before.
        files_until: The last event that a file brought, of those before the venue's own.
        files_overlap: A file told of events that the venue told too: it leaves no gap before them.
    """

    imported_at: datetime
    begins_at: datetime | None = None
    files_until: datetime | None = None
    files_overlap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingHistory:
    """The range that no venue tells and no file has told: from its beginning until just before its end."""

    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryReach:
    """How far an account's history is told.

    Attributes:
        since: The venue told every trade from then on; None: from the beginning.
        missing: What a file is to be asked for.
    """

    since: datetime | None = None
    missing: MissingHistory | None = None


def told_since(venue: VenueId, imported_at: datetime) -> datetime | None:
    """Since when a venue tells the trades of an account that is read for the first time."""
    horizon = HORIZONS.get(venue)
    return None if horizon is None else imported_at - horizon + SLACK


def history_of(venue: VenueId, reach: Reach | None) -> HistoryReach:
    """How far an account's history is told; `reach` None where nothing was imported yet."""
    since = None if reach is None else told_since(venue, reach.imported_at)
    if since is None or reach is None:
        return HistoryReach()
    known = [at for at in (reach.begins_at, reach.files_until) if at is not None]
    if reach.files_overlap or not known or max(known) >= since:
        return HistoryReach(since=since)
    return HistoryReach(since=since, missing=MissingHistory(begins_at=max(known), ends_at=since))
