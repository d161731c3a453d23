"""Bars of the five faces of the paper exchange, read without a key; what else a venue may answer."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from functions.market_proxy.handler import answer
from nightdesk.adapters.exchange.public_bars import PublicBars, translate
from nightdesk.adapters.exchange.route import Route
from nightdesk.candles.proxying import SPANS, BarsWish
from nightdesk.contracts.market_proxy import BarsAnswer, bars_of, request_of
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import InvalidInput, NightdeskError, NotFound
from nightdesk.kernel.ids import CorrelationId
from nightdesk.runtime.clock import SystemClock
from tests.servers import paper_exchange

pytestmark = pytest.mark.integration
CORRELATION = CorrelationId("c")
MARKETS = {
    "binance": "BTC/USDT",
    "kraken": "BTC/USD",
    "coinbase": "BTC/USD",
    "bitfinex": "BTC/USD",
    "htx": "BTC/USDT",
}


@pytest.fixture(scope="module")
def venues(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicBars]:
    """On an exchange of its own: without a budget, what others ask of a shared one would use its limits up."""
    with paper_exchange(tmp_path_factory.mktemp("venues")) as paper:
        bars = PublicBars(Route.parse(paper.route), SystemClock())
        yield bars
        bars.close()


def wish(venue: str, symbol: str, resolution: str = "5m", bars: int = 20) -> BarsWish:
    span = SPANS[resolution]
    now = SystemClock().now()
    until = now - (now - datetime(2026, 1, 1, tzinfo=UTC)) % span
    return BarsWish(
        venue=VenueId(venue), symbol=symbol, resolution=resolution, since=until - bars * span, until=until, limit=bars
    )


@pytest.mark.parametrize("venue", sorted(MARKETS))
def test_every_face_tells_its_bars(venues: PublicBars, venue: str) -> None:
    wanted = wish(venue, MARKETS[venue])
    told = venues.bars(wanted, CORRELATION)
    assert told
    starts = [bar.at for bar in told]
    assert starts == sorted(set(starts))
    assert all(wanted.since <= at < wanted.until for at in starts)
    assert all(at.second == 0 and at.minute % 5 == 0 for at in starts)


def test_what_a_venue_does_not_have_is_said(venues: PublicBars) -> None:
    with pytest.raises(NotFound, match="no such market"):
        venues.bars(wish("binance", "NO/SUCH"), CORRELATION)
    with pytest.raises(InvalidInput, match="bars are"):
        venues.bars(wish("kraken", "BTC/USD", "3m"), CORRELATION)


def test_a_venue_that_can_not_be_reached_is_unavailable(venues: PublicBars) -> None:
    said = answer(venues, request_of(wish("bitstamp", "BTC/USD"), CORRELATION).model_dump(), CORRELATION)
    with pytest.raises(NightdeskError) as refused:
        bars_of(BarsAnswer.model_validate(said))
    assert refused.value.code == "venue.unavailable"


def test_the_function_answers_bars_and_refuses_what_it_can_not_read(venues: PublicBars) -> None:
    asked = request_of(wish("binance", "BTC/USDT", bars=3), CORRELATION).model_dump()
    assert len(bars_of(BarsAnswer.model_validate(answer(venues, asked, CORRELATION)))) == 3
    assert answer(venues, asked | {"path": "x"}, CORRELATION)["error"]["code"] == "market_proxy.request_malformed"
    outside = asked | {"venue": "nowhere"}
    assert answer(venues, outside, CORRELATION)["error"]["code"] == "market_proxy.venue_unknown"


def test_a_refusal_of_ccxt_is_told_in_our_words() -> None:
    class BadSymbol(Exception): ...

    class NotSupported(Exception): ...

    assert translate(BadSymbol("x")).code == "market_proxy.symbol_unknown"
    assert translate(NotSupported("x")).code == "market_proxy.resolution_unavailable"
