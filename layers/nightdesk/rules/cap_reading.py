"""Figures of coins' size and potential, exactly, from the listing that was known at an instant.

They are those of the page of potentials wherever that tells them of everything that has a value. Where it tells them of
a part only, for it isn't known how large a coin is that is held, they are not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, Protocol

from nightdesk.indicators.listed import coin_figure
from nightdesk.indicators.model import MetricName
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import ZERO, add, divide, multiply
from nightdesk.markets.caps_history import CapListing
from nightdesk.portfolio.cap_balance import CapSize, is_currency, size_of

SIZES: Final[Mapping[MetricName, CapSize]] = {
    MetricName.MEGA_CAPS: CapSize.MEGA,
    MetricName.LARGE_CAPS: CapSize.LARGE,
    MetricName.MID_CAPS: CapSize.MID,
    MetricName.SMALL_CAPS: CapSize.SMALL,
    MetricName.MICRO_CAPS: CapSize.MICRO,
}


class Row(Protocol):
    """A part of what is held."""

    @property
    def asset(self) -> AssetId:
        """Which."""
        ...

    @property
    def value(self) -> Decimal | None:
        """None without a price: it counts for nothing."""
        ...


def held_figure(listing: CapListing | None, name: MetricName, rows: Iterable[Row]) -> Decimal | None:
    """What is held together; None where something in it may be of any size, or nothing has a value."""
    valued = [(each.asset, each.value) for each in rows if each.value]
    if listing is None or not all(is_told(listing, name, asset) for asset, _ in valued):
        return None
    if name in SIZES:
        return _share(listing, SIZES[name], valued)
    weights = [(value, coin_figure(listing, name, asset)) for asset, value in valued]
    return _weighted([(value, figure) for value, figure in weights if figure is not None])


def is_told(listing: CapListing, name: MetricName, asset: AssetId) -> bool:
    """Whether the listing tells all that the figure needs of the asset; of money there is nothing to tell."""
    coin = listing.coins.get(asset)
    if coin is None:
        return is_currency(asset)
    return name is MetricName.POTENTIAL or coin.market_cap is not None


def size_in(listing: CapListing, asset: AssetId) -> CapSize:
    """How large the coin is."""
    coin = listing.coins.get(asset)
    return CapSize.UNKNOWN if coin is None else size_of(coin.market_cap)


def _share(listing: CapListing, size: CapSize, valued: Sequence[tuple[AssetId, Decimal]]) -> Decimal | None:
    whole, part = ZERO, ZERO
    for asset, value in valued:
        whole = add(whole, value)
        part = add(part, value if size_in(listing, asset) is size else ZERO)
    return divide(part, whole) if whole else None


def _weighted(figures: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    whole, total = ZERO, ZERO
    for value, figure in figures:
        whole, total = add(whole, value), add(total, multiply(value, figure))
    return divide(total, whole) if whole else None
