"""What each venue's module says of messages: times, numbers, refusals, farewells; and how it is asked for the past."""

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nightdesk.adapters.exchange.market_venue import MINUTE_MS, MarketVenue, market_venue, streaming_class
from nightdesk.adapters.exchange.raw_venue import raw_venue
from nightdesk.adapters.exchange.venues.binance_raw import RAW
from nightdesk.candles.model import Trade
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.instants import to_ms

KRAKEN, COINBASE, BITFINEX, HTX, BINANCE, COINSPH = (
    VenueId(name) for name in ("kraken", "coinbase", "bitfinex", "htx", "binance", "coinsph")
)
SYMBOL = "BTC/USD"
NOW_MS = to_ms(datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC))


def test_a_venue_without_a_module_does_what_most_do() -> None:
    assert type(market_venue(COINSPH)) is MarketVenue
    assert (streaming_class(COINSPH), raw_venue(COINSPH)) == (None, None)
    assert streaming_class(KRAKEN) is not None
    assert raw_venue(BINANCE) is RAW


@pytest.mark.parametrize(
    ("venue", "message"),
    [
        (KRAKEN, {"method": "subscribe", "success": False, "error": "Currency pair not supported X/Y"}),
        (COINBASE, {"type": "error", "message": "product id is invalid"}),
        (BITFINEX, {"event": "error", "msg": "subscribe: limit", "code": 10305}),
        (HTX, {"status": "error", "err-code": "bad-request", "err-msg": "invalid topic"}),
    ],
)
def test_a_refusal_is_told_in_the_venues_words(venue: VenueId, message: dict[str, Any]) -> None:
    told = market_venue(venue).refusal(message)
    assert told is not None
    assert told in message.values()


@pytest.mark.parametrize(
    ("venue", "message"),
    [
        (KRAKEN, {"method": "subscribe", "success": True, "result": {}}),
        (COINBASE, {"channel": "subscriptions", "events": []}),
        (BITFINEX, [17, [1, 2]]),
        (HTX, {"id": "1", "status": "ok", "subbed": "market.btcusdt.ticker"}),
        (BINANCE, {"result": None, "id": 1}),
    ],
)
def test_what_is_no_refusal(venue: VenueId, message: Any) -> None:
    assert market_venue(venue).refusal(message) is None
    assert not market_venue(venue).is_farewell(message)


def test_bitfinex_says_when_it_leaves() -> None:
    assert market_venue(BITFINEX).is_farewell({"event": "info", "code": 20051, "msg": "Stopping."})
    assert not market_venue(BITFINEX).is_farewell({"event": "info", "version": 2, "platform": {"status": 1}})


@pytest.mark.parametrize(
    ("message", "number", "plain"),
    [
        ([17, [1.5, 2.5], 4], 4, [17, [1.5, 2.5]]),
        ([17, "te", [1, 2, 3, 4], 5], 5, [17, "te", [1, 2, 3, 4]]),
        ([17, "hb", 6], 6, [17, "hb"]),
        ([17, "te", [1, 2, 3, 4]], None, [17, "te", [1, 2, 3, 4]]),
        ([17, [1.5, 2.5]], None, [17, [1.5, 2.5]]),
        ({"event": "subscribed", "chanId": 17}, None, {"event": "subscribed", "chanId": 17}),
    ],
)
def test_bitfinex_numbers_messages_at_their_end(message: Any, number: int | None, plain: Any) -> None:
    assert market_venue(BITFINEX).take_number(message) == (number, plain)


def test_recorded_messages_of_coinbase_tell_time_and_number(recorded: Path) -> None:
    for name in ("ws_heartbeats", "ws_ticker", "ws_market_trades"):
        message = json.loads((recorded / "messages" / "coinbase" / f"{name}.json").read_text())
        its = market_venue(COINBASE)
        assert its.clock_ms(message) == to_ms(datetime.fromisoformat(message["timestamp"]))
        assert its.take_number(message) == (message["sequence_num"], message)
    assert market_venue(COINBASE).clock_ms({"type": "error"}) is None
    finer = {"timestamp": "2026-04-07T14:30:10.167359596Z"}
    assert market_venue(COINBASE).clock_ms(finer) == to_ms(datetime(2026, 4, 7, 14, 30, 10, 167000, tzinfo=UTC))


def test_htx_tells_time_in_channels_and_a_trades_own_number() -> None:
    its = market_venue(HTX)
    assert its.clock_ms({"ch": "market.btcusdt.ticker", "ts": 1583495834011, "tick": {}}) == 1583495834011
    assert its.clock_ms({"ping": 1583495834011}) is None
    streamed = {"id": 1.050046453727319e22, "ts": 1583495833751, "tradeId": 102090727790}
    asked = {"id": 10500464537273190000000, "ts": 1583495833751, "trade-id": 102090727790}
    assert its.identity({"info": streamed}) == its.identity({"info": asked}) == 102090727790


@pytest.mark.parametrize("venue", [KRAKEN, COINBASE, BITFINEX, HTX, COINSPH])
def test_the_past_is_asked_for_from_where_it_is_wanted(venue: VenueId) -> None:
    its, since_ms = market_venue(venue), NOW_MS - 90 * MINUTE_MS
    symbol, told_ms, *_ = its.trades_query(SYMBOL, since_ms)
    assert (symbol, 0 <= since_ms - told_ms <= 1000) == (SYMBOL, True)
    assert its.bars_query(SYMBOL, since_ms, NOW_MS)[:3] == (SYMBOL, "1m", since_ms)
    newest_ms = its.bars_query(SYMBOL, None, NOW_MS)[2]
    assert newest_ms is None or NOW_MS - newest_ms < its.page_span_ms


def test_binance_is_read_without_ccxt() -> None:
    traded: list[tuple[str, Trade]] = []
    quoted: list[tuple[str, ...]] = []
    read = RAW.reader(lambda name, trade: traded.append((name, trade)), lambda *told: quoted.append(told))
    read('{"result":null,"id":1}')
    read('{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21","a":"25.36520000","A":"40.66"}')
    read(
        '{"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","f":100,"l":105,'
        '"T":1672515782136,"m":true,"M":true}'
    )
    at = datetime(2022, 12, 31, 19, 43, 2, 136000, tzinfo=UTC)
    assert traded == [("BNBBTC", Trade(at, Decimal("0.001"), Decimal(100), 12345))]
    assert quoted == [("BNBUSDT", "25.35190000", "25.36520000")]


@pytest.mark.parametrize("text", ["{", '{"e":"aggTrade","p":7}', "[]"])
def test_what_binance_can_not_have_said_is_no_message(text: str) -> None:
    read = RAW.reader(lambda *_: None, lambda *_: None)
    with pytest.raises(ValueError):  # noqa: PT011 - msgspec's own are of this kind
        read(text)


def test_binance_may_refuse() -> None:
    read = RAW.reader(lambda *_: None, lambda *_: None)
    with pytest.raises(Unavailable) as refused:
        read('{"error":{"code":2,"msg":"Invalid request"},"id":1}')
    assert refused.value.code == "venue.subscription_refused"


def test_a_connection_of_binance_bears_its_markets() -> None:
    asked = json.loads(RAW.subscription([f"A{number}USDT" for number in range(RAW.markets_a_connection)]))
    assert len(asked["params"]) <= 1024
    assert asked["params"][:2] == ["a0usdt@aggTrade", "a0usdt@bookTicker"]


def test_what_most_venues_do_is_watching_trades_and_tickers() -> None:
    watched: list[tuple[str, list[str]]] = []

    class Client:
        async def watch_trades_for_symbols(self, symbols: list[str]) -> None:
            watched.append(("trades", symbols))

        async def watch_tickers(self, symbols: list[str]) -> None:
            watched.append(("tickers", symbols))

    async def subscribe() -> None:
        await asyncio.gather(*MarketVenue().subscribe(Client(), [SYMBOL]))

    asyncio.run(subscribe())
    assert watched == [("trades", [SYMBOL]), ("tickers", [SYMBOL])]
    assert MarketVenue().clock_ms({}) is None
