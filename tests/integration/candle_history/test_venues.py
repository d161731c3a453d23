"""What five venues tell of the past is what is stored, whatever way they have to tell it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from nightdesk.adapters.exchange.market_history import HISTORY_VENUES, ExchangeHistory
from nightdesk.candles.coverage import MINUTE
from nightdesk.candles.model import Candle
from nightdesk.kernel.assets import Instrument, parse_instrument
from nightdesk.kernel.errors import NotFound
from tests.builders.desk_history import exchange_history
from tests.servers import Paper

pytestmark = pytest.mark.integration

BITCOIN = ("BINANCE:BTC/USDT", "KRAKEN:BTC/USD", "COINBASE:BTC/USD", "BITFINEX:BTC/USD", "HTX:BTC/USDT")
LISTED = datetime(2019, 1, 1, tzinfo=UTC)
SINCE = datetime(2026, 3, 1, 23, 45, tzinfo=UTC)
UNTIL = SINCE + timedelta(minutes=80)


@pytest.fixture(scope="module")
def venues(own_paper: Paper) -> Iterator[ExchangeHistory]:
    with exchange_history(own_paper) as made:
        yield made


def told(venues: ExchangeHistory, instrument: Instrument) -> list[Candle]:
    """All pages of the range."""
    bars: list[Candle] = []
    since = SINCE
    while since < UNTIL:
        page = venues.page(instrument, since, UNTIL)
        assert since < page.covered_until <= UNTIL
        assert all(since <= bar.at < page.covered_until for bar in page.bars)
        bars += page.bars
        since = page.covered_until
    return bars


@pytest.mark.parametrize("name", BITCOIN)
def test_pages_touch_and_hold_every_minute_once(venues: ExchangeHistory, name: str) -> None:
    bars = told(venues, parse_instrument(name))
    assert [bar.at for bar in bars] == [SINCE + index * MINUTE for index in range(80)]


def test_venues_of_one_pair_tell_one_truth(venues: ExchangeHistory) -> None:
    """Bars made of Kraken's trades are the bars that the others tell, to the venue's own digits."""
    ours, theirs = (told(venues, parse_instrument(name)) for name in ("KRAKEN:BTC/USD", "COINBASE:BTC/USD"))
    for one, other in zip(ours, theirs, strict=True):
        for name in ("open", "high", "low", "close"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), abs=0.1)
        assert one.volume == pytest.approx(other.volume)


@pytest.mark.parametrize("name", ["BINANCE:ETH/BTC", "KRAKEN:ETH/USD", "HTX:ETH/USDT"])
def test_the_listing_is_found_by_asking(venues: ExchangeHistory, name: str) -> None:
    listing = venues.listing(parse_instrument(name))
    assert (listing.listed_at, listing.horizon) == (LISTED, "")


def test_a_second_venue_of_the_pair_is_known(venues: ExchangeHistory) -> None:
    others = venues.others(parse_instrument("BINANCE:BTC/USDT"))
    assert {each.venue for each in others} < HISTORY_VENUES
    assert {each.symbol for each in others} == {"BTC/USDT"}
    assert "binance" not in {each.venue for each in others}


def test_a_market_that_is_not_there_is_not_found(venues: ExchangeHistory) -> None:
    with pytest.raises(NotFound) as caught:
        venues.page(parse_instrument("BINANCE:NO/SUCH"), SINCE, UNTIL)
    assert caught.value.code == "candles.market_unknown"
