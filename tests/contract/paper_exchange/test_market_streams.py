"""One suite for every way in which a venue's market data comes: ccxt.pro at five venues, decoded here, polled.

A paper exchange whose market runs a minute a second is followed by all of them at once, through the streamer's own
books and repair, while its sockets double, delay and disorder what they say; then they are cut, then fall silent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from fargate.market_streamer.books import Books
from fargate.market_streamer.repair import Repair
from nightdesk.adapters.exchange.market_stream import CcxtMarketStream
from nightdesk.adapters.exchange.market_streams import make_market_stream
from nightdesk.adapters.exchange.polled_market_stream import PolledMarketStream
from nightdesk.adapters.exchange.raw_market_stream import RawMarketStream
from nightdesk.adapters.exchange.route import Route
from nightdesk.candles.gaps import Gap
from nightdesk.candles.model import Candle, CandleRow, CandleSource
from nightdesk.candles.stream_ports import MarketStream, Ticker
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import NightdeskError, Unavailable
from nightdesk.runtime.clock import SystemClock
from tests.servers import Paper, paper_exchange

WAYS = ("binance", "binance raw", "kraken", "coinbase", "bitfinex", "htx", "coinsph")
STREAMED = WAYS[:-1]
SYMBOLS = ("BTC/USDT", "ETH/USDT", "XRP/USDT")
SPEED = 60
FAULTS: tuple[dict[str, object], ...] = (
    {"kind": "socket_duplicate"},
    {"kind": "socket_late", "delay_ms": 300},
    {"kind": "socket_out_of_order"},
)


class StoredNothing:
    """No bar is stored, so that all come from the venue."""

    def last_bars(self, names: Collection[str]) -> dict[str, Candle]:
        del names
        return {}

    def gaps(self, name: str, *, since: datetime, until: datetime) -> list[Gap]:
        del name, since, until
        return []

    def held_assets(self) -> frozenset[AssetId]:
        return frozenset()


@dataclass(slots=True)
class Follower:
    """A stream, the streamer's books of it, and what came of both."""

    way: str
    stream: MarketStream
    books: Books = field(default_factory=Books)
    rows: list[CandleRow] = field(default_factory=list)
    tickers: list[Ticker] = field(default_factory=list)
    running: asyncio.Task[None] | None = None
    repair: Repair | None = None
    theirs: dict[str, list[Candle]] = field(default_factory=dict)
    broke: NightdeskError | None = None

    @property
    def markets(self) -> list[Instrument]:
        return [one for one in self.stream.instruments() if f"{one.base}/{one.quote}" in SYMBOLS]

    async def connect(self) -> None:
        await self.stream.open()
        self.running = asyncio.create_task(self.stream.run(self.markets, self.books.arrive))

    async def begin(self) -> None:
        self.repair = Repair(self.stream, StoredNothing(), self.rows.extend, backfill_bars=30)
        await asyncio.sleep(1)
        await self.repair.make_whole([self.books.of(one) for one in self.markets])

    async def follow(self, wall_s: float) -> None:
        """What the service does in its loop."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + wall_s
        while loop.time() < until_s:
            now_s = loop.time()
            self.books.drain(now_s)
            self.tickers += self.stream.tickers()
            self.rows += self.books.settle(now_s, now_s)
            for book in self.books:
                assert self.repair
                await self.repair.fill_holes(book, now_s)
                await self.repair.fetch_beyond(book)
            await asyncio.sleep(0.1)

    async def end(self) -> None:
        """Stop, compare what was given with the venue's bars, and keep these."""
        assert self.running
        assert self.repair
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        for book in self.books:
            await self.repair.check(book)
            self.theirs[book.series] = await self.stream.bars(book.instrument, None)

    async def heard(self, within_s: float) -> None:
        """Wait until every connection has brought something: before that there is nothing to break."""
        for _ in range(int(within_s * 10)):
            if self.stream.heard_at() is not None:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"{self.way} brought nothing.")

    async def broken(self, within_s: float) -> NightdeskError | None:
        """What ends the stream."""
        assert self.running
        await asyncio.wait({self.running}, timeout=within_s)
        error = self.running.exception() if self.running.done() else None
        return error if isinstance(error, NightdeskError) else None


Journey = Callable[[dict[str, Follower]], Awaitable[None]]


def make(way: str, paper: Paper) -> Follower:
    venue, _, kind = way.partition(" ")
    raw = frozenset({VenueId(venue)} if kind else ())
    return Follower(way, make_market_stream(VenueId(venue), Route.parse(paper.route), SystemClock(), raw=raw))


def streamed(followers: dict[str, Follower]) -> list[Follower]:
    return [followers[way] for way in STREAMED]


def fault(paper: Paper, body: dict[str, object] | None) -> None:
    paper.admin("DELETE", "/faults") if body is None else paper.admin("POST", "/faults", body)


async def together(paper: Paper, ways: Collection[str], journey: Journey) -> dict[str, Follower]:
    """All of them at once: one stretch of the market serves every test."""
    followers = {way: make(way, paper) for way in ways}
    try:
        await asyncio.gather(*(one.connect() for one in followers.values()))
        await journey(followers)
    finally:
        await asyncio.to_thread(fault, paper, None)
        await asyncio.gather(*(one.stream.close() for one in followers.values()))
    return followers


@pytest.fixture(scope="module")
def fast_paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    with paper_exchange(tmp_path_factory.mktemp("fast"), "--speed", str(SPEED)) as paper:
        yield paper


@pytest.fixture(scope="module")
def followed(fast_paper: Paper) -> dict[str, Follower]:
    """What came of some minutes of the market, faults among them."""

    async def journey(followers: dict[str, Follower]) -> None:
        async def all_follow(wall_s: float) -> None:
            await asyncio.gather(*(one.follow(wall_s) for one in followers.values()))

        await asyncio.gather(*(one.begin() for one in followers.values()))
        await all_follow(2)
        for misfortune in FAULTS:
            await asyncio.to_thread(fault, fast_paper, misfortune)
            await all_follow(1.7)
            await asyncio.to_thread(fault, fast_paper, None)
        await all_follow(3)
        await asyncio.to_thread(fault, fast_paper, {"kind": "socket_half_open"})
        for one, error in zip(
            followers.values(), await asyncio.gather(*(one.broken(60) for one in streamed(followers))), strict=False
        ):
            one.broke = error
        await asyncio.gather(*(one.end() for one in followers.values()))

    return asyncio.run(together(fast_paper, WAYS, journey))


def assert_right(found: Follower) -> None:
    """Every bar of the last minutes is the venue's own."""
    for book in found.books:
        ours = {row.candle.at: row.candle for row in found.rows if row.series == book.series}
        theirs = {bar.at: bar for bar in found.theirs[book.series][:-1]}
        built = max(ours) - timedelta(minutes=1)  # the last one waits until the venue has it whole
        since = built - timedelta(minutes=7)
        wrong = {at: (ours.get(at), bar) for at, bar in theirs.items() if since <= at <= built and ours.get(at) != bar}
        assert not wrong, wrong
        assert sum(since <= at <= built for at in ours) == 8


@pytest.mark.parametrize("way", WAYS)
def test_bars_are_the_venues_own_whatever_sockets_do(followed: dict[str, Follower], way: str) -> None:
    assert_right(followed[way])


@pytest.mark.parametrize("way", WAYS)
def test_bars_are_made_of_trades_and_hardly_ever_repaired(followed: dict[str, Follower], way: str) -> None:
    rows = followed[way].rows
    made = {(row.series, row.candle.at) for row in rows if row.source == CandleSource.TRADES}
    repaired = {(row.series, row.candle.at) for row in rows if row.source == CandleSource.KLINES} & made
    assert len(made) >= 3 * 6
    assert len(repaired) <= 3  # the bar in which each market began, where the venue tells too few trades


@pytest.mark.parametrize("way", WAYS)
def test_prices_and_quotes_come_with_times_of_the_market(followed: dict[str, Follower], way: str) -> None:
    found = followed[way]
    for instrument in found.markets:
        told = [ticker for ticker in found.tickers if ticker.instrument == instrument]
        newest = max(told, key=lambda ticker: ticker.at)
        assert newest.bid
        assert newest.ask
        assert newest.last
        assert newest.bid < newest.ask
        assert abs(newest.last / newest.bid - 1) < 1
        assert newest.number > 0
        bar = found.theirs[str(instrument)][-1]
        assert newest.at <= bar.at + timedelta(minutes=1)


def test_each_way_is_what_it_says(followed: dict[str, Follower]) -> None:
    kinds = {way: type(one.stream) for way, one in followed.items()}
    assert kinds["binance raw"] is RawMarketStream
    assert kinds["coinsph"] is PolledMarketStream
    assert {kinds[way] for way in STREAMED if way != "binance raw"} == {CcxtMarketStream}
    assert [way for way, one in followed.items() if one.stream.numbers_trades] == ["binance", "binance raw"]


@pytest.mark.parametrize("way", STREAMED)
def test_a_connection_that_fell_silent_is_found(followed: dict[str, Follower], way: str) -> None:
    """By our own watch, or by ccxt's where this machine was too busy to look in time."""
    assert isinstance(followed[way].broke, Unavailable)


def test_what_is_lost_on_the_way_is_found(fast_paper: Paper) -> None:
    """By the numbers of trades, else of messages, whose gap ends the stream; else by the venue's bars."""
    ended: dict[str, NightdeskError | None] = {}

    async def journey(followers: dict[str, Follower]) -> None:
        lasting = [followers[way] for way in ("binance", "kraken", "htx")]
        await asyncio.gather(*(one.begin() for one in lasting))
        for way in followers:
            await asyncio.to_thread(fault, fast_paper, {"kind": "socket_lost", "venue": way, "count": 40})
        await asyncio.gather(*(one.follow(6) for one in lasting))
        for way in ("coinbase", "bitfinex"):
            ended[way] = await followers[way].broken(40)
        await asyncio.gather(*(one.end() for one in lasting))

    found = asyncio.run(together(fast_paper, ("binance", "kraken", "htx", "coinbase", "bitfinex"), journey))
    for way in ("binance", "kraken", "htx"):
        assert_right(found[way])
    assert {way: error and error.code for way, error in ended.items()} == dict.fromkeys(ended, "venue.messages_missed")


def test_a_refused_channel_leaves_the_others(fast_paper: Paper) -> None:
    """Bitfinex takes two channels of six: one market is heard."""

    async def journey(followers: dict[str, Follower]) -> None:
        found = followers["bitfinex"]
        heard: set[Instrument] = set()
        for _ in range(60):
            await asyncio.sleep(0.2)
            heard |= {ticker.instrument for ticker in found.stream.tickers() if ticker.bid is not None}
            if heard:
                break
        assert len(heard) == 1
        assert found.running
        assert not found.running.done()

    fast_paper.admin("POST", "/limits", {"venue": "bitfinex", "channels_max": 2})
    try:
        asyncio.run(together(fast_paper, ["bitfinex"], journey))
    finally:
        fast_paper.admin("POST", "/limits", {"venue": "bitfinex", "channels_max": 25})


def test_a_connection_that_is_cut_ends_the_stream(fast_paper: Paper) -> None:
    async def journey(followers: dict[str, Follower]) -> None:
        await asyncio.gather(*(one.heard(40) for one in followers.values()))
        await asyncio.to_thread(fault, fast_paper, {"kind": "socket_drop"})
        ended = await asyncio.gather(*(one.broken(40) for one in followers.values()))
        assert [way for way, error in zip(followers, ended, strict=True) if not isinstance(error, Unavailable)] == []

    asyncio.run(together(fast_paper, STREAMED, journey))


def test_connections_that_are_cut_while_they_subscribe_end_the_stream(fast_paper: Paper) -> None:
    """Again and again, so that each is cut, wherever it is on its way."""

    async def journey(followers: dict[str, Follower]) -> None:
        running = {one.running for one in followers.values() if one.running}
        for _ in range(200):
            await asyncio.to_thread(fault, fast_paper, {"kind": "socket_drop"})
            _, left = await asyncio.wait(running, timeout=0.2)
            if not left:
                break
        ended = {way: await one.broken(0) for way, one in followers.items()}
        assert [way for way, error in ended.items() if not isinstance(error, Unavailable)] == []

    asyncio.run(together(fast_paper, STREAMED, journey))


def test_the_polled_venue_ends_when_it_does_not_answer(fast_paper: Paper) -> None:
    async def journey(followers: dict[str, Follower]) -> None:
        found = followers["coinsph"]
        await asyncio.to_thread(fault, fast_paper, {"kind": "rest_down", "venue": "coinsph"})
        assert isinstance(await found.broken(20), Unavailable)

    asyncio.run(together(fast_paper, ["coinsph"], journey))
