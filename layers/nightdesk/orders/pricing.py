"""Prices that orders are judged by; read when first needed, and once."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.markets.model import Price
from nightdesk.markets.ports import PriceBook
from nightdesk.portfolio.valuation import PriceGraph


class Prices:
    """The last prices of some venues, as they are when the first is asked for."""

    def __init__(self, book: PriceBook, venues: Collection[VenueId]) -> None:
        self._book = book
        self._venues = sorted(venues)
        self._known: tuple[Price, ...] | None = None
        self._graph: PriceGraph | None = None

    def last(self, instrument: Instrument) -> Price | None:
        """The instrument's last price."""
        return next((price for price in self._all() if price.instrument == instrument), None)

    def rate(self, asset: AssetId, into: AssetId) -> Decimal | None:
        """What one unit of the asset is worth."""
        if self._graph is None:
            self._graph = PriceGraph(self._all())
        rate = self._graph.rate(asset, into)
        return None if rate is None else rate.value

    def _all(self) -> tuple[Price, ...]:
        if self._known is None:
            self._known = tuple(price for venue in self._venues for price in self._book.all(venue))
        return self._known
