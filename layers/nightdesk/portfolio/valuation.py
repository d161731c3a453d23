"""What one asset is worth in another at the last known prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import divide, multiply
from nightdesk.markets.model import Price

BRIDGES = tuple(map(AssetId, ("USDT", "USDC", "BTC", "ETH", "USD", "EUR", "BNB", "FDUSD")))
"""Assets by way of which two others are compared that have no market together, the first that works."""

FRESHER_BY = timedelta(hours=1)
"""A way must be so much fresher than one that stands before it to be taken instead."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit is worth.

    Attributes:
        value: In the other asset, rounded to 18 decimals.
        at: When the oldest price used was made; None for an asset in itself.
    """

    value: Decimal
    at: datetime | None


class PriceGraph:
    """Rates between assets: a market of the two, the same market turned round, or one asset between them."""

    def __init__(self, prices: Iterable[Price]) -> None:
        self._prices: dict[tuple[AssetId, AssetId], Price] = {}
        for price in prices:
            pair = (price.instrument.base, price.instrument.quote)
            known = self._prices.get(pair)
            if price.last > 0 and (known is None or price.at > known.at):
                self._prices[pair] = price

    def rate(self, asset: AssetId, into: AssetId) -> Rate | None:
        """What one unit of the asset is worth; None when no prices say it.

        A market of the two comes first, then the bridges in their order; a way whose oldest price is more than an
        hour fresher wins, so that a market that died does not keep its last price for ever.
        """
        if asset == into:
            return Rate(Decimal(1), None)
        best: Rate | None = None
        for rate in self._ways(asset, into):
            if best is None or _fresher(rate, best):
                best = rate
        return best

    def _ways(self, asset: AssetId, into: AssetId) -> Iterator[Rate]:
        if direct := self._direct(asset, into):
            yield direct
        for bridge in BRIDGES:
            first, second = self._direct(asset, bridge), self._direct(bridge, into)
            if first and second:
                yield _combined(first, second)

    def _direct(self, asset: AssetId, into: AssetId) -> Rate | None:
        if price := self._prices.get((asset, into)):
            return Rate(price.last, price.at)
        if price := self._prices.get((into, asset)):
            return Rate(divide(Decimal(1), price.last), price.at)
        return None


def _combined(first: Rate, second: Rate) -> Rate:
    return Rate(multiply(first.value, second.value), min(_at(first), _at(second)))


def _fresher(rate: Rate, than: Rate) -> bool:
    return _at(rate) - _at(than) > FRESHER_BY


def _at(rate: Rate) -> datetime:
    assert rate.at is not None  # noqa: S101 - only an asset in itself has no instant, and it is no way
    return rate.at
