"""What is asked over REST, from a scripted client of ccxt."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from aiohttp import ServerDisconnectedError

from nightdesk.adapters.exchange.market_requests import MarketRequests
from nightdesk.adapters.exchange.market_stream import CcxtMarketStream
from nightdesk.adapters.exchange.polled_market_stream import PolledMarketStream
from nightdesk.adapters.exchange.route import Route
from nightdesk.candles.model import Trade
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import Broken, Unavailable
from nightdesk.kernel.instants import to_ms
from tests.fakes.clock import FakeClock

SYMBOL = "BTC/USD"
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
AT_MS = to_ms(AT)
T = TypeVar("T")


@dataclass(slots=True)
class ScriptedClient:
    """Answers what it is told to; notes what it was asked."""

    tickers: dict[str, Any] = field(default_factory=dict)
    trades: list[Any] = field(default_factory=list)
    bars: list[Any] = field(default_factory=list)
    failing: list[Exception] = field(default_factory=list)
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def fetch_tickers(self) -> dict[str, Any]:
        return self.tickers

    async def fetch_ticker(self, symbol: str) -> Any:
        return self.tickers[symbol]

    async def fetch_trades(self, *arguments: Any) -> list[Any]:
        self.asked.append(arguments)
        return self.trades

    async def fetch_ohlcv(self, *arguments: Any) -> list[Any]:
        self.asked.append(arguments)
        if self.failing:
            raise self.failing.pop()
        since_ms = arguments[2]
        return [row for row in self.bars if since_ms is None or since_ms <= row[0] < since_ms + 300 * 60_000]


class StreamingClient(ScriptedClient):
    """Breaks while it subscribes."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
        self.clients: dict[str, Any] = {}
        self.trades: Any = {}
        self.handle_message = None

    async def watch(self, *_: Any) -> None:
        raise self.error

    watch_trades = watch_ticker = watch


def opened(
    client: ScriptedClient, venue: str = "kraken", kind: type[MarketRequests] = MarketRequests
) -> tuple[MarketRequests, Instrument]:
    """The requests of a venue whose only market is this one."""
    made = kind(VenueId(venue), Route(), FakeClock())
    market = Instrument(VenueId(venue), AssetId("BTC"), AssetId("USD"))
    made._raw, made._instruments, made._is_open = client, {SYMBOL: market}, True
    return made, market


def run(ask: Callable[[], Awaitable[T]]) -> T:
    async def asked() -> T:
        return await ask()

    return asyncio.run(asked())


def trade(second: float, identity: int | None = 1) -> dict[str, Any]:
    at_ms = AT_MS + int(second * 1000)
    return {"timestamp": at_ms, "price": "7", "amount": "2", "id": identity, "symbol": SYMBOL, "info": {}}


def bar(minute: int, close: float = 7.0) -> list[float]:
    return [AT_MS + minute * 60_000, 7.0, 8.0, 6.0, close, 1.5]


def test_prices_without_a_time_have_that_of_the_busiest_markets_newest_trade() -> None:
    client = ScriptedClient({SYMBOL: {"last": "7.5", "baseVolume": "10"}, "ODD": {"last": "1"}}, [trade(3)])
    made, market = opened(client)
    run(made.refresh_prices)
    (ticker,) = made.tickers()
    assert (ticker.instrument, ticker.last, ticker.at) == (market, Decimal("7.5"), AT + timedelta(seconds=3))


def test_without_any_trade_prices_have_no_time_and_are_not_told() -> None:
    made, _ = opened(ScriptedClient({SYMBOL: {"last": "7.5", "quoteVolume": "75"}}))
    run(made.refresh_prices)
    assert made.tickers() == []


def test_a_quiet_markets_time_is_its_newest_bars() -> None:
    made, market = opened(ScriptedClient(bars=[bar(0), bar(1)]))
    assert run(lambda: made.market_time(market)) == AT + timedelta(minutes=1)


def test_what_claims_to_be_a_day_ahead_tells_no_time() -> None:
    client = ScriptedClient(trades=[trade(0), trade(90_000)])
    made, market = opened(client)
    run(lambda: made.trades_since(market, AT))
    assert made._market_ms == AT_MS


def test_binances_time_is_its_rolling_days_end() -> None:
    made, market = opened(ScriptedClient({SYMBOL: {"timestamp": AT_MS}}), "binance")
    assert run(lambda: made.market_time(market)) == AT
    made, market = opened(ScriptedClient({SYMBOL: {}}), "binance")
    with pytest.raises(Unavailable):
        run(lambda: made.market_time(market))


def test_trades_are_those_from_the_instant_on_oldest_first() -> None:
    client = ScriptedClient(trades=[trade(5, 3), trade(-0.5, 1), trade(0, 2)])
    made, market = opened(client)
    assert [one.identity for one in run(lambda: made.trades_since(market, AT))] == [2, 3]
    assert client.asked[0][:2] == (SYMBOL, AT_MS - 1000)
    assert [one.identity for one in run(lambda: made.trades_since(market, None))] == [1, 2, 3]


def test_a_stretch_without_bars_is_stepped_over_where_the_venue_tells_windows() -> None:
    client = ScriptedClient(bars=[bar(700)], trades=[trade(800 * 60)])
    made, market = opened(client, "coinbase")
    run(lambda: made.trades_since(market, None))
    assert [one.at for one in run(lambda: made.bars(market, AT))] == [AT + timedelta(minutes=700)]
    assert [asked[2] for asked in client.asked[1:]] == [AT_MS + window * 300 * 60_000 for window in range(3)]


@pytest.mark.parametrize("rows", [[[AT_MS, None, 1, 1, 1, 1]], [["never", 1, 1, 1, 1, 1]]])
def test_bars_that_can_not_be_read_are_no_bars(rows: list[Any]) -> None:
    made, market = opened(ScriptedClient())
    made._raw.bars = rows
    with pytest.raises(Unavailable):
        run(lambda: made.bars(market, None))


def test_a_trade_that_can_not_be_read_spoils_its_page() -> None:
    made, market = opened(ScriptedClient(trades=[trade(0), {**trade(1), "price": "much"}]))
    with pytest.raises(Unavailable):
        run(lambda: made.trades_since(market, AT))


def test_a_spent_budget_is_waited_for_and_any_other_failure_is_not() -> None:
    waited = Unavailable("balancer.unavailable", "Nobody says what is left.", retry_after_s=0.01)
    made, market = opened(ScriptedClient(bars=[bar(0)], failing=[waited, waited]))
    assert len(run(lambda: made.bars(market, None))) == 1
    made, market = opened(ScriptedClient(failing=[Broken("x.broken", "It broke.")]))
    with pytest.raises(Broken):
        run(lambda: made.bars(market, None))


@pytest.mark.parametrize("error", [ConnectionError("closed"), ServerDisconnectedError(), TimeoutError()])
def test_a_connection_lost_while_something_was_sent_on_it_is_an_unavailable_venue(error: Exception) -> None:
    """Ccxt raises what the socket raised."""
    client = StreamingClient(error)
    made, market = opened(client, "htx", CcxtMarketStream)
    assert isinstance(made, CcxtMarketStream)
    with pytest.raises(Unavailable):
        run(lambda: made.run([market], lambda *_: None))


def test_a_polled_venue_is_asked_for_trades_of_markets_that_moved() -> None:
    client = ScriptedClient({SYMBOL: {"last": "7", "bid": "6", "ask": "8", "baseVolume": "1", "timestamp": AT_MS}})
    made, market = opened(client, "coinsph", PolledMarketStream)
    heard: list[Trade] = []

    async def story() -> None:
        running = asyncio.ensure_future(made.run([market], lambda _, one: heard.append(one)))  # type: ignore[attr-defined]
        while made.heard_at() is None:  # type: ignore[attr-defined]  # noqa: ASYNC110 - a round tells nobody
            await asyncio.sleep(0.01)
        assert client.asked == []  # what was made before is the past, and asked for as such
        client.tickers[SYMBOL]["baseVolume"] = "3"
        client.trades = [trade(1, 5), trade(1, 6)]
        while not heard:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        running.cancel()

    asyncio.run(story())
    assert [one.identity for one in heard] == [5, 6]
    assert made.tickers()[-1].bid == 6
