"""Public market data of one venue through ccxt.pro: trades, quotes, and what repairs them over REST.

Things that ccxt's `watch_…` calls can't promise are done here, for every venue alike:

* No message is stranded. `watch_…` wakes for one market and leaves what came for another until its next message; the
  caches that ccxt fills are ours, and hand on each trade when it is put in, before any task runs.
* Nothing is awaited between messages. Streams are subscribed to once, and what is awaited is their end.
* A connection bears what the venue allows: each has a ccxt client of its own, all with the same markets.
* A connection that is dead without saying so is found: a ping every second must be answered, and when data is
  silent, either the venue's own beat is missing, or the venue is asked over REST whether it has traded since.
* What was left out is found, as far as the venue numbers messages or trades: trades are fetched, and a connection
  that lost a message is given up.

Quotes are conflated: between two calls of `tickers` only the newest best bid and ask of a market are kept. Trades
are not: each is handed on.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from nightdesk.adapters.exchange.market_requests import (
    PONG_GRACE_S,
    PROBED,
    UNREADABLE,
    WATCH_EVERY_S,
    MarketRequests,
    quote_of,
    silent,
)
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import MakeBalance
from nightdesk.adapters.exchange.trade_holes import MessageNumbers, TradeHoles
from nightdesk.candles.model import Trade
from nightdesk.candles.stream_ports import Ticker, TradeListener
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.errors import RateLimited, Unavailable
from nightdesk.kernel.instants import Clock, from_ms
from nightdesk.kernel.tasks import end_all

BEATS_MISSED: Final = 2
NEWEST: Final = 200
_log = logging.getLogger(__name__)


class CcxtMarketStream(MarketRequests):
    """One life of a venue's connections; make a new one after it broke."""

    def __init__(
        self,
        venue: VenueId,
        route: Route,
        clock: Clock,
        *,
        stale_after_s: float = 5.0,
        balance: MakeBalance | None = None,
    ) -> None:
        super().__init__(venue, route, clock, stale_after_s=stale_after_s, balance=balance)
        self._more: list[Any] = []
        self._quoted: dict[Instrument, Any] = {}
        self._data_s: dict[Any, float] = {}
        self._numbers: dict[Any, MessageNumbers] = {}
        self._holes = TradeHoles()
        self._newest_trades: dict[Instrument, deque[Trade]] = {}
        self._broken: asyncio.Future[None] | None = None

    async def run(self, instruments: Sequence[Instrument], on_trade: TradeListener) -> None:
        """Stream until something breaks."""
        broken = self._broken = asyncio.get_running_loop().create_future()
        subscribing = [
            one for raw, group in self._shared_out(instruments) for one in self._subscribe(raw, group, on_trade)
        ]
        try:
            await self._until_broken([*subscribing, broken], on_trade)
        finally:
            await end_all([*subscribing, broken])

    async def trades_since(self, instrument: Instrument, since: datetime | None) -> list[Trade]:
        """The newest trades that the stream began with and went on to bring, where it does; else a page over REST."""
        known = self._newest_trades.get(instrument)
        if not known:
            return await super().trades_since(instrument, since)
        return sorted((trade for trade in known if since is None or trade.at >= since), key=lambda trade: trade.at)

    def tickers(self) -> list[Ticker]:
        """What changed since the last call."""
        for raw in self._clients():
            for symbol, row in getattr(raw, self._its.quotes).items():
                instrument = self._instruments.get(symbol)
                if instrument is None or self._quoted.get(instrument) is row:  # ccxt makes a new one of each message
                    continue
                self._quoted[instrument] = row
                self._prices.quote(instrument, *quote_of(row))
        return self._prices.changed()

    def heard_at(self) -> datetime | None:
        """The last message or pong of the connection silent longest.

        A connection keeps its order: with a pong everything has arrived that was sent before it.
        """
        heard = [connection.last_message_at for connection in self._connections()]
        return from_ms(min(heard)) if heard and all(heard) else None

    def _clients(self) -> list[Any]:
        return [*super()._clients(), *self._more]

    def _connections(self) -> list[Any]:
        return [connection for raw in self._clients() for connection in (raw.clients or {}).values()]

    def _shared_out(self, instruments: Sequence[Instrument]) -> list[tuple[Any, Sequence[Instrument]]]:
        """The markets over as many clients as the venue's connections must be."""
        size = self._its.markets_a_connection
        groups = [instruments[start : start + size] for start in range(0, len(instruments), size)]
        self._more = [self._make_client() for _ in groups[1:]]
        for raw in self._more:
            raw.set_markets_from_exchange(self._raw)
        return list(zip(self._clients(), groups, strict=False))

    def _subscribe(
        self, raw: Any, instruments: Sequence[Instrument], on_trade: TradeListener
    ) -> list[asyncio.Future[Any]]:
        raw.handle_message = self._heard(raw.handle_message)
        for instrument in instruments:
            raw.trades[instrument.symbol] = _tap(partial(self._trade, on_trade))
        return list(self._its.subscribe(raw, [instrument.symbol for instrument in instruments]))

    async def _until_broken(self, subscribing: Sequence[asyncio.Future[Any]], on_trade: TradeListener) -> None:
        """Wait for the first of: a subscription or connection that fails, a silence that is none."""
        await asyncio.sleep(0)  # the subscriptions have made their connections now
        ends = [connection.future("nightdesk:end") for connection in self._connections()]
        for end in ends:
            end.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # also when nobody waits
        watchdog = asyncio.ensure_future(self._watch(on_trade))
        waiting: set[asyncio.Future[Any]] = {watchdog, *ends, *subscribing}
        try:
            while True:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    if (error := one.exception()) is not None:
                        raise self._translated(error) from None
        finally:
            watchdog.cancel()

    async def _watch(self, on_trade: TradeListener) -> None:
        """End when a connection is silent although there is something to say, or lost a message."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            for connection in self._connections():
                if connection.isConnected:
                    self._data_s.setdefault(connection, loop.time())
                    await self._require_life(connection, loop.time())
            if any(numbers.has_lost(loop.time()) for numbers in self._numbers.values()):
                raise Unavailable("venue.messages_missed", "Messages of the venue's stream were lost.")
            await self._fill_holes(on_trade, loop.time())

    async def _require_life(self, connection: Any, now_s: float) -> None:
        """Raise where the connection is dead without saying so."""
        heard_ms = connection.last_message_at or connection.connectionEstablished
        if self._wall_ms() - heard_ms > (self._stale_after_s + PONG_GRACE_S) * 1000:
            raise silent()
        told_s, beat_s = self._data_s[connection], self._its.beat_s
        if beat_s is not None:
            if now_s - told_s > max(self._stale_after_s, BEATS_MISSED * beat_s + 1):
                raise silent()
        elif now_s - told_s > self._stale_after_s:
            missed = self._missed_quotes if _brings_quotes(connection) else self._has_newer_trades
            if await missed() and self._data_s[connection] == told_s:
                raise silent()
            self._data_s[connection] = asyncio.get_running_loop().time()

    async def _missed_quotes(self) -> bool:
        """Whether REST knows other quotes, and a second later still no message came."""
        known = getattr(self._raw, self._its.quotes)
        symbols = list(known)[:PROBED]
        rows = await self._call(self._raw.fetch_bids_asks, symbols) if symbols else {}
        await asyncio.sleep(1.0)
        return any(quote_of(rows[symbol]) != quote_of(known[symbol]) for symbol in symbols if symbol in rows)

    async def _fill_holes(self, on_trade: TradeListener, now_s: float) -> None:
        """Fetch trades that the stream left out; where the venue does not answer now, the next time."""
        if not self._its.counts_trades:
            return
        for hole in self._holes.due(now_s):
            try:
                found = await super().trades_since(hole.instrument, hole.since)
            except (RateLimited, Unavailable) as error:
                _log.warning("a hole waits", extra={"code": error.code, "market": str(hole.instrument)})
                return
            for trade in found:
                on_trade(hole.instrument, trade)
            self._holes.filled(hole)

    def _heard(self, handle: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        """The client's handler of decoded messages, noting when and in which order each connection brought them."""
        loop, its = asyncio.get_running_loop(), self._its

        def handle_message(connection: Any, message: Any) -> None:
            self._data_s[connection] = loop.time()
            if (at_ms := its.clock_ms(message)) is not None:
                self._note_time(at_ms)
            number, plain = its.take_number(message)
            if number is not None:
                self._numbers.setdefault(connection, MessageNumbers()).heard(number)
            if (refusal := its.refusal(message)) is not None:
                _log.warning("a subscription is refused", extra={"venue": self._venue, "said": refusal[:200]})
            elif its.is_farewell(message):
                self._break(Unavailable("venue.leaving", "The venue asks to connect anew."))
            else:
                handle(connection, plain)

        return handle_message

    def _break(self, error: Unavailable) -> None:
        if self._broken is not None and not self._broken.done():
            self._broken.set_exception(error)

    def _trade(self, on_trade: TradeListener, row: Any) -> None:
        """Take a trade; a malformed one is missing, and found like one that did not come."""
        try:
            instrument, trade = self._instruments[row["symbol"]], self._its.trade(row)
        except UNREADABLE:
            return
        self._traded(instrument, trade)
        if self._its.counts_trades:
            self._holes.heard(instrument, trade)
        if self._its.begins_with_trades:
            self._newest_trades.setdefault(instrument, deque(maxlen=NEWEST)).append(trade)
        on_trade(instrument, trade)

    def _wall_ms(self) -> int:
        """As ccxt takes it, for what ccxt has noted."""
        told: int = self._raw.milliseconds()
        return told


def _brings_quotes(connection: Any) -> bool:
    return any(str(name).startswith("bidask") for name in connection.subscriptions)


def _tap(listener: Callable[[Any], None]) -> Any:
    """A cache of trades as ccxt.pro wants it, which hands on what is put in."""
    kind: Any = importlib.import_module("ccxt.async_support.base.ws.cache").ArrayCache

    class Tap(kind):  # type: ignore[misc]
        def append(self, item: Any) -> None:
            super().append(item)
            listener(item)

    return Tap(1)
