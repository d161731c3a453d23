"""Where it is kept what was refused, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.markets.quality import Cause, Refused
from nightdesk.markets.quality_watch import Standing, State

Hours = Mapping[tuple[Instrument, Cause, datetime], int]
"""How often each was refused in the hour that begins then, as far as this process counted."""

Place = tuple[VenueId, str]
"""A market in the order of pages: its venue and symbol."""

SLOTS = 20
"""So many samples of each market and cause are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityBatch:
    """What a process counted and saw since the last batch; all of it may be written again.

    Attributes:
        samples: Each with the slot that it goes into.
    """

    hours: Hours
    samples: Sequence[tuple[int, Refused]]
    standings: Sequence[Standing]
    now: datetime


class QualityLog(Protocol):
    """Takes what was refused."""

    def write(self, batch: QualityBatch) -> None:
        """Keep it; once more changes nothing.

        Raises:
            Unavailable: It was perhaps not kept; write it again.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityFilter:
    """Which markets are asked about.

    Attributes:
        cause: Only markets of which something was refused for it, in the window.
        refused: Only markets of which anything was refused in the window, or which don't stand well now.
    """

    venue: VenueId | None = None
    symbol: str | None = None
    state: State | None = None
    cause: Cause | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRefused:
    """A refused price as it was kept; figures as they were told, which may be no numbers."""

    cause: Cause
    seen_at: datetime
    at: datetime
    last: str | None
    bid: str | None
    ask: str | None
    compared: Decimal | None
    sources: int
    deviation_bp: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketQuality:
    """A market, how it stands, and what of it was refused in the window."""

    standing: Standing
    updated_at: datetime
    counts: Mapping[Cause, int]
    latest: SeenRefused | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPage:
    """Markets by venue and symbol.

    Attributes:
        counts: By cause, over all markets that the filter leaves.
        total: How many markets that are.
    """

    rows: Sequence[MarketQuality]
    counts: Mapping[Cause, int]
    total: int


class QualityReads(Protocol):
    """Reads what was refused."""

    def page(self, wanted: QualityFilter, since: datetime, after: Place | None, limit: int) -> QualityPage:
        """At most so many markets after the place, with what was refused since then."""
        ...

    def samples(self, instrument: Instrument, cause: Cause | None, limit: int) -> Sequence[SeenRefused]:
        """What of a market was refused, the newest first."""
        ...
