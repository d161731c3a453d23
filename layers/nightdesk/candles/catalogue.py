"""Which series there are, for people who look for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from nightdesk.candles.model import PortfolioSeries, parse_series
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId

FOREX: Final = "FX"
"""Where series of currencies stand: `FX:EUR/USD`."""

PORTFOLIO: Final = "PORTFOLIO"


class SeriesKind(StrEnum):
    """What a series is of."""

    CRYPTO = "crypto"
    FOREX = "forex"
    PORTFOLIO = "portfolio"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSeries:
    """A series that has a name and bars.

    Attributes:
        unit: The asset its prices or values are in.
        base: The resolution it is written in.
    """

    name: str
    unit: AssetId
    base: Resolution

    @property
    def place(self) -> str:
        """The venue in capitals, `FX`, or `PORTFOLIO`."""
        return self.name.partition(":")[0]

    @property
    def kind(self) -> SeriesKind:
        """What it is of."""
        if isinstance(parse_series(self.name), PortfolioSeries):
            return SeriesKind.PORTFOLIO
        return SeriesKind.FOREX if self.place == FOREX else SeriesKind.CRYPTO


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesSearch:
    """What is looked for; empty members don't matter.

    Attributes:
        text: Stands anywhere in the name, whatever its case.
        place: As `ListedSeries.place`.
    """

    text: str = ""
    place: str = ""
    kind: SeriesKind | None = None
    limit: int = 50


class SeriesCatalogue(Protocol):
    """Knows the markets' series and the tenant's own."""

    def places(self, tenant_id: TenantId) -> Sequence[str]:
        """Where there are series, in the order of their names."""
        ...

    def find(self, tenant_id: TenantId, name: str) -> ListedSeries | None:
        """The series of that name; None also when it is another tenant's."""
        ...

    def search(self, tenant_id: TenantId, wanted: SeriesSearch) -> Sequence[ListedSeries]:
        """What is found: names that begin with the text or have it after a `:` or `/` first, then by name."""
        ...
