"""What is read of reference data to show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nightdesk.kernel.assets import AssetId
from nightdesk.markets.caps import MarketCap
from nightdesk.markets.fx_checking import CheckedRate
from nightdesk.markets.sources import SourceState


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketDay:
    """What stored bars say of a market's last 24 hours before its newest bar.

    Attributes:
        since: The start of the first bar counted.
        open: Of that bar.
        volume: In the base asset.
    """

    series: str
    since: datetime
    open: float
    volume: float


class ReferenceReads(Protocol):
    """Reads within one transaction; none of it belongs to a tenant."""

    def rates(self, *, after: str, limit: int) -> Sequence[CheckedRate]:
        """Compared exchange rates, by currency."""
        ...

    def caps(self, *, after: tuple[int, int], limit: int) -> Sequence[MarketCap]:
        """Listed coins by rank, then number."""
        ...

    def caps_of(self, assets: Sequence[AssetId]) -> Sequence[MarketCap]:
        """Listed coins that are known to be one of these assets."""
        ...

    def sources(self) -> Sequence[SourceState]:
        """Every source that was ever asked, by name."""
        ...

    def days(self, *, after: str, limit: int) -> Sequence[MarketDay]:
        """Markets with bars, by series."""
        ...


ReferenceUnits = Callable[[], AbstractContextManager[ReferenceReads]]
