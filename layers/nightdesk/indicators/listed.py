"""Figures of coins as they are listed: the size of one, and what its price would gain up to its highest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from nightdesk.indicators.model import MetricName
from nightdesk.kernel.assets import AssetId
from nightdesk.markets.caps_history import CapFacts, CapListing

COINS: Final[Mapping[MetricName, Callable[[CapFacts], Decimal | None]]] = {
    MetricName.MARKET_CAP: lambda coin: coin.market_cap,
    MetricName.POTENTIAL: lambda coin: coin.potential_ratio,
}


def coin_figure(listing: CapListing | None, name: MetricName, asset: AssetId) -> Decimal | None:
    """One coin's; None where it isn't listed."""
    coin = None if listing is None else listing.coins.get(asset)
    return None if coin is None else COINS[name](coin)
