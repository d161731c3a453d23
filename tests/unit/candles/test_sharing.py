"""How processes share the markets: evenly, alike in every process, moving little."""

from collections import Counter

import pytest

from nightdesk.candles.sharing import Share, shares_of, spread
from nightdesk.kernel.assets import AssetId, Instrument, VenueId

VENUES = tuple(map(VenueId, ("binance", "kraken", "coinbase", "bitfinex", "htx")))
SHARES = shares_of(VENUES, 4)


def test_every_market_belongs_to_one_share_of_its_venue() -> None:
    markets = [Instrument(venue, AssetId(f"A{number}"), AssetId("USD")) for venue in VENUES for number in range(200)]
    owners = [[share for share in SHARES if share.has(market)] for market in markets]
    assert all(
        len(shares) == 1 and shares[0].venue == market.venue for shares, market in zip(owners, markets, strict=True)
    )
    sizes = Counter(shares[0] for shares in owners)
    assert set(sizes) == set(SHARES)
    assert min(sizes.values()) > 30


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20, 30])
def test_nobody_has_more_than_his_part(count: int) -> None:
    found = spread(SHARES, [f"member-{number}" for number in range(count)])
    assert set(found) == set(SHARES)
    assert max(Counter(found.values()).values()) <= -(-len(SHARES) // count)


def test_everybody_comes_to_the_same_spread() -> None:
    assert spread(SHARES, ["a", "b", "c"]) == spread(reversed(SHARES), ["c", "a", "b"])


def test_few_shares_of_the_living_move_when_one_dies() -> None:
    before = spread(SHARES, ["a", "b", "c"])
    after = spread(SHARES, ["a", "b"])
    moved = [share for share in SHARES if before[share] != "c" and before[share] != after[share]]
    assert len(moved) <= len(SHARES) // 4


def test_nobody_streams_when_nobody_lives() -> None:
    assert spread(SHARES, []) == {}


def test_another_division_has_other_names() -> None:
    assert Share(VENUES[0], 0, 2).name != Share(VENUES[0], 0, 4).name
    assert shares_of([VENUES[0], VENUES[0]], 1) == (Share(VENUES[0], 0, 1),)
