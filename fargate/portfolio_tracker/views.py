"""Exact values of the portfolios that somebody looks at, as messages of what changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from nightdesk.contracts.api.present_portfolio import portfolio_shape
from nightdesk.contracts.live import PortfolioChanges
from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.fx import FxRates
from nightdesk.markets.model import Price
from nightdesk.portfolio.model import Books, Portfolio, PriceVerdict
from nightdesk.portfolio.price_verdicts import with_verdicts
from nightdesk.portfolio.service import value_books
from nightdesk.portfolio.valuation import PriceGraph

JUDGED_EVERY: Final = timedelta(seconds=1)


class Views:
    """Values with the newest prices, by the very code that the API uses."""

    def __init__(self) -> None:
        self._prices: dict[Instrument, Price] = {}
        self._graph = PriceGraph(())
        self._changes: dict[TenantId, PortfolioChanges] = {}
        self._verdicts: dict[TenantId, tuple[datetime, Mapping[AssetId, PriceVerdict]]] = {}

    @property
    def prices_known(self) -> int:
        """Of how many markets a price is known."""
        return len(self._prices)

    def hear(self, price: Price) -> None:
        """Take a price; an older one never replaces a newer one."""
        known = self._prices.get(price.instrument)
        if known is None or price.place >= known.place:
            self._prices[price.instrument] = price
            self._graph.hear(price)

    def changes(
        self,
        watched: Collection[TenantId],
        books_of: Callable[[TenantId], Books | None],
        now: datetime,
        fx: FxRates | None = None,
    ) -> dict[TenantId, str]:
        """A message for each watched portfolio of which something changed; whole for one that was not watched."""
        self._changes = {portfolio_id: self._changes.get(portfolio_id, PortfolioChanges()) for portfolio_id in watched}
        self._verdicts = {
            portfolio_id: known for portfolio_id, known in self._verdicts.items() if portfolio_id in watched
        }
        if not watched:
            return {}
        messages = {}
        for portfolio_id, changes in self._changes.items():
            books = books_of(portfolio_id)
            if books is None:
                continue
            portfolio = self._judged(value_books(portfolio_id, books, self._graph, now, fx))
            if message := changes.message(portfolio_shape(portfolio)):
                messages[portfolio_id] = message
        return messages

    def _judged(self, portfolio: Portfolio) -> Portfolio:
        """With verdicts of its prices; they change seldom and take longer than values, so they may be a second old."""
        known = self._verdicts.get(portfolio.portfolio_id)
        if known is None or not timedelta(0) <= portfolio.as_of - known[0] < JUDGED_EVERY:
            portfolio = with_verdicts(portfolio, self._graph)
            self._verdicts[portfolio.portfolio_id] = portfolio.as_of, portfolio.verdicts
            return portfolio
        return replace(portfolio, verdicts=known[1])
