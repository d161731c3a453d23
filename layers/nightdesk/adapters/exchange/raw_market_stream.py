"""Public market data of a hot venue without ccxt in the way: aiohttp's websocket and a decoder of its messages.

The same port, the same messages, the same results as by ccxt.pro, at a tenth of the processor's time; everything
that is asked over REST goes through ccxt as ever. Quotes are conflated before they are parsed: between two calls of
`tickers` only the newest best bid and ask of a market are looked at. Each trade is parsed and handed on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import aiohttp

from nightdesk.adapters.exchange.market_requests import (
    PING_EVERY_S,
    PONG_GRACE_S,
    WATCH_EVERY_S,
    MarketRequests,
    amount_of,
    silent,
)
from nightdesk.adapters.exchange.raw_venue import RawVenue, Reader, raw_venue
from nightdesk.candles.model import Trade
from nightdesk.candles.stream_ports import Ticker, TradeListener
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import InvalidInput, Unavailable
from nightdesk.kernel.tasks import end_all

MESSAGE_BYTES_MAX: Final = 10_485_760
CONNECT_WITHIN_S: Final = 10.0
_ENDS: Final = frozenset({aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED})


class RawConnection:
    """A websocket, and when it was last heard by the loop's clock.

    Attributes:
        heard_s: A message, ping or pong.
        told_s: A message.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._loop = asyncio.get_running_loop()
        self.heard_s = self.told_s = self._loop.time()

    async def follow(self, read: Reader) -> None:
        """Read until it ends.

        Raises:
            Unavailable: It ended.
        """
        receive, now = self._socket.receive, self._loop.time
        while True:
            message = await receive()
            self.heard_s = now()
            if message.type is aiohttp.WSMsgType.TEXT:
                self.told_s = self.heard_s
                with suppress(ValueError, InvalidInput):  # an unreadable trade is fetched again by its number
                    read(message.data)
            elif message.type is aiohttp.WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type in _ENDS or message.type is aiohttp.WSMsgType.ERROR:
                raise _lost()

    async def ping(self) -> None:
        """Ask every second whether it lives."""
        while True:
            await asyncio.sleep(PING_EVERY_S)
            await self._socket.ping()

    async def close(self) -> None:
        """Close it."""
        with suppress(OSError, aiohttp.ClientError, asyncio.TimeoutError):
            await asyncio.wait_for(self._socket.close(), 2)


class RawMarketStream(MarketRequests):
    """One life of a venue's connections; make a new one after it broke."""

    _wanted: int = 0
    _connections: list[RawConnection]
    _by_name: dict[str, Instrument]
    _quotes: dict[str, tuple[str, str]]

    async def run(self, instruments: Sequence[Instrument], on_trade: TradeListener) -> None:
        """Stream until something breaks."""
        spoken = raw_venue(self._venue)
        if spoken is None:
            raise InvalidInput("venue.not_raw", "This venue is spoken by ccxt only.")
        self._connections, self._quotes = [], {}
        self._by_name = {self._raw.market(one.symbol)["id"]: one for one in instruments}
        names, size = list(self._by_name), spoken.markets_a_connection
        shares = [names[start : start + size] for start in range(0, len(names), size)]
        self._wanted = len(shares)
        read = spoken.reader(partial(self._trade, on_trade), self._quote)
        lives = [asyncio.ensure_future(self._live(spoken, share, read)) for share in shares]
        lives.append(asyncio.ensure_future(self._watch()))
        try:
            await asyncio.gather(*lives)  # the first that ends ends the others
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _lost() from error
        finally:
            await end_all(lives)

    def tickers(self) -> list[Ticker]:
        """What changed since the last call."""
        if self._wanted:
            quotes, self._quotes = self._quotes, {}
            for name, (bid, ask) in quotes.items():
                if (instrument := self._by_name.get(name)) is not None:
                    self._prices.quote(instrument, amount_of(bid), amount_of(ask))
        return self._prices.changed()

    def heard_at(self) -> datetime | None:
        """The last message or pong of the connection silent longest."""
        if not self._wanted or len(self._connections) < self._wanted:
            return None
        silent_s = asyncio.get_running_loop().time() - min(one.heard_s for one in self._connections)
        return self._clock.now() - timedelta(seconds=silent_s)

    async def _live(self, spoken: RawVenue, names: Sequence[str], read: Reader) -> None:
        """One connection from its beginning to its end."""
        opening = self._raw.session.ws_connect(
            spoken.url, ssl=self._tls, autoping=False, max_msg_size=MESSAGE_BYTES_MAX, compress=0
        )
        socket = await asyncio.wait_for(opening.__aenter__(), CONNECT_WITHIN_S)
        connection = RawConnection(socket)
        pinging = asyncio.ensure_future(connection.ping())
        try:
            await socket.send_str(spoken.subscription(names))
            self._connections.append(connection)
            await connection.follow(read)
        finally:
            pinging.cancel()
            await connection.close()

    async def _watch(self) -> None:
        """End when a connection is silent although there is something to say."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            for connection in self._connections:
                told_s = connection.told_s
                if loop.time() - connection.heard_s > self._stale_after_s + PONG_GRACE_S:
                    raise silent()
                if loop.time() - told_s > self._stale_after_s:
                    if await self._has_newer_trades() and connection.told_s == told_s:
                        raise silent()
                    connection.told_s = max(connection.told_s, loop.time())

    def _trade(self, on_trade: TradeListener, name: str, trade: Trade) -> None:
        if (instrument := self._by_name.get(name)) is not None:
            self._traded(instrument, trade)
            on_trade(instrument, trade)

    def _quote(self, name: str, bid: str, ask: str) -> None:
        self._quotes[name] = (bid, ask)


def _lost() -> Unavailable:
    return Unavailable("venue.unavailable", "The venue's stream broke.")
