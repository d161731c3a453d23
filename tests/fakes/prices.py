"""The price book in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.markets.model import Price


@dataclass(slots=True)
class FakePriceBook:
    """The newest price of each instrument."""

    prices: dict[Instrument, Price] = field(default_factory=dict)

    def put(self, prices: Iterable[Price]) -> None:
        for price in prices:
            known = self.prices.get(price.instrument)
            if known is None or price.at > known.at:
                self.prices[price.instrument] = price

    def all(self, venue: VenueId) -> tuple[Price, ...]:
        return tuple(price for instrument, price in self.prices.items() if instrument.venue == venue)
