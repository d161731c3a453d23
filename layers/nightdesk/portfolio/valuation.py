"""What one asset is worth in another at the last known prices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import divide, multiply
from nightdesk.markets.composite import Composite, Pair, Verdict
from nightdesk.markets.followed import FollowedSources
from nightdesk.markets.model import Price

BRIDGES = tuple(map(AssetId, ("USDT", "USDC", "BTC", "ETH", "USD", "EUR", "BNB", "FDUSD")))
"""Assets by way of which two others are compared that have no market together, the first that works."""

FRESHER_BY = timedelta(hours=1)
"""A way must be so much fresher than one that stands before it to be taken instead."""

_WORST = (Verdict.AGREED, Verdict.COMPOSITE, Verdict.ONE_SOURCE, Verdict.DISPUTED)


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit is worth.

    Attributes:
        value: In the other asset, rounded to 18 decimals.
        at: When the oldest price used was made; None for an asset in itself.
    """

    value: Decimal
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A rate and everything that it was made of.

    Attributes:
        value: As in the rate.
        at: Likewise.
        steps: The markets' prices on the way, one or two; none for an asset in itself.
    """

    asset: AssetId
    into: AssetId
    value: Decimal
    at: datetime | None
    steps: tuple[Composite, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst on the way."""
        return max((step.verdict for step in self.steps), key=_WORST.index, default=Verdict.AGREED)


@dataclass(frozen=True, slots=True)
class _Way:
    """A rate and the pairs whose prices make it."""

    rate: Rate
    pairs: tuple[Pair, ...]


class PriceGraph:
    """Rates between assets: a market of the two, the same market turned round, or one asset between them.

    A market's price is the composite of all venues that have it (`nightdesk.markets.composite`). A graph may go on
    with the market: what a price that is heard does not touch is remembered.
    """

    def __init__(self, prices: Iterable[Price]) -> None:
        self._sources = FollowedSources(prices)
        self._known: dict[Pair, Rate | None] = {}
        self._best_ways: dict[Pair, _Way | None] = {}
        self._resting: dict[Pair, set[Pair]] = {}
        self._legs: dict[AssetId, tuple[AssetId, ...]] = {}
        self._is_behind = False

    def hear(self, price: Price) -> None:
        """From now on this is its market's price; never an older one than was heard before."""
        self._is_behind = True
        if self._sources.put(price):
            self._known.clear()
            self._best_ways.clear()
            self._resting.clear()
            self._legs.clear()

    def rate(self, asset: AssetId, into: AssetId) -> Rate | None:
        """What one unit of the asset is worth; None when no prices say it.

        A market of the two comes first, then the bridges in their order; a way whose oldest price is more than an
        hour fresher wins, so that a market that died does not keep its last price for ever.
        """
        if asset == into:
            return Rate(Decimal(1), None)
        best = self._best(asset, into)
        return None if best is None else best.rate

    def explain(self, asset: AssetId, into: AssetId) -> Explanation | None:
        """The same rate with what it is made of."""
        if asset == into:
            return Explanation(asset=asset, into=into, value=Decimal(1), at=None, steps=())
        best = self._best(asset, into)
        if best is None:
            return None
        steps = tuple(step for pair in best.pairs if (step := self._composite(*pair)) is not None)
        return Explanation(asset=asset, into=into, value=best.rate.value, at=best.rate.at, steps=steps)

    def _best(self, asset: AssetId, into: AssetId) -> _Way | None:
        if self._is_behind:
            self._catch_up()
        wanted = (asset, into)
        if wanted not in self._best_ways:
            self._best_ways[wanted] = self._look(asset, into)
        return self._best_ways[wanted]

    def _catch_up(self) -> None:
        """Forget what rests on prices that count no more."""
        self._is_behind = False
        for base, quote in self._sources.settle():
            for pair in ((base, quote), (quote, base)):
                self._known.pop(pair, None)
                for wanted in self._resting.pop(pair, ()):
                    self._best_ways.pop(wanted, None)

    def _look(self, asset: AssetId, into: AssetId) -> _Way | None:
        wanted = (asset, into)
        direct = self._direct(asset, into, wanted)
        best = _Way(direct, (wanted,)) if direct else None
        for bridge in self._bridges_from(asset):
            first = self._direct(asset, bridge, wanted)
            # Together they are no fresher than the first of them alone.
            if first is None or (best is not None and not _fresher(first, best.rate)):
                continue
            second = self._direct(bridge, into, wanted)
            if second is None:
                continue
            combined = _combined(first, second)
            if best is None or _fresher(combined, best.rate):
                best = _Way(combined, ((asset, bridge), (bridge, into)))
        return best

    def _bridges_from(self, asset: AssetId) -> tuple[AssetId, ...]:
        """The bridges that the asset has a market with."""
        if asset not in self._legs:
            found = (each for each in BRIDGES if self._sources.has(asset, each) or self._sources.has(each, asset))
            self._legs[asset] = tuple(found)
        return self._legs[asset]

    def _direct(self, asset: AssetId, into: AssetId, wanted: Pair) -> Rate | None:
        """What a market of the two says; what is wanted rests on it."""
        pair = (asset, into)
        if pair not in self._known:
            self._known[pair] = self._market(asset, into)
        rate = self._known[pair]
        if rate is not None:
            self._resting.setdefault(pair, set()).add(wanted)
        return rate

    def _market(self, asset: AssetId, into: AssetId) -> Rate | None:
        if price := self._sources.price(asset, into):
            return Rate(*price)
        if price := self._sources.price(into, asset):
            return Rate(divide(Decimal(1), price[0]), price[1])
        return None

    def _composite(self, asset: AssetId, into: AssetId) -> Composite | None:
        return self._sources.composite(asset, into) or self._sources.composite(into, asset)


def _combined(first: Rate, second: Rate) -> Rate:
    return Rate(multiply(first.value, second.value), min(_at(first), _at(second)))


def _fresher(rate: Rate, than: Rate) -> bool:
    return _at(rate) - _at(than) > FRESHER_BY


def _at(rate: Rate) -> datetime:
    assert rate.at is not None  # noqa: S101 - only an asset in itself has no instant, and it is no way
    return rate.at
