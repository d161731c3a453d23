import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from fargate.market_streamer.gate import AMOUNTS_KEPT, SAMPLES_WAITING_MAX, Gate, GatedSink
from nightdesk.candles.model import Trade
from nightdesk.candles.stream_ports import Ticker, VenueStatus
from nightdesk.kernel.assets import VenueId, parse_instrument
from nightdesk.kernel.errors import Unavailable
from nightdesk.markets.composite import VENUES
from nightdesk.markets.model import Price
from nightdesk.markets.quality import Cause
from nightdesk.markets.quality_ports import QualityBatch
from nightdesk.markets.quality_watch import State
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio
MARKET = parse_instrument("BINANCE:BTC/USDT")


class Published:
    def __init__(self) -> None:
        self.tickers: list[Ticker] = []
        self.statuses: list[VenueStatus] = []

    async def publish(self, tickers: Sequence[Ticker]) -> None:
        self.tickers += tickers

    async def publish_status(self, status: VenueStatus) -> None:
        self.statuses.append(status)


class Told:
    """What all venues say."""

    def __init__(self) -> None:
        self.lasts: dict[str, str] = {}
        self.asked: Mapping[VenueId, Collection[str]] = {}
        self.told: dict[VenueId, datetime] = {}
        self.at = FakeClock().now()
        self.is_away = False
        self.waits: list[Price] = []
        self.elsewhere: list[Price] = []

    async def prices(self, symbols: Mapping[VenueId, Collection[str]]) -> list[Price]:
        self.asked = symbols
        return [
            Price(instrument=parse_instrument(name), last=Decimal(last), at=self.at)
            for name, last in self.lasts.items()
        ]

    async def waiting(self, told: Sequence[Price], now: datetime) -> list[Price]:
        self.waits = [price for price in told if price.at <= now]
        return [*self.waits, *self.elsewhere]

    async def clocks(self, told: Mapping[VenueId, datetime], now: datetime) -> Mapping[VenueId, datetime]:
        if self.is_away:
            raise Unavailable("cache.unavailable", "Away.")
        self.told |= told
        return {venue: at for venue, at in self.told.items() if at <= now}


class Log:
    def __init__(self) -> None:
        self.batches: list[QualityBatch] = []
        self.is_away = False

    def write(self, batch: QualityBatch) -> None:
        if self.is_away:
            raise Unavailable("database.unavailable", "Away.")
        self.batches.append(batch)


class Counted:
    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def count(self, name: str, value: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + value


class World:
    def __init__(self) -> None:
        self.clock, self.told, self.log, self.meter, self.sink = FakeClock(), Told(), Log(), Counted(), Published()
        self.gate = Gate(self.told, self.log, self.clock, meter=self.meter)
        self.gated: GatedSink = self.gate.around(self.sink)

    def ticker(self, last: str | None, **quote: str) -> Ticker:
        told = {side: Decimal(amount) for side, amount in quote.items()}
        return Ticker(
            instrument=MARKET,
            last=None if last is None else Decimal(last),
            bid=told.get("bid"),
            ask=told.get("ask"),
            at=self.clock.now(),
            received_at=self.clock.now() - timedelta(milliseconds=3),
        )

    def lasts(self) -> list[str]:
        return [str(ticker.last) for ticker in self.sink.tickers]


@pytest.fixture
def world() -> World:
    return World()


async def test_price_passes_as_it_was_heard(world: World) -> None:
    told = world.ticker("100", bid="99", ask="101")
    await world.gated.publish([told])
    assert world.sink.tickers == [told]


async def test_lie_is_not_published_but_counted_and_kept(world: World) -> None:
    world.told.lasts = {"KRAKEN:BTC/USD": "80", "KRAKEN:USDT/USD": "0.8", "HTX:BTC/USDT": "101"}
    await world.gate.look()
    await world.gated.publish([world.ticker("100")])
    world.clock.advance(6)
    await world.gated.publish([world.ticker("150", bid="2", ask="1")])
    await world.gate.look()

    assert world.lasts() == ["100"]
    batch = world.log.batches[-1]
    assert {cause: count for (_, cause, _), count in batch.hours.items()} == {Cause.SPIKE: 1, Cause.CROSSED: 1}
    assert [(slot, each.cause) for slot, each in batch.samples] == [(0, Cause.CROSSED), (0, Cause.SPIKE)]
    assert [(each.state, each.last) for each in batch.standings] == [(State.QUARANTINED, Decimal(100))]
    assert world.meter.counts == {"PricesRefused": 2, "PricesRefusedSpike": 1, "PricesRefusedCrossed": 1}


async def test_crash_that_others_confirm_is_published_with_the_next_flush(world: World) -> None:
    world.told.lasts = {"KRAKEN:BTC/USDT": "100", "HTX:BTC/USDT": "101"}
    await world.gated.publish([world.ticker("100")])
    await world.gate.look()
    world.clock.advance(1)
    await world.gated.publish([world.ticker("80")])
    world.told.lasts = {"KRAKEN:BTC/USDT": "80", "HTX:BTC/USDT": "80"}
    world.told.at = world.clock.now()
    await world.gate.look()
    await world.gated.publish([])
    assert world.lasts() == ["100", "80"]


async def test_crash_of_all_venues_at_once_is_published_though_none_was_believed(world: World) -> None:
    world.told.lasts = {"KRAKEN:BTC/USDT": "100", "HTX:BTC/USDT": "101"}
    await world.gate.look()
    await world.gated.publish([world.ticker("80")])
    instruments = [parse_instrument(name) for name in world.told.lasts]
    world.told.elsewhere = [Price(instrument=each, last=Decimal(80), at=world.clock.now()) for each in instruments]
    world.clock.advance(1)
    await world.gate.look()
    await world.gated.publish([])
    assert [price.last for price in world.told.waits] == [80]
    assert world.lasts() == ["80"]


async def test_hours_are_told_whole_and_forgotten_later(world: World) -> None:
    for _ in range(3):
        await world.gated.publish([world.ticker("0")])
        await world.gate.look()
        world.clock.advance(5)
    assert [list(batch.hours.values()) for batch in world.log.batches] == [[1], [2], [3]]
    for _ in range(2):
        world.clock.advance(7200)
        await world.gated.publish([world.ticker("1")])
        await world.gate.look()
    assert list(world.log.batches[-1].hours.values()) == []


async def test_standings_are_written_when_they_change_and_once_a_minute(world: World) -> None:
    written = []
    for last in ("100", "100.1", "100.2", "0", "100"):
        await world.gated.publish([world.ticker(last)])
        await world.gate.look()
        written.append(sum(len(batch.standings) for batch in world.log.batches))
        world.clock.advance(5)
    assert written == [1, 1, 1, 2, 3]


async def test_what_could_not_be_kept_is_written_again(world: World) -> None:
    world.log.is_away = True
    await world.gated.publish([world.ticker("0")])
    await world.gate.look()
    assert world.gate.health() == {"refused_unsaved": 1}
    world.log.is_away = False
    world.clock.advance(5)
    await world.gate.look()
    assert len(world.log.batches[-1].samples) == 1
    assert world.gate.health() == {"refused_unsaved": 0}


async def test_samples_that_wait_are_bounded(world: World) -> None:
    world.log.is_away = True
    for _ in range(SAMPLES_WAITING_MAX // 400):
        for _ in range(450):
            await world.gated.publish([world.ticker("0")])
        await world.gate.look()
    assert world.gate.health() == {"refused_unsaved": SAMPLES_WAITING_MAX}


async def test_symbols_that_say_something_are_asked_for(world: World) -> None:
    await world.gated.publish([world.ticker("100")])
    await world.gate.look()
    assert set(world.told.asked) == set(VENUES)
    assert {"BTC/USDT", "BTC/USD", "BTC/USDC", "USDT/USD"} <= set(world.told.asked[VENUES[1]])
    assert world.told.told == {MARKET.venue: world.clock.now()}


async def test_share_that_went_elsewhere_is_not_written(world: World) -> None:
    await world.gated.publish([world.ticker("100")])
    world.clock.advance(11)
    await world.gate.look()
    assert world.log.batches == []


async def test_status_is_handed_on(world: World) -> None:
    status = VenueStatus(venue=MARKET.venue, state="live", since=world.clock.now(), last_message_at=None)
    await world.gated.publish_status(status)
    assert world.sink.statuses == [status]


async def test_it_goes_on_while_the_cache_is_away(world: World) -> None:
    stopping, world.told.is_away = asyncio.Event(), True
    running = asyncio.create_task(world.gate.run(stopping))
    await asyncio.sleep(0)
    await world.gated.publish([world.ticker("100"), world.ticker("0")])
    stopping.set()
    await asyncio.wait_for(running, 60)
    assert world.lasts() == ["100"]


async def test_trades_that_cannot_be_make_no_bar_and_absurd_amounts_are_marked(world: World) -> None:
    heard: list[Trade] = []
    listener = world.gate.listening(lambda _, trade: heard.append(trade))
    await world.gated.publish([world.ticker("100")])

    def trade(price: str, amount: str) -> None:
        listener(MARKET, Trade(world.clock.now(), Decimal(price), Decimal(amount), len(heard)))

    for _ in range(AMOUNTS_KEPT):
        trade("100", "0.01")
    for price, amount in (("NaN", "1"), ("-1", "1"), ("0", "1"), ("100", "0"), ("100", "Infinity"), ("100", "10001")):
        trade(price, amount)
    await world.gate.look()
    counts = {cause: count for (_, cause, _), count in world.log.batches[-1].hours.items()}
    assert counts == {Cause.NOT_FINITE: 1, Cause.NEGATIVE: 1, Cause.ZERO: 1, Cause.VOLUME: 3}
    assert [trade.amount for trade in heard[AMOUNTS_KEPT:]] == [10001]


async def test_trade_of_a_market_that_no_share_tells_of_is_not_counted(world: World) -> None:
    world.gate.listening(lambda _, __: None)(MARKET, Trade(world.clock.now(), Decimal(0), Decimal(1)))
    await world.gate.look()
    assert world.log.batches == []


async def test_a_silent_venue_says_nothing_of_the_present(world: World) -> None:
    await world.gated.publish([world.ticker("50000")])
    told = world.clock.now()
    assert world.gated.clocks(told) == {MARKET.venue: told}
    world.clock.advance(6)
    await world.gated.publish([])
    assert world.gated.clocks(world.clock.now()) == {}
    await world.gated.publish([world.ticker("50001")])
    assert world.gated.clocks(world.clock.now()) == {MARKET.venue: world.clock.now()}
