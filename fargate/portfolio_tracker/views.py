"""Exact values of the portfolios that somebody looks at, as messages of what changed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from nightdesk.contracts.api.present_portfolio import portfolio_shape
from nightdesk.contracts.live import PortfolioChanges
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.fx import FxRates
from nightdesk.markets.model import Price
from nightdesk.portfolio.model import Books
from nightdesk.portfolio.service import value_books
from nightdesk.portfolio.valuation import PriceGraph


class Views:
    """Values with the newest prices, by the very code that the API uses."""

    def __init__(self) -> None:
        self._prices: dict[Instrument, Price] = {}
        self._changes: dict[TenantId, PortfolioChanges] = {}

    @property
    def prices_known(self) -> int:
        """Of how many markets a price is known."""
        return len(self._prices)

    def hear(self, price: Price) -> None:
        """Take a price; an older one never replaces a newer one."""
        known = self._prices.get(price.instrument)
        if known is None or price.at >= known.at:
            self._prices[price.instrument] = price

    def changes(
        self,
        watched: Collection[TenantId],
        books_of: Callable[[TenantId], Books | None],
        now: datetime,
        fx: FxRates | None = None,
    ) -> dict[TenantId, str]:
        """A message for each watched portfolio of which something changed; whole for one that was not watched."""
        self._changes = {portfolio_id: self._changes.get(portfolio_id, PortfolioChanges()) for portfolio_id in watched}
        if not watched:
            return {}
        graph = PriceGraph(self._prices.values())
        messages = {}
        for portfolio_id, changes in self._changes.items():
            books = books_of(portfolio_id)
            if books is None:
                continue
            if message := changes.message(portfolio_shape(value_books(portfolio_id, books, graph, now, fx))):
                messages[portfolio_id] = message
        return messages
