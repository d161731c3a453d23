"""What candles need from outside, synchronously: their store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nightdesk.candles.gaps import Gap
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A stored series.

    Attributes:
        unit: The asset its prices or values are in.
        base: The resolution it is written in; 1m or 15m.
    """

    series_id: int
    name: str
    unit: AssetId
    base: Resolution


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that were delivered together.

    Attributes:
        revision: Rises with the order in which batches were sent, whenever they arrive.
    """

    revision: int
    rows: tuple[CandleRow, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that the store can't take, and why."""

    row: CandleRow
    reason: str


class CandleStore(Protocol):
    """Takes bars and keeps their rollups."""

    def upsert(self, batches: Sequence[Batch]) -> Sequence[Refused]:
        """Store every row and renew the longer bars they touch, in one transaction; returns what can't be stored.

        The same batch again changes nothing, and an older batch never undoes a newer one.

        Raises:
            Unavailable: Nothing was stored; try again.
        """
        ...

    def prepare(self, since: datetime, until: datetime) -> None:
        """Make room for bars of this time range."""
        ...


class StoredBars(Protocol):
    """What the streamer asks about bars that are stored already."""

    def last_bars(self, names: Collection[str]) -> dict[str, Candle]:
        """The newest stored one-minute bar of each series that has one."""
        ...

    def gaps(self, name: str, *, since: datetime, until: datetime) -> list[Gap]:
        """The missing one-minute bars of a range, from the series' first bar on."""
        ...

    def held_assets(self) -> frozenset[AssetId]:
        """Every asset that some tenant holds."""
        ...


class CandleReader(Protocol):
    """Reads what one tenant may see: markets, and its own portfolios."""

    def series(self, name: str) -> Series | None:
        """The series of this name; None also when it is another tenant's."""
        ...

    def bars(
        self,
        series: Series,
        resolution: Resolution,
        *,
        since: datetime | None,
        until: datetime | None,
        limit: int,
    ) -> list[Candle]:
        """Stored bars that begin from `since` until before `until`, oldest first.

        Args:
            series: As `series` gave it.
            resolution: 1m, 15m, 1h or 1d.
            since: None means the newest `limit` bars before `until` instead of the first from `since`.
            until: None means up to now.
            limit: At most so many.
        """
        ...


CandleReaders = Callable[[TenantId], AbstractContextManager[CandleReader]]
"""Opens a reader for a tenant, within one transaction."""
