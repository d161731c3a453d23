"""A bar of all portfolios with the prices it is made of, so that what comes late can still take its place in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from nightdesk.candles.model import Candle
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.model import Price
from nightdesk.portfolio.held_over_time import HeldOverTime
from nightdesk.portfolio.packed_prices import PackedPrices
from nightdesk.portfolio.valuation import PriceGraph
from nightdesk.portfolio.valuation_arrays import FormingBars

Prices = dict[Instrument, Price]
OPEN_SECONDS: Final = 3


class TracedBar:
    """One stretch between two boundaries.

    Args:
        start: The first boundary.
        end: The second.
        opening: The last price of each market made before the start.
        is_whole: What came before it is known; the bar in which following began is not whole, and is never given.

    Attributes:
        touched_at: When something came too late for the bar as it was made, in wall time; None when it is right.
    """

    def __init__(self, start: datetime, end: datetime, opening: Prices, *, is_whole: bool) -> None:
        self.start = start
        self.end = end
        self.opening = opening
        self.is_whole = is_whole
        self.touched_at: datetime | None = None
        self.price_count = 0
        self._seconds: dict[datetime, Prices] = {}
        self._packed: dict[datetime, PackedPrices] = {}
        self._given: dict[TenantId, Candle] = {}

    def put(self, second: datetime, price: Price) -> bool:
        """Keep a price made in the second that ends then; tells whether it says something new about its end."""
        prices = self._open(second)
        known = prices.get(price.instrument)
        if not put_newest(prices, price):
            return False
        self.price_count += known is None
        return True

    def begin(self, held: HeldOverTime) -> FormingBars:
        """The portfolios' bars at the start."""
        whole = [self.is_whole and followed for followed in held.followed_at(self.start)]
        opening = held.at(self.start).values(PriceGraph(self.opening.values()))
        return FormingBars(held.portfolio_ids, self.start, opening, whole)

    def retrace(self, held: HeldOverTime) -> tuple[FormingBars, Prices]:
        """The portfolios' bars made once more from the start, and the last price of each market before the end."""
        forming, prices, graph = self.begin(held), dict(self.opening), PriceGraph(self.opening.values())
        for second in sorted({*self._seconds, *self._packed}):
            for price in self._at(second).values():
                if put_newest(prices, price):
                    graph.hear(price)
            forming.observe(held.at(second).values(graph))
        forming.observe(held.at(self.end).values(graph))
        return forming, prices

    def _open(self, second: datetime) -> Prices:
        """The second's prices to put others to; those of seconds that nothing came for lately are packed."""
        if second not in self._seconds:
            self._seconds[second] = self._at(second)
            self._packed.pop(second, None)
            while len(self._seconds) > OPEN_SECONDS:
                eldest = next(iter(self._seconds))
                self._packed[eldest] = PackedPrices.pack(self._seconds.pop(eldest))
        return self._seconds[second]

    def _at(self, second: datetime) -> Prices:
        if second in self._seconds:
            return self._seconds[second]
        packed = self._packed.get(second)
        return {} if packed is None else packed.unpacked()

    def give(self, formed: FormingBars) -> list[tuple[TenantId, Candle]]:
        """What is new in these bars since they were given the last time."""
        fresh = [(each, candle) for each, candle in formed.candles() if self._given.get(each) != candle]
        self._given.update(fresh)
        self.touched_at = None
        return fresh


def put_newest(prices: Prices, price: Price) -> bool:
    """Keep the price unless a newer one of its market is there; tells whether anything changed."""
    known = prices.get(price.instrument)
    if known is not None and (price.place < known.place or price == known):
        return False
    prices[price.instrument] = price
    return True


def newest_of(known: Iterable[Price]) -> Prices:
    """The newest price of each market."""
    prices: Prices = {}
    for price in known:
        put_newest(prices, price)
    return prices
