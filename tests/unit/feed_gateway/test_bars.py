"""Adding up bars from parts that are stored and heard, in whatever order the two come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fargate.feed_gateway.bars import Bar, LiveBars, Stored
from nightdesk.candles.model import Candle
from nightdesk.candles.resolutions import Resolution, bar_start
from nightdesk.candles.rollup import rollup

START = datetime(2026, 1, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def part(minute: int, price: float = 10.0, volume: float = 1.0) -> Candle:
    return Candle(START + minute * MINUTE, price, price + 1, price - 1, price, volume)


def stored(parts: list[Candle], resolution: Resolution) -> Stored:
    """As the store has the parts."""
    bars = rollup(parts, resolution)
    last = [each for each in parts if bar_start(each.at, resolution) == bars[-1].at]
    return Stored(bars=bars, parts=last, parts_from=bars[-1].at, until=parts[-1].at + MINUTE)


@given(
    count=st.integers(1, 90),
    stored_until=st.integers(1, 90),
    loaded_after=st.integers(0, 90),
    resolution=st.sampled_from([Resolution.MINUTE, Resolution.MINUTES_5, Resolution.MINUTES_30, Resolution.HOUR]),
)
def test_the_bars_told_are_those_of_all_the_parts(
    count: int, stored_until: int, loaded_after: int, resolution: Resolution
) -> None:
    parts = [part(minute, 10.0 + minute % 7) for minute in range(count + stored_until)]
    live = LiveBars(resolution, Resolution.MINUTE)
    told: dict[datetime, Bar] = {}
    heard = parts[stored_until:]
    for index, each in enumerate(heard):
        if index == loaded_after:
            told |= {bar.candle.at: bar for bar in live.load(stored(parts[:stored_until], resolution))}
        told |= {bar.candle.at: bar for bar in live.hear(each, is_closed=True)}
    if loaded_after >= len(heard):
        told |= {bar.candle.at: bar for bar in live.load(stored(parts[:stored_until], resolution))}
    expected = {bar.at: bar for bar in rollup(parts, resolution)}
    newest = max(expected)
    assert told[newest].candle == expected[newest]
    assert told[newest].is_closed is (parts[-1].at + MINUTE == newest + resolution.span)


def test_a_part_left_out_is_missing_until_it_is_stored() -> None:
    live = LiveBars(Resolution.HOUR, Resolution.MINUTE)
    live.load(stored([part(0)], Resolution.HOUR))
    live.hear(part(1), is_closed=True)
    assert not live.is_missing
    live.hear(part(3), is_closed=False)
    assert live.is_missing
    assert live.read_from == START
    live.load(stored([part(0), part(1)], Resolution.HOUR))
    assert live.is_missing
    (bar,) = live.load(stored([part(0), part(1), part(2)], Resolution.HOUR))
    assert not live.is_missing
    assert bar.candle.volume == 4


def test_a_correction_of_what_was_added_up_is_read_again() -> None:
    live = LiveBars(Resolution.DAY, Resolution.MINUTE)
    hours = [Candle(START, 1, 2, 1, 2, 60)]
    bar = Candle(START, 1, 2, 1, 2, 61)
    live.load(Stored(bars=[bar], parts=[*hours, part(60)], parts_from=START + 60 * MINUTE, until=START + 61 * MINUTE))
    assert live.hear(part(5), is_closed=True) == []
    assert live.is_missing


def test_an_empty_store_gives_what_is_heard() -> None:
    live = LiveBars(Resolution.HOUR, Resolution.MINUTES_15)
    live.hear(part(0), is_closed=False)
    assert [bar.candle.close for bar in live.load(Stored())] == [10.0]
