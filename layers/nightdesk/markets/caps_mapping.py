"""Which of our assets a listed coin is. Symbols are not unique, so nothing is taken for another on its symbol alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from nightdesk.kernel.assets import AssetId, VenueId, asset_id
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.money import divide, subtract
from nightdesk.markets.assets import identify
from nightdesk.markets.caps import CapId, Listing, MappedBy, Unmapped
from nightdesk.markets.model import Price

WITHIN_RATIO: Final = Decimal("0.1")
"""Prices of one coin at two places an hour apart differ by less; of two coins of one symbol they hardly ever do."""

DOLLARS: Final = frozenset(map(AssetId, ("USD", "USDT", "USDC")))

_SOURCE: Final = VenueId("coinmarketcap")

# Numbers that CoinMarketCap gave long ago and never gives again (its id map, `/v1/cryptocurrency/map`, 2026-11).
_PINNED: Final = """
    1:BTC 2:LTC 52:XRP 74:DOGE 131:DASH 328:XMR 512:XLM 825:USDT 1027:ETH 1321:ETC 1376:NEO 1437:ZEC 1518:MKR 1684:QTUM
    1697:BAT 1720:IOTA 1765:A 1831:BCH 1839:BNB 1958:TRX 1975:LINK 2010:ADA 2011:XTZ 2280:FIL 3077:VET 3408:USDC
    3602:BSV 3794:ATOM 3890:POL 4030:ALGO 4642:HBAR 4943:DAI 5426:SOL 5805:AVAX 5994:SHIB 6210:SAND 6535:NEAR 6636:DOT
    6719:GRT 6783:AXS 7083:UNI 7278:AAVE 8916:ICP 11419:TON 11840:OP 11841:ARB 20947:SUI 21794:APT 24478:PEPE
    26081:FDUSD 28321:POL
"""
PINNED: Final[Mapping[CapId, AssetId]] = {
    CapId(int(number)): AssetId(asset) for number, asset in (each.split(":") for each in _PINNED.split())
}


@dataclass(frozen=True, slots=True)
class Identified:
    """What a coin is, or why that isn't known."""

    asset: AssetId | None
    by: MappedBy | None = None
    unmapped: Unmapped | None = None


def map_listings(
    listings: Sequence[Listing], prices: Mapping[AssetId, Decimal], at: datetime
) -> Mapping[CapId, Identified]:
    """What each coin is; no asset is given twice.

    Args:
        listings: By rank.
        prices: What venues trade assets at now, in dollars.
        at: Now: symbols change hands.
    """
    shared = Counter(listing.symbol.upper() for listing in listings)
    taken: set[AssetId] = set()
    mapped: dict[CapId, Identified] = {}
    for listing in sorted(listings, key=lambda each: (each.cap_id not in PINNED, each.rank)):
        found = _map(listing, prices, at, is_shared=shared[listing.symbol.upper()] > 1)
        if found.asset in taken:
            found = Identified(None, unmapped=Unmapped.ANOTHER_IS)
        if found.asset is not None:
            taken.add(found.asset)
        mapped[listing.cap_id] = found
    return mapped


def _map(listing: Listing, prices: Mapping[AssetId, Decimal], at: datetime, *, is_shared: bool) -> Identified:
    if pinned := PINNED.get(listing.cap_id):
        return Identified(pinned, MappedBy.ID)
    if is_shared:
        return Identified(None, unmapped=Unmapped.SHARED_SYMBOL)
    try:
        asset = identify(_SOURCE, asset_id(listing.symbol), at)
    except InvalidInput:
        return Identified(None, unmapped=Unmapped.NO_PRICE)
    price = prices.get(asset)
    if price is None:
        return Identified(None, unmapped=Unmapped.NO_PRICE)
    if divide(subtract(price, listing.price).copy_abs(), listing.price) > WITHIN_RATIO:
        return Identified(None, unmapped=Unmapped.PRICE_DIFFERS)
    return Identified(asset, MappedBy.SYMBOL_AND_PRICE)


def dollar_prices(prices: Iterable[Price]) -> Mapping[AssetId, Decimal]:
    """The median of what venues trade each asset at against a dollar or what is meant to be one."""
    found: dict[AssetId, list[Decimal]] = defaultdict(list)
    for price in prices:
        if price.instrument.quote in DOLLARS and price.last > 0:
            found[price.instrument.base].append(price.last)
    return {asset: sorted(told)[len(told) // 2] for asset, told in found.items()}
