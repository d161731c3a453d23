"""What is stored of a market's minutes: how far back it goes, what is being fetched, what is missing and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

from nightdesk.candles.resolutions import Resolution, bar_end, bar_start
from nightdesk.kernel.assets import Instrument, VenueId

MINUTE: Final = Resolution.MINUTE.span
DAY: Final = Resolution.DAY.span


class Priority(IntEnum):
    """Who is served first."""

    HELD = 0
    ASKED = 1
    REST = 2


class CoverageState(StrEnum):
    """How far the history of a series is.

    `wanted`: its listing date is not known yet. `filling`: minutes are being fetched. `whole`: every minute is there.
    `broken`: some can't be had, the holes say why. `refused`: the venue has no such market.
    """

    WANTED = "wanted"
    FILLING = "filling"
    WHOLE = "whole"
    BROKEN = "broken"
    REFUSED = "refused"


class RangeKind(StrEnum):
    """What is done for a range: find where the history begins, or fetch the minutes that are missing in it."""

    LISTING = "listing"
    BARS = "bars"


class RangeState(StrEnum):
    """Where a range is."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"


class HoleCause(StrEnum):
    """Why minutes are missing, or are not the venue's own.

    `missing`: not fetched yet. `refused`: the venue's bar contradicts itself. `silent`: the venue left out more than
    a market sleeps. `disagreement`: another venue has them, at prices too far from ours. `unconfirmed`: the venue left
    them out, and nobody else says whether it slept.
    """

    MISSING = "missing"
    REFUSED = "refused"
    SILENT = "silent"
    DISAGREEMENT = "disagreement"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Hole:
    """A run of minutes with a cause.

    Attributes:
        since: Start of the first minute.
        until: End of the last.
        is_filled: Whether bars stand there by now; their origin is kept beside them.
        detail: For people: by how much venues disagree, whose bars were taken.
    """

    since: datetime
    until: datetime
    cause: HoleCause
    is_filled: bool = False
    detail: str = ""

    @property
    def minutes(self) -> int:
        """How many."""
        return (self.until - self.since) // MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One market's history as it is planned.

    Attributes:
        wanted_from: None means from its listing.
        listed_at: The first minute that the venue tells; None while nobody asked.
        horizon: Why it tells nothing older, where that is known; empty where it was listed then.
        planned_from: Ranges reach from here to `planned_until`.
    """

    instrument: Instrument
    priority: Priority
    state: CoverageState
    wanted_from: datetime | None = None
    listed_at: datetime | None = None
    horizon: str = ""
    planned_from: datetime | None = None
    planned_until: datetime | None = None

    @property
    def series(self) -> str:
        """The name of the series."""
        return str(self.instrument)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A range that is to be made."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleRange:
    """A part of a history that one worker at a time fills.

    Attributes:
        position: Everything before it was asked for and kept.
        attempts: Counted up by each worker that takes it; only the last one may write.
    """

    range_id: int
    instrument: Instrument
    priority: Priority
    kind: RangeKind
    since: datetime
    until: datetime
    position: datetime
    state: RangeState
    attempts: int
    bars: int


@dataclass(frozen=True, slots=True)
class RangeJob:
    """A message: take this range, or go on with it."""

    range_id: int
    venue: VenueId


@dataclass(frozen=True, slots=True)
class Wish:
    """A series that should be covered."""

    instrument: Instrument
    priority: Priority
    wanted_from: datetime | None


@dataclass(frozen=True, slots=True)
class Listing:
    """Where a venue's history of a market begins.

    Attributes:
        horizon: Why there is nothing older, when that is not the market's listing.
    """

    listed_at: datetime
    horizon: str = ""


def months_between(since: datetime, until: datetime) -> list[Span]:
    """The range cut where months begin, so that each piece lies in one partition; oldest first."""
    spans: list[Span] = []
    while since < until:
        end = min(until, bar_end(bar_start(since, Resolution.MONTH), Resolution.MONTH))
        spans.append(Span(since=since, until=end))
        since = end
    return spans


def spans_to_plan(coverage: Coverage, *, kept_from: datetime, settled: datetime) -> list[Span]:
    """What must be made so that ranges reach from where the history should begin to the last settled day.

    Args:
        coverage: With its listing known; otherwise there is nothing to plan.
        kept_from: Nothing older is kept.
        settled: Ranges end here; later minutes are the streams'.
    """
    if coverage.listed_at is None:
        return []
    start = minute_from(max(coverage.listed_at, coverage.wanted_from or coverage.listed_at, kept_from))
    if coverage.planned_from is None or coverage.planned_until is None:
        return months_between(start, settled)
    earlier = months_between(start, coverage.planned_from)
    return [*earlier, *months_between(max(coverage.planned_until, start), settled)]


def minute_from(at: datetime) -> datetime:
    """The start of the first minute that begins at the instant or later."""
    start = bar_start(at, Resolution.MINUTE)
    return start if start == at else start + MINUTE


def settled_day(market_at: datetime, margin: timedelta) -> datetime:
    """The start of the newest day that lies whole in the past, with a margin for late trades."""
    return bar_start(market_at - margin, Resolution.DAY)
