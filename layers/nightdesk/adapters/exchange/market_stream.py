"""Public market data of one venue through ccxt.pro: trades, quotes, and what repairs them over REST.

Three things that ccxt's `watch_…` calls can't promise are done here:

* No message is stranded. `watch_…` wakes for one market and leaves what came for another until its next message; the
  caches that ccxt fills are ours, and hand on each trade when it is put in, before any task runs.
* Nothing is awaited between messages. Streams are subscribed to once, and what is awaited is their end.
* A connection that is dead without saying so is found: a ping every second must be answered, and when data is
  silent the venue is asked over REST whether it has traded since.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

import aiohttp

from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.lazy_ccxt import base_error, client_class
from nightdesk.adapters.exchange.route import Route
from nightdesk.candles.model import Candle, Trade
from nightdesk.candles.stream_ports import Ticker, TradeListener
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import InvalidInput, Unavailable
from nightdesk.kernel.instants import Clock, from_ms, to_ms
from nightdesk.kernel.money import parse_amount

PING_EVERY_S: Final = 1.0
PONGS_MISSED_MAX: Final = 10
PAGE_ROWS: Final = 1000
CHUNK: Final = 200
"""Markets a connection."""

PROBED: Final = 5
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    # Aggregate trades: numbered without holes in each market, and fetched by the same number over REST.
    "binance": {
        "fetchMarkets": {"types": ["spot"]},
        "fetchMargins": False,
        "watchTradesForSymbols": {"name": "aggTrade"},
        "fetchTradesMethod": "publicGetAggTrades",
    },
}


class CcxtMarketStream:
    """One life of a venue's connections; make a new one after it broke.

    Args:
        venue: As ccxt names it.
        route: How to reach it.
        clock: Wall time.
        stale_after_s: After such a silence the venue is asked whether it is real; a dead connection is found within
            this time and two seconds.
    """

    def __init__(self, venue: VenueId, route: Route, clock: Clock, *, stale_after_s: float = 5.0) -> None:
        self._venue = venue
        self._route = route
        self._clock = clock
        self._stale_after_s = stale_after_s
        self._raw: Any = None
        self._session: aiohttp.ClientSession | None = None
        self._instruments: dict[str, Instrument] = {}
        self._prices = _Prices(clock)
        self._newest: dict[Instrument, int] = {}
        self._data_s: dict[str, float] = {}
        self._answer: tuple[int, dict[str, str]] = (0, {})

    async def open(self) -> None:
        """Load the markets and every last price."""
        kind = _streaming_class(self._venue)
        self._session, context = self._route.open()
        self._raw = kind({"session": self._session, "options": _OPTIONS.get(self._venue, {}), "enableRateLimit": True})
        self._raw.number = str
        self._raw.ssl_context = context
        pings = {"keepAlive": PING_EVERY_S * 1000, "maxPingPongMisses": PONGS_MISSED_MAX}
        self._raw.streaming = {**self._raw.streaming, **pings}
        self._raw.on_rest_response = self._note
        self._raw.handle_message = self._heard(self._raw.handle_message)
        await self._call(self._raw.load_markets)
        self._instruments = {symbol: one for symbol, market in self._raw.markets.items() if (one := self._spot(market))}
        await self.refresh_prices()

    def instruments(self) -> tuple[Instrument, ...]:
        """Every active spot market."""
        return tuple(self._instruments.values())

    async def run(self, instruments: Sequence[Instrument], on_trade: TradeListener) -> None:
        """Stream until something breaks."""
        for instrument in instruments:
            self._raw.trades[instrument.symbol] = _tap(partial(self._trade, instrument, on_trade))
        subscribing = [
            asyncio.ensure_future(watch([instrument.symbol for instrument in instruments[index : index + CHUNK]]))
            for index in range(0, len(instruments), CHUNK)
            for watch in (self._raw.watch_trades_for_symbols, self._raw.watch_bids_asks)
        ]
        try:
            await self._until_broken(subscribing)
        finally:
            for one in subscribing:
                one.cancel()
            await asyncio.gather(*subscribing, return_exceptions=True)

    def tickers(self) -> list[Ticker]:
        """What changed since the last call."""
        for symbol, quote in self._raw.bidsasks.items():
            if (instrument := self._instruments.get(symbol)) is not None:
                self._prices.quote(instrument, *_quote(quote))
        return self._prices.changed()

    async def refresh_prices(self) -> None:
        """Ask for every market's last price."""
        rows = await self._call(self._raw.fetch_tickers)
        for symbol, row in rows.items():
            instrument, last = self._instruments.get(symbol), _amount(row.get("last"))
            if instrument is not None and last is not None and row.get("timestamp"):
                self._prices.refreshed(instrument, last, from_ms(int(row["timestamp"])))

    def heard_at(self) -> datetime | None:
        """The last message or pong of the connection silent longest.

        A connection keeps its order: with a pong everything has arrived that was sent before it.
        """
        heard = [client.last_message_at for client in self._raw.clients.values()]
        return from_ms(min(heard)) if heard and all(heard) else None

    async def market_time(self, instrument: Instrument) -> datetime:
        """The end of the venue's rolling day, which is its market's present."""
        row = await self._call(self._raw.fetch_ticker, instrument.symbol)
        if not row.get("timestamp"):
            raise errors.malformed()
        return from_ms(int(row["timestamp"]))

    async def trades_from(self, instrument: Instrument, identity: int) -> list[Trade]:
        """A page of trades from this number on."""
        return await self._trades(instrument, None, {"fromId": identity})

    async def trades_since(self, instrument: Instrument, since: datetime | None) -> list[Trade]:
        """A page of trades of the hour from this instant on, or the newest."""
        return await self._trades(instrument, None if since is None else to_ms(since), {})

    async def bars(self, instrument: Instrument, since: datetime | None) -> list[Candle]:
        """The venue's own one-minute bars."""
        since_ms = None if since is None else to_ms(since)
        rows = await self._call(self._raw.fetch_ohlcv, instrument.symbol, "1m", since_ms, PAGE_ROWS)
        try:
            return [Candle(from_ms(int(row[0])), *map(float, row[1:6])) for row in rows]
        except (TypeError, ValueError):
            raise errors.malformed() from None

    async def close(self) -> None:
        """Close every connection."""
        if self._raw is not None:
            with suppress(base_error(), OSError, asyncio.TimeoutError):
                await asyncio.wait_for(self._raw.close(), 5)
        if self._session is not None:
            await self._session.close()

    async def _until_broken(self, subscribing: Sequence[asyncio.Future[Any]]) -> None:
        """Wait for the first of: a subscription or connection that fails, a silence that is none."""
        await asyncio.sleep(0)  # the subscriptions have made their connections now
        ends = [client.future("nightdesk:end") for client in self._raw.clients.values()]
        for end in ends:
            end.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # also when nobody waits
        watchdog = asyncio.ensure_future(self._watch())
        waiting: set[asyncio.Future[Any]] = {watchdog, *ends, *subscribing}
        try:
            while True:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    if (error := one.exception()) is not None:
                        raise self._translated(error) from None
        finally:
            watchdog.cancel()

    async def _watch(self) -> None:
        """End when a connection is silent although there is something to say."""
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        while True:
            await asyncio.sleep(1.0)
            limit_s = loop.time() - self._stale_after_s
            silent = [
                client for client in self._raw.clients.values() if self._data_s.get(client.url, started_s) < limit_s
            ]
            for client in silent:
                heard_s = self._data_s.get(client.url)
                missed = self._missed_quotes if _brings_quotes(client) else self._missed_trades
                if await missed() and self._data_s.get(client.url) == heard_s:
                    raise Unavailable("venue.silent", "The venue goes on, but its stream is silent.")
                self._data_s[client.url] = loop.time()

    async def _missed_trades(self) -> bool:
        """Whether REST knows newer trades than the streams brought, in the markets that traded last."""
        for instrument, newest in sorted(self._newest.items(), key=lambda item: -item[1])[:PROBED]:
            rows = await self._call(self._raw.fetch_trades, instrument.symbol, None, 1)
            if rows and int(rows[-1]["timestamp"]) > newest:
                return True
        return False

    async def _missed_quotes(self) -> bool:
        """Whether REST knows other quotes, and a second later still no message came."""
        symbols = list(self._raw.bidsasks)[:PROBED]
        rows = await self._call(self._raw.fetch_bids_asks, symbols) if symbols else {}
        await asyncio.sleep(1.0)
        return any(_quote(rows[symbol]) != _quote(self._raw.bidsasks[symbol]) for symbol in symbols if symbol in rows)

    def _heard(self, handle: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        """The client's handler of decoded messages, noting when each connection last brought one."""

        def handle_message(client: Any, message: Any) -> None:
            self._data_s[client.url] = asyncio.get_running_loop().time()
            handle(client, message)

        return handle_message

    def _trade(self, instrument: Instrument, on_trade: TradeListener, row: Any) -> None:
        with suppress(InvalidInput, TypeError, ValueError, KeyError):  # a malformed one is fetched again by its number
            trade = _parsed(row)
            self._newest[instrument] = max(self._newest.get(instrument, 0), int(row["timestamp"]))
            self._prices.traded(instrument, trade)
            on_trade(instrument, trade)

    async def _trades(self, instrument: Instrument, since_ms: int | None, params: dict[str, int]) -> list[Trade]:
        rows = await self._call(self._raw.fetch_trades, instrument.symbol, since_ms, PAGE_ROWS, params)
        try:
            trades = [_parsed(row) for row in rows]
        except (InvalidInput, TypeError, ValueError, KeyError):
            raise errors.malformed() from None
        for trade in trades:
            self._newest[instrument] = max(self._newest.get(instrument, 0), to_ms(trade.at))
        return sorted(trades, key=lambda trade: trade.identity or 0)

    async def _call(self, method: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        try:
            return await method(*arguments)
        except base_error() as error:
            raise self._translated(error) from None

    def _translated(self, error: BaseException) -> BaseException:
        if not isinstance(error, base_error()):
            return error
        # The last answer is of this request, or there was none: nothing is awaited between ccxt's hook and here.
        answered = type(error).__name__ not in {"NetworkError", "RequestTimeout"}
        status, headers = self._answer if answered else (0, {})
        return errors.translate(error, headers, frozenset(), status=status)

    def _note(self, status: int, _reason: str, *more: Any) -> str:
        """Be the hook of ccxt for every answer: (…, url, method, headers, body, request headers, request body)."""
        _url, _method, headers, body, *_ = more
        self._answer = (status, {name.lower(): value for name, value in headers.items()})
        return str(body).strip()

    def _spot(self, market: dict[str, Any]) -> Instrument | None:
        """The instrument; none for contracts, what is not traded now, and markets whose symbol is a raw id."""
        if not market.get("spot") or market.get("active") is False or "/" not in market["symbol"]:
            return None
        return Instrument(self._venue, AssetId(market["base"]), AssetId(market["quote"]))


class _Prices:
    """What is known of each market's price, and which changed.

    Between two looks only the newest price counts, but for one thing: the last price of each whole second is told
    too, also when it comes late, so that whoever values at an instant knows every price made by then.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: dict[Instrument, tuple[datetime, int, Decimal]] = {}
        self._quotes: dict[Instrument, tuple[Decimal | None, Decimal | None]] = {}
        self._received_at: dict[Instrument, datetime] = {}
        self._dirty: set[Instrument] = set()
        self._passed: list[Ticker] = []

    def traded(self, instrument: Instrument, trade: Trade) -> None:
        """A trade, perhaps late: an older one does not become the market's price."""
        known = self._last.get(instrument)
        told = (trade.at, trade.identity or 0, trade.price)
        if known is not None and told[:2] < known[:2]:
            self._passed.append(self._ticker(instrument, told))
            return
        if known is not None and instrument in self._dirty and _second(known[0]) < _second(trade.at):
            self._passed.append(self._ticker(instrument, known))
        self._put(instrument, told)

    def refreshed(self, instrument: Instrument, last: Decimal, at: datetime) -> None:
        """A price that was asked for; the time of its figures, which trades of the same time outrank."""
        known = self._last.get(instrument)
        if known is None or (at > known[0] and last != known[2]):
            self._put(instrument, (at, -1, last))

    def quote(self, instrument: Instrument, bid: Decimal | None, ask: Decimal | None) -> None:
        """Best bid and ask."""
        if self._quotes.get(instrument) != (bid, ask):
            self._quotes[instrument] = (bid, ask)
            self._touch(instrument)

    def changed(self) -> list[Ticker]:
        """Prices of seconds that passed, then the changed ones whose price is known."""
        passed, self._passed = self._passed, []
        dirty = [instrument for instrument in self._dirty if instrument in self._last]
        self._dirty.clear()
        return [*passed, *(self._ticker(instrument, self._last[instrument]) for instrument in dirty)]

    def _ticker(self, instrument: Instrument, told: tuple[datetime, int, Decimal]) -> Ticker:
        at, _, last = told
        bid, ask = self._quotes.get(instrument, (None, None))
        received_at = self._received_at[instrument]
        return Ticker(instrument=instrument, last=last, bid=bid, ask=ask, at=at, received_at=received_at)

    def _put(self, instrument: Instrument, last: tuple[datetime, int, Decimal]) -> None:
        if instrument not in self._last or last[:2] >= self._last[instrument][:2]:
            self._last[instrument] = last
            self._touch(instrument)

    def _touch(self, instrument: Instrument) -> None:
        self._received_at[instrument] = self._clock.now()
        self._dirty.add(instrument)


def _second(at: datetime) -> int:
    """The whole second at whose end the instant is known."""
    return -(-to_ms(at) // 1000)


def _brings_quotes(client: Any) -> bool:
    return any(str(name).startswith("bidask") for name in client.subscriptions)


def _quote(row: Any) -> tuple[Decimal | None, Decimal | None]:
    return _amount(row.get("bid")), _amount(row.get("ask"))


def _streaming_class(venue: VenueId) -> Callable[[dict[str, Any]], Any]:
    """ccxt.pro's class of the venue, without the hundred others."""
    client_class(venue)  # puts the lazy packages in place
    found: Callable[[dict[str, Any]], Any] = getattr(importlib.import_module(f"ccxt.pro.{venue}"), venue)
    return found


def _tap(listener: Callable[[Any], None]) -> Any:
    """A cache of trades as ccxt.pro wants it, which hands on what is put in."""
    kind: Any = importlib.import_module("ccxt.async_support.base.ws.cache").ArrayCache

    class Tap(kind):  # type: ignore[misc]
        def append(self, item: Any) -> None:
            super().append(item)
            listener(item)

    return Tap(1)


def _parsed(row: Any) -> Trade:
    price, amount = parse_amount(row["price"]), parse_amount(row["amount"])
    return Trade(from_ms(int(row["timestamp"])), price, amount, int(row["id"]))


def _amount(text: Any) -> Decimal | None:
    try:
        return None if text is None else parse_amount(str(text))
    except InvalidInput:
        return None
