"""One price of an asset from several venues: never one source alone, and what it rests on is told.

The last prices of all venues are the sources. Dollars and the coins that follow it are converted into each other at
the median of their own markets, never taken for one another. The price of the first venue in `VENUES` that is fresh
counts as it is, digit for digit, as long as it lies within `BOUND_BP` of the median of all fresh sources; else the
median does. One price for everybody: a portfolio's total, rules, bars and reports can't disagree by the venue.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final

from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.money import add, divide, multiply, subtract
from nightdesk.markets.model import Price

VENUES: Final = tuple(map(VenueId, ("binance", "kraken", "coinbase", "bitfinex", "htx")))
"""Whose price is taken, the first that is fresh; any others follow by their names."""

DOLLARS: Final = tuple(map(AssetId, ("USDT", "USD", "USDC")))
"""Quotes that are converted into each other, so that their markets are sources for one another."""

FRESH_FOR: Final = timedelta(minutes=5)
"""A source so much older than the newest does not count."""

BOUND_BP: Final = Decimal(100)
"""A venue's own price counts as long as it is no further from the median, in basis points."""

CLEAR: Final = 0.0099
"""What floats see within this is within the bound whatever they rounded."""

ENOUGH: Final = 3
"""Of two sources that contradict each other nobody can tell which is wrong; of three the median can."""

Pair = tuple[AssetId, AssetId]
"""Base and quote of a market."""

Counting = tuple[Decimal, datetime]
"""The price that counts and when it was made."""

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
EVER: Final = datetime.max.replace(tzinfo=UTC)

_BASIS_POINTS: Final = Decimal(10_000)
_NONE: Final[Mapping[VenueId, Price]] = {}
_RANKS: Final = {venue: rank for rank, venue in enumerate(VENUES)}


class Verdict(StrEnum):
    """How a price came about."""

    AGREED = "agreed"
    """A venue's own price, which others confirm."""
    COMPOSITE = "composite"
    """The median: the first venue's price was too far from it."""
    ONE_SOURCE = "one_source"
    """One venue's price, which no other confirms: not proven."""
    DISPUTED = "disputed"
    """The first of two that contradict each other: not proven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one market says.

    Attributes:
        price: As the market tells it.
        converted: In the quote that was asked for; None where no market tells the rate.
        deviation_bp: From the composite, in basis points, to two decimals; None without one.
        is_fresh: Whether it counted: fresh, and the first of its venue's markets that is.
    """

    instrument: Instrument
    price: Decimal
    at: datetime
    converted: Decimal | None
    deviation_bp: Decimal | None
    is_fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """A market's price, and where it is from.

    Attributes:
        value: In quote per base.
        at: When the price that counts was made; of a median, the oldest source's instant.
        chosen: The market whose own price counts; None for the median.
        median: Over all fresh sources.
        sources: All there are, by venue in the order of `VENUES`, then symbol.
    """

    base: AssetId
    quote: AssetId
    value: Decimal
    at: datetime
    verdict: Verdict
    chosen: Instrument | None
    median: Decimal
    sources: tuple[Source, ...]

    @property
    def is_proven(self) -> bool:
        """Whether more than one source stands behind it."""
        return self.verdict in {Verdict.AGREED, Verdict.COMPOSITE}


@dataclass(frozen=True, slots=True)
class Seen:
    """What floats see of a market's sources where they suffice to say whose price counts.

    Attributes:
        first: Whose price counts.
        near: The median; infinite where there is only this one market.
        widest: How much a relative's price may count for in the quote.
        since: No price that was made before is fresh.
        until: As long as no newer price comes, all sources that count stay fresh.
    """

    first: Price
    near: float
    widest: float
    since: datetime
    until: datetime

    @property
    def off(self) -> float:
        """How far the first is from the median."""
        return 0.0 if math.isinf(self.near) else abs(float(self.first.last) - self.near)


@dataclass(frozen=True, slots=True)
class _Heard:
    """A price in the quote that was asked for."""

    price: Price
    converted: Decimal


def venues_with(venues: Iterable[VenueId]) -> tuple[VenueId, ...]:
    """All venues whose prices are sources, these among them."""
    return tuple(dict.fromkeys((*VENUES, *sorted(venues))))


class Sources:
    """The last prices of all venues' markets, by what they trade.

    Args:
        prices: In any order; of one market's the newest counts. What is not positive counts for nothing.
    """

    def __init__(self, prices: Iterable[Price]) -> None:
        self._markets: dict[Pair, dict[VenueId, Price]] = {}
        self._rates: dict[Pair, Decimal | None] = {}
        for price in prices:
            instrument = price.instrument
            markets = self._markets.setdefault((instrument.base, instrument.quote), {})
            known = markets.get(instrument.venue)
            if (known is None or price.at > known.at) and price.last > 0:
                markets[instrument.venue] = price

    def has(self, base: AssetId, quote: AssetId) -> bool:
        """Whether any venue tells a price of the very market."""
        return bool(self._markets.get((base, quote)))

    def price(self, base: AssetId, quote: AssetId) -> Counting | None:
        """The price that counts and when it was made; None when no market of the two tells one."""
        return self._counting(base, quote)[0]

    def _counting(self, base: AssetId, quote: AssetId) -> tuple[Counting | None, Seen | None]:
        """The price that counts, and what floats saw if they sufficed."""
        own = self._markets.get((base, quote))
        if not own:
            return None, None
        if len(own) == 1 and not self._has_siblings(base, quote):
            (only,) = own.values()
            seen: Seen | None = Seen(only, math.inf, 1.0, ALWAYS, EVER)
        else:
            seen = self._seen(base, quote, own)
        if seen is not None and (seen.off < CLEAR * seen.near):
            return (seen.first.last, seen.first.at), seen
        chosen, value, at, _ = _chosen(*self._fresh(base, quote))
        return ((chosen.last, chosen.at) if chosen is not None else (value, at)), None

    def composite(self, base: AssetId, quote: AssetId) -> Composite | None:
        """The same with everything that it rests on."""
        if not self._markets.get((base, quote)):
            return None
        own, heard = self._fresh(base, quote)
        chosen, value, at, verdict = _chosen(own, heard)
        middle = median([each.converted for each in heard])
        return Composite(
            base=base,
            quote=quote,
            value=value,
            at=at,
            verdict=verdict,
            chosen=None if chosen is None else chosen.instrument,
            median=middle,
            sources=tuple(self._told(base, quote, heard, middle)),
        )

    def others(self, instrument: Instrument) -> list[Decimal]:
        """What fresh markets of other venues say of the same, in this market's quote."""
        found = self._converted(instrument.base, instrument.quote)
        return [each.converted for each in _fresh(found) if each.price.instrument.venue != instrument.venue]

    def _seen(self, base: AssetId, quote: AssetId, own: Mapping[VenueId, Price]) -> Seen | None:
        """How floats see it: most often they suffice. None where no first venue is fresh, or nobody beside it."""
        told = [(own, 1.0)]
        for other in relatives(base, quote):
            others = self._markets.get((base, other))
            if others and (rate := self._rate(other, quote)) is not None:
                told.append((others, float(rate)))
        since = max([price.at for market, _ in told for price in market.values()]) - FRESH_FOR
        first = next((own[venue] for venue in VENUES if venue in own and own[venue].at >= since), None)
        voices: dict[VenueId, tuple[float, datetime]] = {}
        for market, factor in told:
            for venue, price in market.items():
                if venue not in voices and price.at >= since:
                    voices[venue] = float(price.last) * factor, price.at
        if first is None or len(voices) == 1:
            return None
        ordered, middle = sorted([value for value, _ in voices.values()]), len(voices) // 2
        near = ordered[middle] if len(voices) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
        until = min([at for _, at in voices.values()]) + FRESH_FOR
        return Seen(first, near, max([factor for _, factor in told]), since, until)

    def _fresh(self, base: AssetId, quote: AssetId) -> tuple[list[Price], list[_Heard]]:
        """Fresh prices of the very market, by rank, and all fresh sources."""
        heard = _fresh(self._converted(base, quote))
        own = [each.price for each in heard if each.price.instrument.quote == quote]
        return sorted(own, key=_rank), heard

    def _converted(self, base: AssetId, quote: AssetId) -> list[_Heard]:
        found = [_Heard(price, price.last) for price in self._of(base, quote)]
        for other in relatives(base, quote):
            prices = self._of(base, other)
            rate = self._rate(other, quote) if prices else None
            if rate is not None:
                found += [_Heard(price, multiply(price.last, rate)) for price in prices]
        return [each for each in found if each.converted > 0]

    def _has_siblings(self, base: AssetId, quote: AssetId) -> bool:
        return any(self._markets.get((base, other)) for other in relatives(base, quote))

    def _of(self, base: AssetId, quote: AssetId) -> Collection[Price]:
        return self._markets.get((base, quote), _NONE).values()

    def _rate(self, asset: AssetId, into: AssetId) -> Decimal | None:
        """What a dollar is worth in another, by the median of the markets of the two."""
        if (asset, into) not in self._rates:
            straight = [price.last for price in self._of(asset, into)]
            turned = [divide(Decimal(1), price.last) for price in self._of(into, asset)]
            rates = [rate for rate in (*straight, *turned) if rate > 0]
            self._rates[asset, into] = median(rates) if rates else None
        return self._rates[asset, into]

    def _told(self, base: AssetId, quote: AssetId, heard: Sequence[_Heard], middle: Decimal) -> Iterator[Source]:
        fresh = {each.price.instrument for each in heard}
        converted = {each.price.instrument: each.converted for each in self._converted(base, quote)}
        quotes = (quote, *relatives(base, quote))
        for price in sorted((each for one in quotes for each in self._of(base, one)), key=_rank):
            mine = converted.get(price.instrument)
            yield Source(
                instrument=price.instrument,
                price=price.last,
                at=price.at,
                converted=mine,
                deviation_bp=None if mine is None else deviation_bp(mine, middle),
                is_fresh=price.instrument in fresh,
            )


def median(values: Sequence[Decimal]) -> Decimal:
    """The middle value, or the mean of the two in the middle, rounded once to 18 decimals; there must be one."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return divide(add(ordered[middle - 1], ordered[middle]), Decimal(2))


def deviation_bp(value: Decimal, of: Decimal) -> Decimal:
    """How far a value lies above (or, negative, below) another, in basis points to two decimals."""
    return multiply(divide(subtract(value, of), of), _BASIS_POINTS).quantize(Decimal("0.01"))


def is_within(value: Decimal, of: Decimal, bound_bp: Decimal) -> bool:
    """Whether a value lies no further from another than the bound."""
    return multiply(subtract(value, of).copy_abs(), _BASIS_POINTS) <= multiply(of, bound_bp)


def _chosen(own: Sequence[Price], heard: Sequence[_Heard]) -> tuple[Price | None, Decimal, datetime, Verdict]:
    """The price whose own figure counts, or none of them and the median."""
    middle = median([each.converted for each in heard])
    oldest = min(each.price.at for each in heard)
    first = own[0] if own else None
    if len({each.price.instrument.venue for each in heard}) == 1:
        price = first or min((each.price for each in heard), key=_rank)
        value = next(each.converted for each in heard if each.price is price)
        return (first, value, price.at, Verdict.ONE_SOURCE)
    if first is not None and is_within(first.last, middle, BOUND_BP):
        return first, first.last, first.at, Verdict.AGREED
    if len(heard) >= ENOUGH or first is None:
        return None, middle, oldest, Verdict.COMPOSITE
    return first, first.last, first.at, Verdict.DISPUTED


def _fresh(heard: Sequence[_Heard]) -> list[_Heard]:
    """One fresh price of each venue, of its market that comes first: a venue with many markets has one voice."""
    newest = max((each.price.at for each in heard), default=None)
    voices: dict[VenueId, _Heard] = {}
    for each in heard:
        if newest is not None and newest - each.price.at <= FRESH_FOR:
            voices.setdefault(each.price.instrument.venue, each)
    return list(voices.values())


@lru_cache(maxsize=10_000)
def relatives(base: AssetId, quote: AssetId) -> tuple[AssetId, ...]:
    """Dollars other than the quote; none where a dollar itself is priced, for that would go in a circle."""
    if quote not in DOLLARS or base in DOLLARS:
        return ()
    return tuple(each for each in DOLLARS if each != quote)


def _rank(price: Price) -> tuple[int, VenueId, str]:
    venue = price.instrument.venue
    return _RANKS.get(venue, len(_RANKS)), venue, price.instrument.symbol
