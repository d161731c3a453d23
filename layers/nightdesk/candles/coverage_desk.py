"""What people see of the histories of markets, and how they ask for one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from nightdesk.candles.coverage import CoverageState, Hole
from nightdesk.candles.model import EARLIEST, PortfolioSeries, parse_series
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.errors import Conflict, InvalidInput, NotFound
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import Clock

ASKS_MAX: Final = 200
"""So many series a tenant may ask for: the budgets of venues are everybody's."""

HOLES_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredSeries:
    """How much of a series is stored.

    Attributes:
        is_asked: Whether this tenant asked for it.
        listed_at: The first minute that the venue tells; None while nobody asked it.
        horizon: Why it tells nothing older, where that is known.
        since: Minutes are fetched from here; None while nothing is planned.
        until: Up to here; later ones are the streams'.
        bars: Stored of `expected`.
        holes: The newest `HOLES_SHOWN`, the open ones first.
        open_holes: How many are open in all.
        eta_s: Until the last of it is there; None where nothing is being fetched or nobody can tell.
    """

    series: str
    state: CoverageState
    is_asked: bool
    listed_at: datetime | None
    horizon: str
    since: datetime | None
    until: datetime | None
    bars: int
    expected: int
    holes: tuple[Hole, ...]
    open_holes: int
    verified_at: datetime | None
    eta_s: float | None
    error_code: str | None
    error_message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageQuery:
    """Which series.

    Attributes:
        series: One by its name.
        venue: All of a venue.
        after: Names behind this one.
    """

    series: str | None = None
    venue: str | None = None
    state: CoverageState | None = None
    after: str | None = None
    limit: int = 50


class CoverageReads(Protocol):
    """Reads coverage and keeps what was asked for, in a transaction of one tenant."""

    def page(self, query: CoverageQuery) -> list[CoveredSeries]:
        """Up to one more than the limit, by name."""
        ...

    def ask(self, series: str, wanted_from: datetime | None, now: datetime) -> None:
        """Keep what the tenant wants; asked again, only widened."""
        ...

    def asks(self) -> int:
        """How many series the tenant asked for."""
        ...

    def is_stored(self, series: str) -> bool:
        """Whether bars of it are stored or planned already."""
        ...


CoverageUnits = Callable[[TenantId], AbstractContextManager[CoverageReads]]
MarketCheck = Callable[[Instrument], bool]
"""Whether the venue has the market."""


class CoverageDesk:
    """Lists what is covered, and takes wishes.

    Args:
        venues: Only their histories can be fetched.
        has_market: Asked for series that are not stored yet.
    """

    def __init__(
        self, units: CoverageUnits, *, venues: Sequence[VenueId], has_market: MarketCheck, clock: Clock
    ) -> None:
        self._units = units
        self._venues = frozenset(venues)
        self._has_market = has_market
        self._clock = clock

    def page(self, tenant_id: TenantId, query: CoverageQuery) -> tuple[list[CoveredSeries], str | None]:
        """A page, and the name to read on behind."""
        with self._units(tenant_id) as unit:
            found = unit.page(query)
        more = found[query.limit - 1].series if len(found) > query.limit else None
        return found[: query.limit], more

    def ask(self, tenant_id: TenantId, name: str, wanted_from: datetime | None) -> CoveredSeries:
        """Have a series covered, from its listing unless a later beginning is named.

        Raises:
            InvalidInput: The name is no market's, or the beginning lies before all markets or in the future.
            NotFound: `candles.market_unknown`.
            Conflict: `candles.asks_too_many`.
        """
        series = str(self._market(name))
        now = self._clock.now()
        if wanted_from is not None and not EARLIEST <= wanted_from < now:
            message = f"History begins after {EARLIEST:%Y-%m-%d} and ends now."
            raise InvalidInput("candles.range", message)
        with self._units(tenant_id) as unit:
            is_stored = unit.is_stored(series)
        if not is_stored and not self._has_market(self._market(name)):
            raise NotFound("candles.market_unknown", f"There is no market {series}.")
        with self._units(tenant_id) as unit:
            known = unit.page(CoverageQuery(series=series, limit=1))
            if not (known and known[0].is_asked) and unit.asks() >= ASKS_MAX:
                raise Conflict("candles.asks_too_many", f"At most {ASKS_MAX} series can be asked for.")
            unit.ask(series, wanted_from, now)
            return unit.page(CoverageQuery(series=series, limit=1))[0]

    def _market(self, name: str) -> Instrument:
        series = parse_series(name)
        if isinstance(series, PortfolioSeries):
            raise InvalidInput("candles.no_market", "The history of a portfolio is computed, not fetched.")
        if series.venue not in self._venues:
            raise NotFound("candles.market_unknown", f"There is no market {series} whose history can be fetched.")
        return series
