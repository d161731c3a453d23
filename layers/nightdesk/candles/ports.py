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
        base: The shortest resolution that it has bars of.
        was_told_longer: Whether a file told longer bars of some time, of which there may be no shorter ones.
    """

    series_id: int
    name: str
    unit: AssetId
    base: Resolution
    was_told_longer: bool = False


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What became of rows of history.

    Attributes:
        stored: So many bars are new or changed.
        kept: So many rows changed nothing: their bar was there already, the same or of a higher revision.
        refused: Rows that can't be stored, and why.
    """

    stored: int
    kept: int
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where bars of a series came from that no live stream told.

    Attributes:
        revision: Bars that carry it came from here.
        source: As their rows said.
        since: Start of the first of them.
        until: Start of the last.
        bars: So many were stored, be some replaced since.
        loaded_at: When the last of them was.
    """

    revision: int
    source: str
    resolution: Resolution
    since: datetime
    until: datetime
    bars: int
    loaded_at: datetime


class BarLoader(Protocol):
    """Takes history of markets: long runs of bars that venues or files tell of the past."""

    def load(self, rows: Sequence[CandleRow], *, revision: int) -> Loaded:
        """Store the rows and renew the longer bars they touch, in one transaction.

        The same rows again change nothing; a bar of a higher revision stays (`nightdesk.candles.revisions`). Bars
        longer than a series' shortest are taken where there are no shorter ones. Where the bars came from is kept.

        Args:
            rows: Of any markets, in any order, each in a resolution that is stored; of one bar the last counts.
            revision: Of all of them.

        Raises:
            Unavailable: Nothing was stored; try again.
        """
        ...

    def origins(self, series: str) -> list[Origin]:
        """Where the series' history came from, oldest bars first."""
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
            resolution: One that is stored.
            since: None means the newest `limit` bars before `until` instead of the first from `since`.
            until: None means up to now.
            limit: At most so many.
        """
        ...

    def rolled(self, series: Series, resolution: Resolution, starts: Sequence[datetime]) -> list[Candle]:
        """Longer bars made of the stored ones, oldest first, as `nightdesk.candles.rollup` makes them.

        Args:
            series: As `series` gave it.
            resolution: Of the stored bars; each lies in one of the longer.
            starts: Where the longer bars begin, rising, and at last where the last of them ends. Those that have no
                stored bars are left out.
        """
        ...


CandleReaders = Callable[[TenantId], AbstractContextManager[CandleReader]]
"""Opens a reader for a tenant, within one transaction."""
