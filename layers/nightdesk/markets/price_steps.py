"""The smallest step of a market's price, as charts are told it: `minmov / pricescale`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from nightdesk.markets.orders import MarketRules

PLACES_MAX: Final = 15
"""A finer step has no place in a float64 that is one or more."""


@dataclass(frozen=True, slots=True)
class PriceStep:
    """A step of `minmov / pricescale`; the scale is a power of ten."""

    minmov: int
    pricescale: int


def step_of(tick: Decimal) -> PriceStep:
    """The step that a tick is: 0.05 is 5/100."""
    exponent = tick.normalize().as_tuple().exponent
    places = min(PLACES_MAX, max(0, -exponent if isinstance(exponent, int) else 0))
    return PriceStep(max(1, int(tick.scaleb(places))), 10**places)


def step_of_market(rules: MarketRules, last: Decimal | None) -> PriceStep:
    """The market's step at its price: some venues count significant digits, so a higher price has coarser steps."""
    if rules.price_digits is None or not last:
        return step_of(rules.tick)
    return step_of(max(rules.tick, Decimal(1).scaleb(last.adjusted() - rules.price_digits + 1)))


def step_of_value(value: Decimal) -> PriceStep:
    """For what has no tick, six digits or so: cents of hundreds, satoshis of fractions."""
    places = max(2, 5 - value.adjusted()) if value else 2
    return PriceStep(1, 10 ** min(places, PLACES_MAX))
