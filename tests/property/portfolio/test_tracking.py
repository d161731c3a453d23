"""Bars of portfolios depend on prices alone: not on arrival, load, or on whether anybody was there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.candles.model import Candle, CandleRow
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.model import Price
from nightdesk.portfolio.rebuilding import PastBooks, rebuild, told_starts
from nightdesk.portfolio.tracking import PortfolioTracker
from nightdesk.portfolio.valuation_arrays import Exposure

START = datetime(2026, 1, 1, tzinfo=UTC)
BAR = timedelta(minutes=15)
USDT, BTC, ETH = AssetId("USDT"), AssetId("BTC"), AssetId("ETH")
MARKETS = (Instrument(VenueId("binance"), BTC, USDT), Instrument(VenueId("binance"), ETH, USDT))
HELD = {BTC: Decimal(2), ETH: Decimal("0.5"), USDT: Decimal(7)}
EXPOSURE = Exposure(portfolio_id=TenantId(UUID(int=1)), base_asset=USDT, quantities=HELD)
FIRST = [Price(instrument=market, last=Decimal(10), at=START - timedelta(seconds=1)) for market in MARKETS]

ticks = st.lists(
    st.builds(
        lambda market, ms, last: Price(
            instrument=MARKETS[market], last=Decimal(last), at=START + timedelta(milliseconds=ms)
        ),
        st.integers(0, 1),
        st.integers(0, 3_600_000) | st.sampled_from([900_000, 899_999, 900_001, 1_800_000, 2_700_000]),
        st.integers(1, 1000),
    ),
    unique_by=lambda price: (price.instrument, price.at),
    max_size=60,
)


def value(prices: list[Price], at: datetime) -> Decimal:
    """An independent valuation: the last price of each market at or before the instant."""
    worth = HELD[USDT]
    for market in MARKETS:
        last = max((price for price in prices if price.instrument == market and price.at <= at), key=lambda p: p.at)
        worth += HELD[market.base] * last.last
    return worth


def expected(prices: list[Price], start: datetime) -> Candle:
    instants = {start, start + BAR}
    for price in prices:
        end = price.at.replace(microsecond=0)
        end = end if end == price.at else end + timedelta(seconds=1)
        instants |= {end} if start < end <= start + BAR else set()
    values = [float(value(prices, instant)) for instant in sorted(instants)]
    return Candle(start, values[0], max(values), min(values), values[-1])


def follow(prices: list[Price], batch: int) -> list[CandleRow]:
    """Let a tracker hear the prices in this order, so many between two looks at it."""
    tracker = PortfolioTracker(timedelta(seconds=1))
    tracker.hold([EXPOSURE])
    wall, rows = START, []
    for index, price in enumerate(prices):
        tracker.hear(price, wall)
        if index % batch == 0:
            rows += tracker.advance(wall)
            wall += timedelta(milliseconds=1)
    last = replace(FIRST[0], last=Decimal(1), at=START + timedelta(hours=2))
    tracker.hear(last, wall)
    return rows + tracker.advance(wall + timedelta(seconds=2))


@settings(max_examples=60, deadline=None)
@given(prices=ticks, batch=st.integers(1, 20), data=st.data())
def test_bars_equal_an_independent_valuation_whatever_the_order(
    prices: list[Price], batch: int, data: st.DataObject
) -> None:
    heard = FIRST + data.draw(st.permutations(prices))
    bars = {row.candle.at: row.candle for row in follow(heard, batch)}
    for index in range(4):
        start = START + index * BAR
        assert bars[start] == expected(FIRST + prices, start)


@settings(max_examples=40, deadline=None)
@given(prices=ticks)
def test_bars_made_afterwards_open_and_close_with_the_same_values(prices: list[Price]) -> None:
    known = sorted(FIRST + prices, key=lambda price: price.at)
    starts = [START + index * BAR for index in range(4)]
    books = PastBooks(exposure=EXPOSURE, moves=(), prices=known)
    for row in rebuild(books, starts):
        wanted = expected(known, row.candle.at)
        assert (row.candle.open, row.candle.close) == (wanted.open, wanted.close)


def test_a_bar_that_was_joined_midway_is_not_given() -> None:
    tracker = PortfolioTracker(timedelta(0))
    tracker.hold([EXPOSURE])
    for minutes in (5, 16, 31):
        tracker.hear(replace(FIRST[0], at=START + timedelta(minutes=minutes)), START)
    assert [row.candle.at for row in tracker.advance(START)] == [START + BAR]


def test_last_known_prices_make_no_bars_of_the_past() -> None:
    tracker = PortfolioTracker(timedelta(0))
    tracker.hold([EXPOSURE])
    tracker.begin([replace(price, at=START - timedelta(days=index)) for index, price in enumerate(FIRST)])
    assert tracker.advance(START) == []
    for minutes in (5, 16, 31):
        tracker.hear(replace(FIRST[0], at=START + timedelta(minutes=minutes)), START)
    rows = tracker.advance(START)
    assert [row.candle.at for row in rows] == [START + BAR]
    assert rows[0].candle.close == float(value(FIRST, START + timedelta(minutes=31)))


def test_a_bar_after_an_interruption_is_not_given() -> None:
    tracker = PortfolioTracker(timedelta(0))
    tracker.hold([EXPOSURE])
    for minutes in (5, 16):
        tracker.hear(replace(FIRST[0], at=START + timedelta(minutes=minutes)), START)
    tracker.advance(START)
    tracker.begin(FIRST)
    for minutes in (20, 31, 46):
        tracker.hear(replace(FIRST[0], at=START + timedelta(minutes=minutes)), START)
    assert [row.candle.at for row in tracker.advance(START)] == [START + 2 * BAR]


def test_a_bar_waits_for_every_markets_minutes() -> None:
    first, second = FIRST[0], FIRST[1]
    whole = [replace(first, at=START + timedelta(minutes=minute)) for minute in range(31)]
    part = [replace(second, at=START + timedelta(minutes=minute)) for minute in range(20)]
    assert told_starts([START, START + BAR], whole + part) == [START]


def test_a_bar_in_which_an_asset_got_its_first_price_is_not_given() -> None:
    tracker = PortfolioTracker(timedelta(0))
    tracker.hold([EXPOSURE])
    for minutes, known in ((5, FIRST[0]), (20, FIRST[0]), (25, FIRST[1]), (35, FIRST[0]), (50, FIRST[0])):
        tracker.hear(replace(known, at=START + timedelta(minutes=minutes)), START)
    assert [row.candle.at for row in tracker.advance(START)] == [START + 2 * BAR]
