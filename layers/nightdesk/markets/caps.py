"""Market capitalisations and all-time highs of coins, as one source lists them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType, Protocol

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import divide, subtract

CapId = NewType("CapId", int)
"""The source's own number of a coin: symbols are not unique, these are."""

LISTED_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A coin as it is listed; amounts of money in dollars.

    Attributes:
        market_cap: None where the source does not verify the supply.
        change_day_ratio: Of the price in 24 hours; 0.05 is five percent more.
        stable: Whether it is meant to keep to a currency.
        updated_at: When the source made the figures.
    """

    cap_id: CapId
    rank: int
    symbol: str
    name: str
    slug: str
    price: Decimal
    market_cap: Decimal | None
    circulating_supply: Decimal | None
    volume_day: Decimal | None
    change_day_ratio: Decimal | None
    stable: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listings:
    """What one question brought.

    Attributes:
        credits_used: Of the plan.
    """

    at: datetime
    rows: tuple[Listing, ...]
    credits_used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class High:
    """The highest price of a coin, in dollars.

    Attributes:
        known_since: Prices before are not known here; None: of all time, as the source says.
    """

    price: Decimal
    at: datetime
    known_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Highs:
    """All-time highs that one question brought."""

    by_id: dict[CapId, High]
    credits_used: int


class MappedBy(StrEnum):
    """How a coin's asset is known."""

    ID = "id"
    """Its number is in our own list."""
    SYMBOL_AND_PRICE = "symbol_and_price"
    """Nobody else listed has the symbol, and venues trade that at this price."""


class Unmapped(StrEnum):
    """Why no asset of ours is known to be the coin."""

    SHARED_SYMBOL = "shared_symbol"
    NO_PRICE = "no_price"
    PRICE_DIFFERS = "price_differs"
    ANOTHER_IS = "another_is"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketCap:
    """A listed coin with its asset and its high.

    Attributes:
        asset: None where it isn't proven which of ours it is; then `unmapped` says why.
    """

    listing: Listing
    high: High
    asset: AssetId | None
    mapped_by: MappedBy | None
    unmapped: Unmapped | None

    @property
    def potential_ratio(self) -> Decimal:
        """How much its price would gain up to the high: 1 is twice the present price, 0 is at the high."""
        return subtract(divide(self.high.price, self.listing.price), Decimal(1))


class CapsSource(Protocol):
    """Lists coins by their market capitalisation."""

    def listings(self) -> Listings:
        """The largest coins, by rank.

        Raises:
            RateLimited: The plan's credits are used up.
            Unavailable: The source does not answer, or answers what can't be listings.
        """
        ...

    def highs(self, ids: Sequence[CapId]) -> Highs:
        """All-time highs of these coins, so far as it knows them.

        Raises:
            Forbidden: `caps.not_in_plan`: the plan does not have them.
            RateLimited: The plan's credits are used up.
            Unavailable: The source does not answer, or answers what can't be highs.
        """
        ...


class CapReads(Protocol):
    """Tells what is known of market capitalisations."""

    def page(self, *, after: tuple[int, int], limit: int) -> Sequence[MarketCap]:
        """Coins by rank, then number, after those of one."""
        ...

    def of_assets(self, assets: Sequence[AssetId]) -> Sequence[MarketCap]:
        """Those that are known to be one of these assets."""
        ...
