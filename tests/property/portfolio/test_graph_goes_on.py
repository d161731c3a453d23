"""A graph that goes on with the market tells what one made anew of the last prices tells."""

from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.markets.followed import WAITING_MAX, FollowedSources
from nightdesk.markets.model import Price
from nightdesk.portfolio.valuation import PriceGraph
from tests.builders.ledger import RECORDED

ASSETS: Final = tuple(map(AssetId, ("USDT", "USD", "USDC", "BTC", "EUR", "XRP", "ADA")))
VENUES: Final = tuple(map(VenueId, ("binance", "kraken", "htx", "other")))
LEVELS: Final = dict(zip(ASSETS, map(Decimal, ("1", "0.9995", "1.0002", "50000", "1.1", "0.6", "0.4")), strict=True))
MARKETS: Final = tuple(
    Instrument(venue, base, quote)
    for venue in VENUES
    for base, quote in permutations(ASSETS, 2)
    if quote in {"USDT", "USD", "USDC", "BTC", "EUR"} and ASSETS.index(base) > ASSETS.index(quote)
)
PAIRS: Final = tuple(permutations(ASSETS, 2))
GAPS: Final = (0, 0, 1, 2, 60, 299, 301, 3_500, 4_000)
MOVES: Final = ("1", "1.0001", "0.9999", "1.0004", "1.003", "0.99", "1.02", "1.5", "0")

Tick = tuple[Instrument, int, str]
ticks = st.lists(
    st.tuples(st.sampled_from(MARKETS), st.sampled_from(GAPS), st.sampled_from(MOVES)), min_size=1, max_size=60
)


def price(tick: Tick, seconds: int) -> Price:
    market, _, move = tick
    last = LEVELS[market.base] / LEVELS[market.quote] * Decimal(move)
    return Price(instrument=market, last=round(last, 8), at=RECORDED + timedelta(seconds=seconds))


@settings(max_examples=60, deadline=None)
@given(ticks, st.integers(1, 5), st.integers(0, 40))
def test_what_is_followed_is_what_is_computed_anew(told: list[Tick], asked_every: int, first: int) -> None:
    known: dict[Instrument, Price] = {}
    seconds, graph = 0, PriceGraph(())
    for number, tick in enumerate(told):
        seconds += tick[1]
        known[tick[0]] = price(tick, seconds)
        if number <= first:
            graph = PriceGraph(known.values())
            continue
        graph.hear(known[tick[0]])
        if number % asked_every == 0:
            assert_same(graph, PriceGraph(known.values()))
    assert_same(graph, PriceGraph(known.values()))


def test_a_graph_that_nobody_asks_keeps_no_prices() -> None:
    known = {market: price((market, 0, "1"), 0) for market in MARKETS}
    sources = FollowedSources(known.values())
    told = [price((MARKETS[number % len(MARKETS)], 0, "1"), number) for number in range(2 * WAITING_MAX)]
    assert not any(map(sources.put, told))
    assert not sources.settle()
    before = sources.price(ASSETS[3], ASSETS[0])
    assert sum(map(sources.put, told)) == 1
    assert sources.price(ASSETS[3], ASSETS[0]) == before


def assert_same(graph: PriceGraph, anew: PriceGraph) -> None:
    for pair in PAIRS:
        found, wanted = graph.rate(*pair), anew.rate(*pair)
        assert (found, str(found)) == (wanted, str(wanted)), pair
    assert [graph.explain(*pair) for pair in PAIRS[:12]] == [anew.explain(*pair) for pair in PAIRS[:12]]


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(MARKETS), st.integers(-90, 90)), min_size=40, max_size=200))
def test_many_small_moves_are_followed(moves: list[tuple[Instrument, int]]) -> None:
    """Up to the bound and beyond it, a hair at a time."""
    known = {market: price((market, 0, "1"), 0) for market in MARKETS}
    graph = PriceGraph(known.values())
    assert_same(graph, PriceGraph(known.values()))
    for seconds, (market, ten_thousandths) in enumerate(moves):
        last = known[market].last * (1 + Decimal(ten_thousandths) / 10_000)
        known[market] = Price(instrument=market, last=round(last, 8), at=RECORDED + timedelta(seconds=seconds))
        graph.hear(known[market])
        if seconds % 16 == 0:
            assert_same(graph, PriceGraph(known.values()))
