"""Listings of the past: how large each coin was and how far from its high, as it was known at an instant."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import divide, subtract

FRESH_FOR: Final = timedelta(hours=3)
"""Coins are listed once an hour; a listing that is older says nothing of now."""


@dataclass(frozen=True, slots=True)
class CapFacts:
    """What figures of a coin's size and potential are made of, in dollars.

    Attributes:
        market_cap: None where the source does not verify the supply.
        stable: Whether it is meant to keep to a currency: its high says nothing.
    """

    price: Decimal
    market_cap: Decimal | None
    high: Decimal
    stable: bool

    @property
    def potential_ratio(self) -> Decimal | None:
        """How much its price would gain up to the high: 1 is twice the present price; None where that says nothing."""
        return None if self.stable else subtract(divide(self.high, self.price), Decimal(1))


@dataclass(frozen=True, slots=True)
class CapListing:
    """One listing, by what is known to be an asset of ours.

    Attributes:
        at: When the source made it.
    """

    at: datetime
    coins: Mapping[AssetId, CapFacts] = field(default_factory=dict)


def _at(listing: CapListing) -> datetime:
    return listing.at


class CapHistory:
    """Listings of a stretch of time, in any order."""

    def __init__(self, listings: Iterable[CapListing] = ()) -> None:
        self.listings = tuple(sorted(listings, key=_at))

    def at(self, instant: datetime) -> CapListing | None:
        """The newest that was made by the instant; None where that is too old, or there is none."""
        place = bisect_right(self.listings, instant, key=_at) - 1
        if place < 0 or instant - self.listings[place].at > FRESH_FOR:
            return None
        return self.listings[place]


NEVER_LISTED: Final = CapHistory()
"""No listing at all."""


class CapHistoryReads(Protocol):
    """Tells listings of the past."""

    def listed(self, since: datetime, until: datetime, assets: Collection[AssetId] | None = None) -> CapHistory:
        """Every listing made between the two, both included: of all coins, or of these assets only."""
        ...
