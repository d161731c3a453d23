"""Composite prices that are followed tick by tick: only what a changed price touches is computed again.

Most ticks need no computation at all: a first venue's price that lies firmly within the bound counts on, digit for
digit, until all that moved since could have brought it near the bound, or a source might be fresh no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.kernel.money import multiply, subtract
from nightdesk.markets.composite import DOLLARS, Counting, Pair, Seen, Sources, relatives
from nightdesk.markets.model import Price

DRIFT: Final = Decimal("0.0005")
"""The dollars' rates may move by so much before prices that lie firmly within the bound are computed again."""

FIRM: Final = 0.008
"""What stays within this of the median is within `BOUND_BP` of it whatever the rates do within `DRIFT`."""

WAITING_MAX: Final = 10_000
"""Of what is not asked for nothing is remembered, so that waiting prices don't grow without end."""

_WIDER: Final = 1.01


@dataclass(slots=True)
class _Firm:
    """Why a first venue's price counts on.

    Attributes:
        spare: By how much prices may yet move together, in the quote.
    """

    first: VenueId
    spare: float
    widest: float
    since: datetime
    until: datetime


class FollowedSources(Sources):
    """`Sources` that go on, price by price, and remember what they told.

    What they tell after `settle` is exactly what sources made anew of the last prices would tell.
    """

    def __init__(self, prices: Iterable[Price]) -> None:
        super().__init__(prices)
        self._remembered: dict[Pair, Counting | None] = {}
        self._firm: dict[Pair, _Firm] = {}
        self._anchors: dict[Pair, Decimal | None] = {}
        self._put: list[tuple[Price | None, Price]] = []

    def put(self, price: Price) -> bool:
        """From now on this is its market's price; never an older one than was told before.

        Returns:
            Whether nothing that was told before holds on: a pair's first market came or its last one went, or nobody
            asked for long.
        """
        instrument = price.instrument
        pair = (instrument.base, instrument.quote)
        market = self._markets.setdefault(pair, {})
        had, before = bool(market), market.pop(instrument.venue, None)
        if price.last > 0:
            market[instrument.venue] = price
        if _is_of_dollars(pair):
            self._rates.clear()
        if had != bool(market) or len(self._put) >= WAITING_MAX:
            self._forget()
            return True
        if self._remembered:
            self._put.append((before, price))
        return False

    def price(self, base: AssetId, quote: AssetId) -> Counting | None:
        """As the sources tell it; remembered."""
        pair = (base, quote)
        if pair not in self._remembered:
            self._tell(pair)
        return self._remembered[pair]

    def settle(self) -> set[Pair]:
        """Take in what was put; the pairs of which another price counts now."""
        put, self._put = self._put, []
        changed: set[Pair] = set()
        again: set[Pair] = set()
        for before, price in put:
            base, quote = price.instrument.base, price.instrument.quote
            for pair in ((base, quote), *((base, each) for each in relatives(base, quote))):
                if pair not in self._remembered or pair in again:
                    continue
                if not self._holds_on(pair, before, price):
                    again.add(pair)
                elif self._firm[pair].first == price.instrument.venue and pair[1] == quote:
                    self._remembered[pair] = price.last, price.at
                    changed.add(pair)
        if any(_is_of_dollars((price.instrument.base, price.instrument.quote)) for _, price in put):
            again |= self._moved_by_dollars()
        changed.update(pair for pair in again if self._is_other(pair))
        return changed

    def _holds_on(self, pair: Pair, before: Price | None, price: Price) -> bool:
        """Whether the same venue's price counts after a price took another's place, without looking at all."""
        firm = self._firm.get(pair)
        if firm is None or before is None or before.at < firm.since or price.at > firm.until or price.last <= 0:
            return False
        # The first venue's price moves itself and the median.
        firm.spare -= 2 * abs(float(price.last) - float(before.last)) * firm.widest
        return firm.spare > 0

    def _moved_by_dollars(self) -> set[Pair]:
        """What the dollars' rates may have changed."""
        if any(_drifted(anchor, self._rate(*pair)) for pair, anchor in self._anchors.items()):
            self._anchors.clear()
            return {pair for pair in self._remembered if relatives(*pair)}
        return {pair for pair in self._remembered if pair not in self._firm and relatives(*pair)}

    def _is_other(self, pair: Pair) -> bool:
        """Tell the pair's price again; whether it is another."""
        before, now = self._remembered[pair], self._tell(pair)
        if before is None or now is None:
            return before is not now
        return now[0] is not before[0] or now[1] != before[1]

    def _tell(self, pair: Pair) -> Counting | None:
        counting, seen = self._counting(*pair)
        self._remembered[pair] = counting
        self._firm.pop(pair, None)
        if seen is not None and (spare := FIRM * seen.near - seen.off) > 0:
            self._firm[pair] = _firm(seen, spare)
        return counting

    def _rate(self, asset: AssetId, into: AssetId) -> Decimal | None:
        rate = super()._rate(asset, into)
        self._anchors.setdefault((asset, into), rate)
        return rate

    def _forget(self) -> None:
        self._remembered.clear()
        self._firm.clear()
        self._anchors.clear()
        self._put.clear()


def _firm(seen: Seen, spare: float) -> _Firm:
    return _Firm(seen.first.instrument.venue, spare, max(1.0, seen.widest) * _WIDER, seen.since, seen.until)


def _is_of_dollars(pair: Pair) -> bool:
    return pair[0] in DOLLARS and pair[1] in DOLLARS


def _drifted(anchor: Decimal | None, rate: Decimal | None) -> bool:
    if anchor is None or rate is None:
        return anchor is not rate
    return subtract(rate, anchor).copy_abs() > multiply(anchor, DRIFT)
