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
from nightdesk.portfolio.exposure import Exposure
from nightdesk.portfolio.rebuilding import Move, PastBooks, rebuild
from nightdesk.portfolio.tracking import PortfolioTracker

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
    """An independent valuation: the last price of each market before the instant."""
    worth = HELD[USDT]
    for market in MARKETS:
        last = max((price for price in prices if price.instrument == market and price.at < at), key=lambda p: p.at)
        worth += HELD[market.base] * last.last
    return worth


def expected(prices: list[Price], start: datetime) -> Candle:
    instants = {start, start + BAR}
    for price in prices:
        end = price.at.replace(microsecond=0) + timedelta(seconds=1)
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


@settings(max_examples=60, deadline=None)
@given(prices=ticks, late=st.sets(st.integers(0, 60)), kept=st.sampled_from([0, 20, 100_000]))
def test_what_comes_after_its_bar_was_closed_corrects_it(prices: list[Price], late: set[int], kept: int) -> None:
    tracker = PortfolioTracker(timedelta(seconds=1), prices_kept=kept)
    tracker.hold([EXPOSURE])
    end = replace(FIRST[0], last=Decimal(1), at=START + timedelta(hours=2))
    in_time = [price for index, price in enumerate(prices) if index not in late]
    for price in [*FIRST, *sorted(in_time, key=lambda price: price.at), end]:
        tracker.hear(price, START)
    bars = {row.candle.at: row.candle for row in tracker.advance(START + timedelta(seconds=2))}
    assert all(bars[START + index * BAR] == expected(FIRST + in_time, START + index * BAR) for index in range(4))
    for index in late & set(range(len(prices))):
        tracker.hear(prices[index], START + timedelta(seconds=3))
    for later_s in range(4, 12):
        bars |= {row.candle.at: row.candle for row in tracker.advance(START + timedelta(seconds=later_s))}
    beyond = tracker.beyond()
    assert kept < 100_000 or not beyond
    first_kept = min(beyond, default=START) if not beyond else tracker.kept_since or START
    for start in (START + index * BAR for index in range(4)):
        if start >= first_kept:
            assert bars[start] == expected(FIRST + prices, start)


def test_a_move_booked_late_corrects_every_bar_from_its_instant_on() -> None:
    tracker = PortfolioTracker(timedelta(0))
    tracker.hold([EXPOSURE])
    for minutes in (0, 16, 31, 46):
        tracker.hear(replace(FIRST[0], at=START + timedelta(minutes=minutes)), START)
    for price in FIRST:
        tracker.hear(price, START)
    given = tracker.advance(START)
    assert [row.candle.at for row in given] == [START, START + BAR, START + 2 * BAR]
    bought = Move(at=START + BAR + timedelta(minutes=5), asset=USDT, amount=Decimal(100))
    more = replace(EXPOSURE, quantities=HELD | {USDT: Decimal(107)})
    tracker.hold([more], {EXPOSURE.portfolio_id: [bought]})
    corrected = {row.candle.at: row.candle for row in tracker.advance(START + timedelta(seconds=1))}
    assert sorted(corrected) == [START + BAR, START + 2 * BAR]
    assert corrected[START + BAR].close == given[1].candle.close + 100
    assert corrected[START + 2 * BAR].open == given[2].candle.open + 100


def test_what_no_move_explains_counts_from_when_it_was_seen() -> None:
    tracker = PortfolioTracker(timedelta(0))
    tracker.hold([EXPOSURE])
    for price in (*FIRST, *(replace(FIRST[0], at=START + timedelta(minutes=minutes)) for minutes in (0, 16, 31))):
        tracker.hear(price, START)
    given = tracker.advance(START)
    tracker.hold([replace(EXPOSURE, quantities=HELD | {USDT: Decimal(107)})])
    assert tracker.advance(START + timedelta(seconds=2)) == []
    tracker.hear(replace(FIRST[0], at=START + timedelta(minutes=50)), START)
    last = tracker.advance(START + timedelta(seconds=2))[-1].candle
    assert (last.open, last.close) == (given[-1].candle.close, given[-1].candle.close + 100)


def test_corrections_that_wait_are_given_at_the_end_or_told_after_an_interruption() -> None:
    for interrupted in (True, False):
        tracker = PortfolioTracker(timedelta(0))
        tracker.hold([EXPOSURE])
        for price in (*FIRST, *(replace(FIRST[0], at=START + timedelta(minutes=minutes)) for minutes in (0, 16, 31))):
            tracker.hear(price, START)
        tracker.advance(START)
        tracker.hear(replace(FIRST[0], last=Decimal(999), at=START + timedelta(minutes=3)), START)
        assert tracker.advance(START) == []
        if interrupted:
            tracker.begin(())
            assert tracker.beyond() == {START}
        else:
            assert tracker.settle()[0].candle.high == 999 * 2 + 5 + 7
        assert not tracker.beyond()


def test_a_portfolio_that_joins_is_given_from_its_first_whole_bar_on() -> None:
    tracker = PortfolioTracker(timedelta(0))
    tracker.hold([EXPOSURE])
    ids = [EXPOSURE.portfolio_id, TenantId(UUID(int=2))]
    for minutes in (0, 16):
        tracker.hear(replace(FIRST[0], at=START + timedelta(minutes=minutes)), START)
    tracker.advance(START)
    tracker.hold([EXPOSURE, replace(EXPOSURE, portfolio_id=ids[1])])
    for minutes in (31, 46):
        tracker.hear(replace(FIRST[0], at=START + timedelta(minutes=minutes)), START)
    given = [(row.series[-1], row.candle.at) for row in tracker.advance(START)]
    assert given == [("1", START + BAR), ("1", START + 2 * BAR), ("2", START + 2 * BAR)]


@settings(max_examples=40, deadline=None)
@given(prices=ticks)
def test_bars_made_afterwards_open_and_close_with_the_same_values(prices: list[Price]) -> None:
    known = sorted(FIRST + prices, key=lambda price: price.at)
    starts = [START + index * BAR for index in range(4)]
    books = PastBooks(exposure=EXPOSURE, moves=(), prices=minutes(known))
    made = list(rebuild(books, starts))
    assert [one.row.candle.at for one in made] == starts
    for one in made:
        wanted = expected(known, one.row.candle.at)
        assert (one.row.candle.open, one.row.candle.close) == (wanted.open, wanted.close)
        assert one.is_told
        assert not one.differs_from(wanted)
        assert one.differs_from(replace(wanted, close=wanted.close * 1.001))


def minutes(prices: list[Price]) -> list[Price]:
    """The closes of the markets' one-minute bars, each at the end of its minute."""
    closes = []
    for market in MARKETS:
        for minute in range(62):
            end = START + timedelta(minutes=minute)
            last = max((p for p in prices if p.instrument == market and p.at < end), key=lambda p: p.at)
            closes.append(replace(last, at=end))
    return sorted(closes, key=lambda price: price.at)


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


def test_a_bar_is_unsure_while_an_asset_lacks_its_minutes() -> None:
    part = [price for price in minutes(FIRST) if price.instrument != MARKETS[1]]
    books = PastBooks(exposure=EXPOSURE, moves=(), prices=part)
    assert [one.is_told for one in rebuild(books, [START, START + BAR])] == [False, False]
    some = [price for price in minutes(FIRST) if price.instrument != MARKETS[1] or price.at <= START + BAR]
    books = PastBooks(exposure=EXPOSURE, moves=(), prices=some)
    assert [one.is_told for one in rebuild(books, [START, START + BAR])] == [True, False]


def test_a_bar_in_which_an_asset_got_its_first_price_is_not_given() -> None:
    tracker = PortfolioTracker(timedelta(0))
    tracker.hold([EXPOSURE])
    for minutes, known in ((5, FIRST[0]), (20, FIRST[0]), (25, FIRST[1]), (35, FIRST[0]), (50, FIRST[0])):
        tracker.hear(replace(known, at=START + timedelta(minutes=minutes)), START)
    assert [row.candle.at for row in tracker.advance(START)] == [START + 2 * BAR]


def test_of_one_instant_the_trade_of_the_higher_number_counts_whichever_comes_last() -> None:
    tracker = PortfolioTracker(timedelta(0))
    tracker.hold([EXPOSURE])
    late = replace(FIRST[0], at=START + timedelta(minutes=1))
    for price in (*FIRST, replace(FIRST[0], at=START), replace(late, last=Decimal(30), number=3)):
        tracker.hear(price, START)
    tracker.hear(replace(FIRST[0], last=Decimal(30), at=START + timedelta(minutes=16)), START)
    given = tracker.advance(START)
    tracker.hear(replace(late, last=Decimal(500), number=2), START)
    assert tracker.advance(START + timedelta(seconds=2)) == []
    assert given[0].candle.high == 30 * 2 + 5 + 7
