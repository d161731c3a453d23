"""Reference data in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from nightdesk.kernel.assets import AssetId
from nightdesk.markets.caps import CapId, High, Listing, MappedBy, MarketCap, Unmapped
from nightdesk.markets.caps_history import CapFacts, CapHistory, CapListing
from nightdesk.markets.fx_checking import CheckedRate
from nightdesk.markets.reference_ports import MarketDay
from nightdesk.markets.sources import SourceState

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def listing(number: int, symbol: str, price: str = "100", *, rank: int | None = None, **more: object) -> Listing:
    """A listed coin worth ten billions, unless told otherwise."""
    known: dict[str, object] = {
        "market_cap": Decimal(10_000_000_000),
        "circulating_supply": Decimal(100_000_000),
        "volume_day": Decimal(5_000_000),
        "change_day_ratio": Decimal("0.0125"),
        "stable": False,
        "updated_at": AT,
    }
    return Listing(
        cap_id=CapId(number),
        rank=rank or number,
        symbol=symbol,
        name=f"Coin {number}",
        slug=f"coin-{number}",
        price=Decimal(price),
        **{**known, **more},  # type: ignore[arg-type]
    )


def market_cap(number: int, symbol: str, *, high: str = "200", asset: str | None = None, **more: object) -> MarketCap:
    """The same with its asset, which is of the symbol's name."""
    return MarketCap(
        listing=listing(number, symbol, **more),  # type: ignore[arg-type]
        high=High(price=Decimal(high), at=AT),
        asset=AssetId(asset or symbol),
        mapped_by=MappedBy.ID,
        unmapped=None,
    )


def unmapped(number: int, symbol: str, why: Unmapped = Unmapped.SHARED_SYMBOL) -> MarketCap:
    """One that could be anything."""
    high = High(price=Decimal(200), at=AT, known_since=AT)
    return MarketCap(listing=listing(number, symbol), high=high, asset=None, mapped_by=None, unmapped=why)


@dataclass
class FakeReference:
    """`ReferenceReads` and what opens it."""

    fx: list[CheckedRate] = field(default_factory=list)
    coins: list[MarketCap] = field(default_factory=list)
    states: list[SourceState] = field(default_factory=list)
    market_days: list[MarketDay] = field(default_factory=list)

    @contextmanager
    def __call__(self) -> Iterator[FakeReference]:
        """One moment of it."""
        yield self

    def rates(self, *, after: str, limit: int) -> Sequence[CheckedRate]:
        """By currency."""
        return [each for each in sorted(self.fx, key=lambda rate: rate.currency) if each.currency > after][:limit]

    def caps(self, *, after: tuple[int, int], limit: int) -> Sequence[MarketCap]:
        """By rank."""
        rows = sorted(self.coins, key=lambda cap: (cap.listing.rank, cap.listing.cap_id))
        return [each for each in rows if (each.listing.rank, each.listing.cap_id) > after][:limit]

    def caps_of(self, assets: Sequence[AssetId]) -> Sequence[MarketCap]:
        """Of some assets."""
        return [each for each in self.coins if each.asset in assets]

    def sources(self) -> Sequence[SourceState]:
        """All."""
        return self.states

    def days(self, *, after: str, limit: int) -> Sequence[MarketDay]:
        """By series."""
        return [each for each in sorted(self.market_days, key=lambda day: day.series) if each.series > after][:limit]


def coin(market_cap: str | None, *, price: str = "100", high: str = "200", stable: bool = False) -> CapFacts:
    """A coin as one listing told it, at half its high unless told otherwise."""
    return CapFacts(Decimal(price), None if market_cap is None else Decimal(market_cap), Decimal(high), stable)


@dataclass
class FakeCapHistory:
    """`CapHistoryReads`."""

    listings: Sequence[CapListing] = ()

    def listed(self, since: datetime, until: datetime, assets: Collection[AssetId] | None = None) -> CapHistory:
        """Those between the two; of some assets."""
        return CapHistory(
            CapListing(each.at, {key: told for key, told in each.coins.items() if assets is None or key in assets})
            for each in self.listings
            if since <= each.at <= until
        )
