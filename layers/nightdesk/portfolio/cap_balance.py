"""How a portfolio is spread over coins of different size, and over how far each is from its highest price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import ZERO, divide, multiply, subtract
from nightdesk.markets.caps import MarketCap
from nightdesk.portfolio.display import CURRENCIES, EURO
from nightdesk.portfolio.figures import known_sum
from nightdesk.portfolio.model import Portfolio, ValuedAsset


class CapSize(StrEnum):
    """How large a coin is, by its market capitalisation in dollars."""

    MEGA = "mega"
    LARGE = "large"
    MID = "mid"
    SMALL = "small"
    MICRO = "micro"
    UNKNOWN = "unknown"


class Distance(StrEnum):
    """How far a coin is from its highest price, by how much it would gain up to it."""

    NEAR = "near"
    MODERATE = "moderate"
    FAR = "far"
    VERY_FAR = "very_far"
    STABLE = "stable"
    """It is meant to keep to a currency: its high says nothing."""
    UNKNOWN = "unknown"


SIZES: Final = (
    (CapSize.MEGA, Decimal(200_000_000_000)),
    (CapSize.LARGE, Decimal(10_000_000_000)),
    (CapSize.MID, Decimal(1_000_000_000)),
    (CapSize.SMALL, Decimal(100_000_000)),
    (CapSize.MICRO, ZERO),
)
"""From which capitalisation on, in dollars."""

DISTANCES: Final = (
    (Distance.NEAR, Decimal("0.25")),
    (Distance.MODERATE, Decimal(1)),
    (Distance.FAR, Decimal(4)),
)
"""Up to which gain; beyond is very far: five times the present price and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapPosition:
    """An asset that is held, beside its listing; without one it isn't known which listed coin it is, if any."""

    asset: ValuedAsset
    cap: MarketCap | None
    size: CapSize
    distance: Distance

    @property
    def potential_ratio(self) -> Decimal | None:
        """What its price would gain up to its high; None where that says nothing."""
        if self.cap is None or self.distance is Distance.STABLE:
            return None
        return self.cap.potential_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A part of the portfolio.

    Attributes:
        value: In the base asset.
        share_ratio: Of what has a value.
    """

    name: str
    value: Decimal
    share_ratio: Decimal | None
    assets: tuple[AssetId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapBalance:
    """The whole.

    Attributes:
        potential_ratio: What the part whose highs are known would gain if every coin stood at its high at once.
        covered_ratio: How much of the value that part is.
    """

    portfolio: Portfolio
    positions: tuple[CapPosition, ...]
    by_size: tuple[Bucket, ...]
    by_distance: tuple[Bucket, ...]
    potential_ratio: Decimal | None
    covered_ratio: Decimal | None


def cap_balance(portfolio: Portfolio, caps: Iterable[MarketCap]) -> CapBalance:
    """What is held, by size and by distance from the high."""
    known = {cap.asset: cap for cap in caps if cap.asset is not None}
    positions = tuple(_position(each, known.get(each.asset)) for each in portfolio.assets if each.quantity)
    whole = known_sum([each.asset.value for each in positions])
    covered = [each for each in positions if each.potential_ratio is not None and each.asset.value is not None]
    value = known_sum([each.asset.value for each in covered])
    gain = known_sum([multiply(each.asset.value or ZERO, each.potential_ratio or ZERO) for each in covered])
    return CapBalance(
        portfolio=portfolio,
        positions=positions,
        by_size=_buckets([size.value for size in CapSize], {each: each.size.value for each in positions}, whole),
        by_distance=_buckets([far.value for far in Distance], {each: each.distance.value for each in positions}, whole),
        potential_ratio=_ratio(gain, value),
        covered_ratio=_ratio(value, whole),
    )


def potential_ratio(portfolio: Portfolio, caps: Iterable[MarketCap], asset: AssetId | None = None) -> Decimal | None:
    """The portfolio's potential, or one asset's in it; None where nothing is known of it."""
    balance = cap_balance(portfolio, caps)
    if asset is None:
        return balance.potential_ratio
    return next((each.potential_ratio for each in balance.positions if each.asset.asset == asset), None)


def size_of(market_cap: Decimal | None) -> CapSize:
    """How large a coin of this capitalisation in dollars is."""
    if market_cap is None:
        return CapSize.UNKNOWN
    return next(size for size, least in SIZES if market_cap >= least)


def is_currency(asset: AssetId) -> bool:
    """Whether it is money that no one lists as a coin: it has no size and no high."""
    return asset in {EURO, *CURRENCIES}


def drawdown_ratio(cap: MarketCap) -> Decimal:
    """How far the price is below the high: 0.25 is a quarter below."""
    return subtract(Decimal(1), divide(cap.listing.price, cap.high.price))


def _position(asset: ValuedAsset, cap: MarketCap | None) -> CapPosition:
    size = CapSize.UNKNOWN if cap is None else size_of(cap.listing.market_cap)
    distance = Distance.STABLE if cap is None and is_currency(asset.asset) else _distance(cap)
    return CapPosition(asset=asset, cap=cap, size=size, distance=distance)


def _distance(cap: MarketCap | None) -> Distance:
    if cap is None:
        return Distance.UNKNOWN
    if cap.listing.stable:
        return Distance.STABLE
    return next((far for far, most in DISTANCES if cap.potential_ratio <= most), Distance.VERY_FAR)


def _buckets(names: Sequence[str], named: Mapping[CapPosition, str], whole: Decimal | None) -> tuple[Bucket, ...]:
    """Every bucket in its order, those without anything too."""
    return tuple(_bucket(name, [each for each, its in named.items() if its == name], whole) for name in names)


def _bucket(name: str, positions: Sequence[CapPosition], whole: Decimal | None) -> Bucket:
    value = known_sum([each.asset.value for each in positions]) or ZERO
    assets = tuple(each.asset.asset for each in positions)
    return Bucket(name=name, value=value, share_ratio=_ratio(value, whole), assets=assets)


def _ratio(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if part is None or not whole else divide(part, whole)
