"""What holds for bars whatever comes, against computations that share no code."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isclose
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.candles.builder import BarBuilder
from nightdesk.candles.model import Candle, Trade
from nightdesk.candles.resolutions import AnyResolution, Resolution, bar_end, bar_start, parse_length
from nightdesk.candles.rollup import rollup

START = datetime(2026, 3, 27, tzinfo=UTC)
ZONES = sorted(available_timezones() - {"localtime"})
LENGTHS = [
    *Resolution,
    *(parse_length(text) for text in ("3m", "45m", "2h", "7h", "12h", "2d", "5d", "2w", "3w", "3M", "5M", "12M")),
]
LONGER = [resolution for resolution in Resolution if resolution is not Resolution.MINUTE]

trades_strategy = st.lists(
    st.tuples(
        st.integers(0, 40 * 60_000 - 1),
        st.decimals("0.00000001", "99999", places=8),
        st.decimals("0.00000001", "999", places=8),
    ),
    min_size=1,
    max_size=60,
).map(
    lambda rows: [
        Trade(START + timedelta(milliseconds=ms), price, amount, identity)
        for identity, (ms, price, amount) in enumerate(sorted(rows))
    ]
)


def expected_minutes(trades: list[Trade], minutes: int) -> dict[datetime, tuple[float, float, float, float, float]]:
    """Minute by minute from the ordered list: nothing of the product is used."""
    bars: dict[datetime, tuple[float, float, float, float, float]] = {}
    close = None
    for minute in range(minutes):
        start = START + timedelta(minutes=minute)
        inside = [trade for trade in trades if start <= trade.at < start + timedelta(minutes=1)]
        if inside:
            prices = [trade.price for trade in inside]
            close = float(prices[-1])
            volume = float(sum((trade.amount for trade in inside), Decimal(0)))
            bars[start] = (float(prices[0]), float(max(prices)), float(min(prices)), close, volume)
        elif close is not None:
            bars[start] = (close, close, close, close, 0.0)
    return bars


@given(trades_strategy, st.randoms(use_true_random=False), st.integers(0, 20))
def test_any_order_with_doubles_and_any_settling_gives_the_same_bars(
    trades: list[Trade], shuffler: random.Random, doubles: int
) -> None:
    arriving = trades + [shuffler.choice(trades) for _ in range(doubles)]
    shuffler.shuffle(arriving)
    builder, bars = BarBuilder(since=START), {}
    for trade in arriving:
        builder.add(trade)
        if shuffler.random() < 0.2:
            settled = builder.settle(START + timedelta(milliseconds=shuffler.randrange(41 * 60_000)))
            bars.update({bar.at: bar for bar in settled})
    bars.update({bar.at: bar for bar in builder.settle(START + timedelta(minutes=40))})
    numbers = {at: (bar.open, bar.high, bar.low, bar.close, bar.volume) for at, bar in bars.items()}
    assert {at: number for at, number in numbers.items() if at < START + timedelta(minutes=40)} == expected_minutes(
        trades, 40
    )


bars_strategy = st.lists(
    st.tuples(st.integers(0, 60 * 24 * 75), st.integers(1, 1000), st.integers(1, 1000), st.integers(0, 3)),
    min_size=1,
    max_size=80,
    unique_by=lambda row: row[0],
).map(
    lambda rows: [
        Candle(START + timedelta(minutes=minute), first, max(first, last), min(first, last), last, volume)
        for minute, first, last, volume in sorted(rows)
    ]
)


@given(bars_strategy, st.sampled_from(LONGER), st.sampled_from(LONGER), st.sampled_from(ZONES))
def test_rolling_up_in_steps_equals_rolling_up_at_once(
    bars: list[Candle], middle: Resolution, longer: Resolution, zone_name: str
) -> None:
    zone = ZoneInfo(zone_name)
    fits = {Resolution.MINUTES_5, Resolution.MINUTES_15}
    if middle.span >= longer.span or (middle not in fits and (longer.follows_calendar or middle.follows_calendar)):
        middle = Resolution.MINUTES_5
    if middle is longer:
        return
    assert rollup(rollup(bars, middle, zone), longer, zone) == rollup(bars, longer, zone)


@given(bars_strategy, st.sampled_from(LENGTHS), st.sampled_from(ZONES))
def test_a_longer_bar_is_what_its_minutes_say(bars: list[Candle], longer: AnyResolution, zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    rolled = rollup(bars, longer, zone)
    assert isclose(sum(bar.volume for bar in rolled), sum(bar.volume for bar in bars))
    for bar in rolled:
        end = bar_end(bar.at, longer, zone)
        inside = [part for part in bars if bar.at <= part.at < end]
        inside = [part for part in inside if part.volume > 0] or inside
        assert (bar.open, bar.close) == (inside[0].open, inside[-1].close)
        assert (bar.high, bar.low) == (max(part.high for part in inside), min(part.low for part in inside))


@given(
    st.datetimes(datetime(1975, 1, 1), datetime(2099, 1, 1)),  # noqa: DTZ001
    st.sampled_from(LENGTHS),
    st.sampled_from(ZONES),
)
def test_bars_of_every_zone_touch_and_never_overlap(naive: datetime, resolution: AnyResolution, zone_name: str) -> None:
    at, zone = naive.replace(tzinfo=UTC), ZoneInfo(zone_name)
    start = bar_start(at, resolution, zone)
    end = bar_end(start, resolution, zone)
    assert start <= at < end
    assert bar_start(start, resolution, zone) == start
    assert bar_start(end - timedelta(microseconds=1), resolution, zone) == start
    assert bar_start(end, resolution, zone) == end


def test_every_change_of_clocks_since_2009_keeps_days_whole() -> None:
    exotic = ["Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Africa/Cairo", "Asia/Gaza", "America/St_Johns"]
    for name in [*exotic, "Australia/Lord_Howe", "America/Havana", "Asia/Beirut", *ZONES[::60]]:
        zone = ZoneInfo(name)
        start = bar_start(datetime(2009, 1, 1, tzinfo=UTC), Resolution.DAY, zone)
        while start.year < 2027:
            end = bar_end(start, Resolution.DAY, zone)
            hours = (end - start).total_seconds() / 3600
            assert 0 < hours <= 48, (name, start)
            if hours != 24:
                assert start.astimezone(zone).date() < end.astimezone(zone).date(), (name, start)
            start = end
