"""Room for candles ahead of time, and how long minutes stay.

Minutes may be kept for so many whole months; longer bars are kept for ever. What is older is never fetched again: a
month that came back in part would be rolled up wrongly.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from nightdesk.candles.model import EARLIEST
from nightdesk.candles.resolutions import Resolution, bar_start
from nightdesk.kernel.instants import Clock

AHEAD: Final = timedelta(days=93)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """A month of minutes whose time is over.

    Attributes:
        part: The partition or chunk.
        is_dropped: False when it was only told, or when a longer bar is missing of it.
    """

    part: str
    ends_at: datetime
    size_bytes: int
    is_dropped: bool


class CandleKeeping(Protocol):
    """The store's own upkeep."""

    def make_room(self, since: datetime, until: datetime) -> int:
        """Make the partitions that are missing; how many."""
        ...

    def expire(self, kept_from: datetime, *, dry_run: bool) -> Sequence[Expired]:
        """Drop the months of minutes that end by then, or only tell them.

        Raises:
            Unavailable: Readers are in the way; the next run goes on.
        """
        ...

    def compress(self, older_than: timedelta) -> str:
        """Compress older minutes where the store can; what became of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPolicy:
    """How long minutes stay.

    Attributes:
        months: So many whole months before the present one; 0 keeps all.
        compress_after_months: Where the store can.
        dry_run: Tell what would be dropped, and drop nothing.
    """

    months: int
    compress_after_months: int
    dry_run: bool

    def kept_from(self, market_at: datetime) -> datetime:
        """Minutes before it may go; nothing older is fetched."""
        if not self.months:
            return EARLIEST
        month = bar_start(market_at, Resolution.MONTH)
        for _ in range(self.months):
            month = bar_start(month - timedelta(days=1), Resolution.MONTH)
        return max(month, EARLIEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What one run did."""

    partitions_made: int
    expired: Sequence[Expired]
    compression: str


class CandleKeeper:
    """Runs on a schedule."""

    def __init__(self, store: CandleKeeping, policy: KeepPolicy, clock: Clock) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock

    def run(self, market_at: datetime | None) -> Kept:
        """Make room around both clocks, the market's and ours; then let go of what is older than is kept."""
        instants = [each for each in (market_at, self._clock.now()) if each is not None]
        made = sum(self._store.make_room(each - timedelta(days=31), each + AHEAD) for each in instants)
        expired: Sequence[Expired] = ()
        if market_at is not None and self._policy.months:
            expired = self._store.expire(self._policy.kept_from(market_at), dry_run=self._policy.dry_run)
        for each in expired:
            said = {"part": each.part, "size_bytes": each.size_bytes, "dry_run": self._policy.dry_run}
            _log.warning("minutes dropped" if each.is_dropped else "minutes would be dropped", extra=said)
        compression = self._store.compress(timedelta(days=31) * self._policy.compress_after_months)
        return Kept(partitions_made=made, expired=expired, compression=compression)
