"""Bars of any venue: asked once however many want them, in turn, within bounds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ccxt
import pytest

from nightdesk.candles.model import Candle
from nightdesk.candles.proxied_venues import PROXIED
from nightdesk.candles.proxying import BARS_MAX, BarsWish, MarketProxy, ProxiedBars
from nightdesk.kernel.errors import InvalidInput, NightdeskError, NotFound, RateLimited, Unavailable
from nightdesk.kernel.ids import CorrelationId
from tests.fakes.clock import FakeClock
from tests.fakes.market_proxy import FakeBarsMemory, FakeVenueBars

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class World:
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOON + timedelta(seconds=30)))
    venue: FakeVenueBars = field(default_factory=FakeVenueBars)
    memory: FakeBarsMemory = field(init=False)

    def __post_init__(self) -> None:
        self.memory = FakeBarsMemory(self.clock)

    @property
    def proxy(self) -> MarketProxy:
        return self.venue.proxy(self.memory, self.clock, self.clock.advance)

    def read(self, **changed: object) -> ProxiedBars:
        asked: dict[str, object] = {"venue": "bitstamp", "symbol": "BTC/USD", "resolution": "1h", "limit": 10} | changed
        venue, symbol, resolution = (str(asked.pop(name)) for name in ("venue", "symbol", "resolution"))
        asked = {"since": None, "until": None, "correlation_id": CorrelationId("c"), **asked}
        return self.proxy.bars(venue, symbol, resolution, **asked)  # type: ignore[arg-type]


@pytest.fixture
def world() -> World:
    return World()


def test_the_newest_bars_end_with_the_one_that_forms(world: World) -> None:
    told = world.read()
    assert [bar.at for bar in told.candles] == [NOON - (9 - index) * HOUR for index in range(10)]
    assert told.next_from is None


def test_pages_follow_each_other_without_a_hole(world: World) -> None:
    since, until, starts = NOON - 25 * HOUR, NOON, []
    while since is not None:
        told = world.read(since=since, until=until)
        starts += [bar.at for bar in told.candles]
        since = told.next_from  # type: ignore[assignment]
    assert starts == [NOON - 25 * HOUR + index * HOUR for index in range(25)]


def test_months_are_not_stepped_over(world: World) -> None:
    @dataclass
    class Months(FakeVenueBars):
        def bars(self, wish: BarsWish, correlation_id: CorrelationId) -> Sequence[Candle]:  # noqa: ARG002
            starts = [datetime(2025, month, 1, tzinfo=UTC) for month in range(1, 13)]
            return [Candle(at, 1, 1, 1, 1) for at in starts if wish.since <= at < wish.until][: wish.limit]

    world.venue = Months()
    first = world.read(resolution="1M", since=datetime(2025, 1, 1, tzinfo=UTC), until=NOON, limit=1)
    assert first.next_from is not None
    second = world.read(resolution="1M", since=first.next_from, until=NOON, limit=1)
    assert second.candles[0].at == datetime(2025, 2, 1, tzinfo=UTC)


def test_the_same_again_is_not_asked_again_until_it_may_have_changed(world: World) -> None:
    world.read()
    world.read()
    assert len(world.venue.asked) == 1
    world.clock.advance(6)
    world.read()
    assert len(world.venue.asked) == 2
    ended = world.read(until=NOON - 5 * HOUR)
    world.clock.advance(600)
    assert world.read(until=NOON - 5 * HOUR).candles == ended.candles
    assert len(world.venue.asked) == 3


def test_whoever_comes_second_takes_the_answer_of_the_first(world: World) -> None:
    asked = world.read()
    world.venue.asked.clear()
    world.memory.told.clear()
    assert world.memory.take("bitstamp", timedelta(seconds=30))
    waits: list[float] = []

    def answer_meanwhile(seconds: float) -> None:
        waits.append(seconds)
        world.memory.keep(asked.wish.key, asked.candles, timedelta(seconds=5))

    proxy = world.venue.proxy(world.memory, world.clock, answer_meanwhile)
    told = proxy.bars("bitstamp", "BTC/USD", "1h", since=None, until=None, limit=10, correlation_id=CorrelationId("c"))
    assert told.candles == asked.candles
    assert waits
    assert world.venue.asked == []


def test_who_has_no_turn_in_time_is_told_to_come_again(world: World) -> None:
    world.memory.taken["bitstamp"] = NOON + HOUR
    with pytest.raises(RateLimited, match="other bars"):
        world.read()
    world.read(venue="kraken")  # another venue is free


def test_a_venue_that_fails_is_free_for_the_next_and_nothing_is_kept(world: World) -> None:
    world.venue.error = Unavailable("venue.unavailable", "The venue does not answer.")
    with pytest.raises(Unavailable):
        world.read()
    world.venue.error = None
    assert len(world.read().candles) == 10


@pytest.mark.parametrize(
    ("changed", "error", "code"),
    [
        ({"venue": "nowhere"}, NotFound, "market_proxy.venue_unknown"),
        ({"venue": "../x"}, NotFound, "market_proxy.venue_unknown"),
        ({"symbol": "BTCUSD"}, InvalidInput, "market_proxy.symbol_malformed"),
        ({"symbol": "btc/usd?x"}, InvalidInput, "market_proxy.symbol_malformed"),
        ({"resolution": "7m"}, InvalidInput, "market_proxy.resolution_unknown"),
        ({"limit": 0}, InvalidInput, "market_proxy.limit"),
        ({"limit": BARS_MAX + 1}, InvalidInput, "market_proxy.limit"),
        ({"since": NOON, "until": NOON - HOUR}, InvalidInput, "market_proxy.range"),
    ],
)
def test_what_can_not_be_meant_reaches_no_venue(
    world: World, changed: dict[str, object], error: type[NightdeskError], code: str
) -> None:
    with pytest.raises(error) as refused:
        world.read(**changed)
    assert refused.value.code == code
    assert world.venue.asked == []


def test_a_hundred_years_are_as_many_bars_as_one_page_has(world: World) -> None:
    year = timedelta(days=365)
    world.read(since=NOON - 100 * year, until=NOON + 100 * year, limit=BARS_MAX)
    (wish,) = world.venue.asked
    assert wish.until - wish.since <= BARS_MAX * HOUR


def test_every_listed_venue_is_one_that_the_installed_ccxt_has() -> None:
    folder = Path(ccxt.__file__).parent / "async_support"
    assert not [venue for venue in PROXIED if not (folder / f"{venue}.py").exists()]
