"""What the desk answers about reference data, whichever face asks. Permissions are checked here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from nightdesk.contracts.api.present_reference import (
    cap_balance_shape,
    fx_rate_shape,
    market_cap_shape,
    source_shape,
)
from nightdesk.contracts.api.reference import (
    FxRatePage,
    MarketCapPage,
    MarketDayPage,
    MarketDayShape,
    PortfolioCapsShape,
    SourceList,
)
from nightdesk.identity.model import Caller
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import Clock, format_instant
from nightdesk.kernel.money import format_amount
from nightdesk.markets.caps_refreshing import LISTINGS
from nightdesk.markets.fx import DOLLAR
from nightdesk.markets.fx_checking import BOUND_RATIO
from nightdesk.markets.reference_ports import ReferenceUnits
from nightdesk.portfolio.cap_balance import cap_balance
from nightdesk.portfolio.service import PortfolioService

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceAnswers:
    """Asks the stores and puts what they know in shape."""

    units: ReferenceUnits
    portfolio: PortfolioService
    clock: Clock

    def fx_rates(self, caller: Caller, *, cursor: str | None, limit: int) -> FxRatePage:
        """Exchange rates with their sources, by currency."""
        caller.require("read", "Ticker")
        with self.units() as reads:
            rows = reads.rates(after=cursor or "", limit=limit + 1)
        shown = rows[:limit]
        return FxRatePage(
            items=[fx_rate_shape(each) for each in shown],
            base=DOLLAR,
            bound_ratio=format_amount(BOUND_RATIO),
            next_cursor=shown[-1].currency if _has_more(rows, limit) else None,
        )

    def market_caps(self, caller: Caller, *, cursor: str | None, limit: int) -> MarketCapPage:
        """Listed coins by rank."""
        caller.require("read", "Ticker")
        with self.units() as reads:
            rows = reads.caps(after=_place(cursor), limit=limit + 1)
        shown = rows[:limit]
        last = shown[-1].listing if _has_more(rows, limit) else None
        return MarketCapPage(
            items=[market_cap_shape(each) for each in shown],
            next_cursor=f"{last.rank}:{last.cap_id}" if last else None,
        )

    def sources(self, caller: Caller) -> SourceList:
        """How the sources are."""
        caller.require("read", "Ticker")
        with self.units() as reads:
            known = reads.sources()
        return SourceList(items=[source_shape(each) for each in known], as_of=format_instant(self.clock.now()))

    def market_days(self, caller: Caller, *, cursor: str | None, limit: int) -> MarketDayPage:
        """What stored bars say of markets' last days, by series."""
        caller.require("read", "Ticker")
        with self.units() as reads:
            rows = reads.days(after=cursor or "", limit=limit + 1)
        shown = rows[:limit]
        items = [
            MarketDayShape(series=each.series, since=format_instant(each.since), open=each.open, volume=each.volume)
            for each in shown
        ]
        return MarketDayPage(items=items, next_cursor=shown[-1].series if _has_more(rows, limit) else None)

    def portfolio_caps(self, caller: Caller) -> PortfolioCapsShape:
        """The caller's portfolio by size and by distance from highs."""
        caller.require("read", "Portfolio")
        portfolio = self.portfolio.view(caller.tenant_id)
        with self.units() as reads:
            caps = reads.caps_of([each.asset for each in portfolio.assets])
            listing = next((each for each in reads.sources() if each.source == LISTINGS), None)
        return cap_balance_shape(cap_balance(portfolio, caps), listing.made_at if listing else None)


def _has_more(rows: Sequence[Row], limit: int) -> bool:
    return len(rows) > limit


def _place(cursor: str | None) -> tuple[int, int]:
    if cursor is None:
        return (0, 0)
    rank, _, number = cursor.partition(":")
    if not (rank.isdecimal() and number.isdecimal() and rank.isascii() and number.isascii() and len(cursor) <= 30):  # noqa: PLR2004
        raise InvalidInput("cursor.malformed", "This is no place in the list.")
    return (min(int(rank), 2**31 - 1), min(int(number), 2**63 - 1))
