"""What filling histories needs from outside: venues, the store in one transaction, the queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from nightdesk.candles.coverage import CandleRange, Coverage, Hole, Listing, RangeJob, Span, Wish
from nightdesk.candles.gaps import Gap
from nightdesk.candles.judging import Apart, BarPage, SourcedBar
from nightdesk.candles.model import Candle
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.errors import NightdeskError


class VenueHistory(Protocol):
    """What venues tell of the past of markets, to anybody."""

    def listing(self, instrument: Instrument) -> Listing:
        """Where the history begins.

        Raises:
            NotFound: `candles.market_unknown`: the venue has no such market, or no minutes of it.
            NightdeskError: The venue does not answer, or wants to be left alone.
        """
        ...

    def page(self, instrument: Instrument, since: datetime, until: datetime) -> BarPage:
        """The minutes from `since` on, at most those before `until`; `covered_until` lies after `since`.

        Raises:
            NotFound: The venue has no such market.
            NightdeskError: It does not answer, or wants to be left alone.
        """
        ...

    def others(self, instrument: Instrument) -> Sequence[Instrument]:
        """The same pair at other venues, the one to be asked first in front.

        Raises:
            NightdeskError: A venue does not answer.
        """
        ...


class HistoryUnit(Protocol):
    """One transaction of a worker: what it does in it stands or falls together."""

    def lock(self, range_id: int) -> CandleRange | None:
        """The range, locked until the transaction ends."""
        ...

    def save(self, each: CandleRange, now: datetime, *, error: NightdeskError | None = None) -> None:
        """Keep what changed of a locked range, as of now; an error that lets it wait is kept for people."""
        ...

    def next_gap(self, series: str, since: datetime, until: datetime) -> Gap | None:
        """The first run of minutes in the range that are not stored."""
        ...

    def bars_before(self, series: str, at: datetime, span: timedelta) -> list[Candle]:
        """The stored minutes that lie so far before the instant, oldest first."""
        ...

    def make_room(self, since: datetime, until: datetime) -> None:
        """Make partitions for bars of this time range."""
        ...

    def load(self, instrument: Instrument, bars: Sequence[SourcedBar], asked_at: datetime) -> None:
        """Store the bars, renew what they are rolled up into, and keep where they came from.

        What a live stream brought after `asked_at` is never replaced, and bars that are not the venue's own replace
        none of its own.
        """
        ...

    def keep_holes(self, series: str, holes: Sequence[Hole], now: datetime) -> None:
        """Keep holes; one that was known is told anew."""
        ...

    def count(self, series: str, since: datetime, until: datetime, now: datetime) -> list[Gap]:
        """Count each day's stored minutes, keep the counts, close the holes that are none; what is missing."""
        ...

    def apart(self, series: str, since: datetime, until: datetime, ratio_max: float) -> list[Apart]:
        """Stored minutes that were traded at other venues of the pair too, at prices further away."""
        ...

    def listed(self, series: str, listing: Listing) -> None:
        """Keep where the history begins."""
        ...

    def refuse(self, series: str, error: NightdeskError) -> None:
        """The venue has no such market."""
        ...

    def next_range(self, venue: VenueId, now: datetime) -> RangeJob | None:
        """The range of the venue that is to be taken next and is in no queue; it counts as sent."""
        ...


HistoryUnits = Callable[[], AbstractContextManager[HistoryUnit]]
"""Opens a transaction."""


class CoveragePlan(Protocol):
    """The planner's transaction."""

    def wishes(self, policy: WishPolicy) -> list[Wish]:
        """Every series that should be covered: held, always streamed, asked for, or all that are streamed."""
        ...

    def want(self, wishes: Sequence[Wish], now: datetime) -> int:
        """Keep the wishes; one that is kept already is only widened or hastened. How many are new or changed."""
        ...

    def unplanned(self, kept_from: datetime, settled: datetime, limit: int) -> list[Coverage]:
        """Series that were listed and whose ranges don't reach from where they should begin to the settled day."""
        ...

    def plan(self, coverage: Coverage, spans: Sequence[Span], settled: datetime, now: datetime) -> None:
        """Make ranges, and keep how far they reach."""
        ...

    def unverified(self, verified_before: datetime, limit: int) -> list[Coverage]:
        """Series without open ranges that were not counted since, longest ago first."""
        ...

    def reopen(self, series: str, gaps: Sequence[Gap], repairs_max: int) -> int:
        """Open the ranges in which minutes are missing, unless that was done so often already; how many."""
        ...

    def verified(self, series: str, now: datetime) -> None:
        """Say that every minute was counted; the state follows from the holes that are open."""
        ...

    def waiting(self, silent_since: datetime, a_venue: int, now: datetime) -> list[RangeJob]:
        """Open ranges that no worker has, the first of each venue by priority; they count as sent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WishPolicy:
    """Which series are covered without being asked for.

    Attributes:
        venues: Only these have a history that can be fetched.
        symbols: `BTC/USDT`: always, at every venue that is streamed.
        quotes: A held asset's markets in these.
        whole_venues: Every market that is streamed.
        since: Not older; None means from the listing on.
    """

    venues: frozenset[str]
    symbols: frozenset[str]
    quotes: frozenset[str]
    whole_venues: bool
    since: datetime | None


CoveragePlans = Callable[[], AbstractContextManager[tuple[CoveragePlan, HistoryUnit]]]
"""Opens a transaction of the planner, which may count minutes too."""


class RangeQueue(Protocol):
    """`candles-backfill`: fair by venue."""

    def send(self, jobs: Sequence[RangeJob], delay_s: int = 0) -> None:
        """Hand ranges to workers after the delay.

        Raises:
            Unavailable: `queue.unavailable`: at least one was not taken.
        """
        ...
