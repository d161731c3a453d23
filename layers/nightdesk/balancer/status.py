"""How a budget stands, for people and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from nightdesk.balancer.model import EgressName, LimitId, Priority
from nightdesk.kernel.assets import VenueId

WAIT_BUCKETS_MS: tuple[int, ...] = (1, 5, 20, 50, 100, 200, 500, 1_000, 5_000, 20_000, 60_000)
"""Upper ends of the buckets that waits are counted in; longer ones fall in one more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitStatus:
    """A limit that counts by egress: what is used of it in the present window."""

    limit: LimitId
    used: int
    allowed: int
    resets_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressStatus:
    """A way out: alive while its lease lasts."""

    egress: EgressName
    address: str
    alive: bool
    banned_until: datetime | None
    limits: tuple[LimitStatus, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitStatus:
    """How long requests of a priority waited for their places.

    Attributes:
        p50_ms: Upper end of the bucket that holds the median; None where nothing was granted or it is open-ended.
    """

    priority: Priority
    granted: int
    mean_ms: float | None
    p50_ms: int | None
    p99_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueStatus:
    """A venue's budget now, and what happened in the last `window_s` seconds."""

    venue: VenueId
    as_of: datetime
    window_s: int
    source: str
    egresses: tuple[EgressStatus, ...]
    waits: tuple[WaitStatus, ...]
    refused: Mapping[str, int]
    answered_429: int
    answered_418: int
    folded_weight: int
    cache: Mapping[str, int]

    @property
    def hit_ratio(self) -> float | None:
        """The part of cacheable reads that cost the venue nothing."""
        served = sum(self.cache.get(name, 0) for name in ("hit", "coalesced", "batched"))
        asked = served + self.cache.get("fetched", 0)
        return served / asked if asked else None


def bucket_of(waited_ms: int) -> int:
    """The index of the bucket that a wait falls in."""
    return next((at for at, end in enumerate(WAIT_BUCKETS_MS) if waited_ms <= end), len(WAIT_BUCKETS_MS))


def percentile_ms(buckets: Mapping[int, int], permille: int) -> int | None:
    """The upper end of the bucket in which the percentile falls; None without waits or past the last bucket."""
    total, seen = sum(buckets.values()), 0
    for at, end in enumerate(WAIT_BUCKETS_MS):
        seen += buckets.get(at, 0)
        if total and seen * 1000 >= total * permille:
            return end
    return None
