"""What a venue's public market data is asked for over REST: markets, prices, trades, bars, and how far it has come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import aiohttp

from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.balanced_fetch import Balance, first_hand, put_under_budget, urgency
from nightdesk.adapters.exchange.lazy_ccxt import base_error, client_class
from nightdesk.adapters.exchange.market_prices import Prices
from nightdesk.adapters.exchange.market_venue import MINUTE_MS, MarketVenue, market_venue, streaming_class
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import NOBODY, MakeBalance
from nightdesk.balancer.errors import NO_EGRESS, UNAVAILABLE, WAIT_TOO_LONG
from nightdesk.balancer.model import Priority
from nightdesk.candles.model import Candle, Trade
from nightdesk.candles.stream_ports import Ticker
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import InvalidInput, NightdeskError, Unavailable
from nightdesk.kernel.instants import Clock, from_ms, to_ms
from nightdesk.kernel.money import ZERO, multiply, parse_amount

PING_EVERY_S: Final = 1.0
PONGS_MISSED_MAX: Final = 10
PONG_GRACE_S: Final = 2.0
WATCH_EVERY_S: Final = 1.0
PROBED: Final = 5
"""So many markets are asked about to find out whether a silence is one."""

PAGE_ROWS: Final = 1000
CLOCK_OLD_S: Final = 5.0
"""The market's time is asked for where no message has told it for so long."""

FUTURE_MAX_MS: Final = 86_400_000
"""What claims to be so far ahead tells no time."""

BUDGET_RETRY_S: Final = 1.0
RECENT_MS: Final = 7_200_000
"""Bars since then are what is now; older ones wait behind them, with those that fill histories."""

UNREADABLE: Final = (InvalidInput, TypeError, ValueError, KeyError)
_WAITED_FOR: Final = frozenset({UNAVAILABLE, WAIT_TOO_LONG, NO_EGRESS})


class MarketRequests:
    """One life of a venue's public REST client; what streams besides inherits it.

    Args:
        venue: As ccxt names it.
        route: How to reach it.
        clock: Wall time.
        stale_after_s: After such a silence the venue is asked whether it is real; a dead connection is found within
            this time and two seconds.
        balance: Puts requests and connections under the budget that all processes share; None where there is none.
    """

    def __init__(
        self,
        venue: VenueId,
        route: Route,
        clock: Clock,
        *,
        stale_after_s: float = 5.0,
        balance: MakeBalance | None = None,
    ) -> None:
        self._venue = venue
        self._its: MarketVenue = market_venue(venue)
        self._route = route
        self._clock = clock
        self._stale_after_s = stale_after_s
        self._make_balance = balance
        self._balance: Balance | None = None
        self._is_open = False
        self._raw: Any = None
        self._session: aiohttp.ClientSession | None = None
        self._tls: Any = None
        self._instruments: dict[str, Instrument] = {}
        self._prices = Prices(clock)
        self._newest: dict[Instrument, int] = {}
        self._market_ms = 0
        self._market_told_s = float("-inf")
        self._answer: tuple[int, dict[str, str]] = (0, {})

    async def open(self) -> None:
        """Load the markets and every last price."""
        self._session, self._tls = self._route.open()
        if self._make_balance is not None:
            self._balance = await self._make_balance(self._session)
        self._raw = self._make_client()
        await self._call(self._raw.load_markets)
        self._instruments = {symbol: one for symbol, market in self._raw.markets.items() if (one := self._spot(market))}
        await self.refresh_prices()
        self._is_open = True

    def instruments(self) -> tuple[Instrument, ...]:
        """Every active spot market."""
        return tuple(self._instruments.values())

    @property
    def numbers_trades(self) -> bool:
        """Whether the venue's numbers prove that no trade is missing."""
        return self._its.numbers_trades

    @property
    def silent_s(self) -> float:
        """Nothing: a connection answers every second."""
        return 0.0

    def tickers(self) -> list[Ticker]:
        """What changed since the last call."""
        return self._prices.changed()

    async def refresh_prices(self) -> None:
        """Ask for every market's last price; that of a market whose trades are heard is known better from these."""
        rows = await self._call(self._raw.fetch_tickers)
        if not self._market_ms and not any(row.get("timestamp") for row in rows.values()):
            await self._learn_time(rows)
        for symbol, row in rows.items():
            self._price(symbol, row)

    async def market_time(self, instrument: Instrument) -> datetime:
        """How far the market has come, by its messages and trades; by its newest bar where these are old."""
        if self._its.tickers_tell_time:
            row = await self._call(self._raw.fetch_ticker, instrument.symbol)
            if not row.get("timestamp"):
                raise errors.malformed()
            return from_ms(int(row["timestamp"]))
        if asyncio.get_running_loop().time() - self._market_told_s > CLOCK_OLD_S:
            for bar in (await self.bars(instrument, None))[-1:]:
                self._note_time(to_ms(bar.at))
        return from_ms(self._now_ms())

    async def trades_from(self, instrument: Instrument, identity: int) -> list[Trade]:
        """A page of trades from this number on."""
        return await self._trades(instrument, (instrument.symbol, None, PAGE_ROWS, {"fromId": identity}))

    async def trades_since(self, instrument: Instrument, since: datetime | None) -> list[Trade]:
        """A page of trades of the hour from this instant on, or the newest."""
        since_ms = None if since is None else to_ms(since)
        trades = await self._trades(instrument, self._its.trades_query(instrument.symbol, since_ms))
        return [trade for trade in trades if since is None or trade.at >= since]

    async def bars(self, instrument: Instrument, since: datetime | None) -> list[Candle]:
        """The venue's own one-minute bars."""
        since_ms, span_ms = None if since is None else to_ms(since), self._its.page_span_ms
        rows = await self._bars(instrument, since_ms)
        while not rows and since_ms is not None and span_ms and (since_ms := since_ms + span_ms) < self._now_ms():
            rows = await self._bars(instrument, since_ms)  # a stretch in which nothing was traded
        try:
            bars = [candle_of(row) for row in rows]
        except (TypeError, ValueError):
            raise errors.malformed() from None
        return [bar for bar in bars if since is None or bar.at >= since]

    async def close(self) -> None:
        """Close every connection."""
        for raw in self._clients():
            with suppress(base_error(), OSError, asyncio.TimeoutError):
                await asyncio.wait_for(raw.close(), 5)
        if self._balance is not None:
            await self._balance.close()
        if self._session is not None:
            await self._session.close()

    def _clients(self) -> list[Any]:
        return [] if self._raw is None else [self._raw]

    def _make_client(self) -> Any:
        """A client of ccxt, with websockets where it has them for this venue."""
        make = streaming_class(self._venue) or client_class(self._venue)
        raw = make({"session": self._session, "options": dict(self._its.options), "enableRateLimit": True})
        if self._balance is not None:
            put_under_budget(raw, self._balance, venue=self._venue, tenant=NOBODY)
        raw.number = str
        raw.ssl_context = self._tls
        pings = {"keepAlive": PING_EVERY_S * 1000, "maxPingPongMisses": PONGS_MISSED_MAX}
        raw.streaming = {**(getattr(raw, "streaming", None) or {}), **pings}
        raw.on_rest_response = self._note
        return raw

    def _price(self, symbol: str, row: Mapping[str, Any]) -> None:
        instrument, last = self._instruments.get(symbol), amount_of(row.get("last"))
        if instrument is None or instrument in self._newest or last is None:
            return
        at_ms = int(row.get("timestamp") or 0) or self._market_ms
        if at_ms:
            self._prices.refreshed(instrument, last, from_ms(at_ms))

    async def _learn_time(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Where prices come without a time, the newest trade of the busiest market tells it."""
        busiest = max(self._instruments, key=lambda symbol: _turnover(rows.get(symbol, {})), default=None)
        if busiest is None:
            return
        told = await self._call(self._raw.fetch_trades, *self._its.trades_query(busiest, None))
        for row in told:
            self._note_time(int(row["timestamp"]))

    def _now_ms(self) -> int:
        return self._market_ms or to_ms(self._clock.now())

    def _note_time(self, at_ms: int) -> None:
        if self._market_ms and at_ms - self._market_ms > FUTURE_MAX_MS:
            return
        self._market_told_s = asyncio.get_running_loop().time()
        self._market_ms = max(self._market_ms, at_ms)

    def _traded(self, instrument: Instrument, trade: Trade) -> None:
        at_ms = to_ms(trade.at)
        self._newest[instrument] = max(self._newest.get(instrument, 0), at_ms)
        if not self._its.tickers_tell_time:
            self._note_time(at_ms)
        self._prices.traded(instrument, trade)

    async def _trades(self, instrument: Instrument, arguments: tuple[Any, ...]) -> list[Trade]:
        trades = self._read(await self._call(self._raw.fetch_trades, *arguments))
        for trade in trades:
            self._traded(instrument, trade)
        return sorted(trades, key=lambda trade: (trade.identity or 0, trade.at))

    def _read(self, rows: Sequence[Mapping[str, Any]]) -> list[Trade]:
        try:
            return [self._its.trade(row) for row in rows]
        except UNREADABLE:
            raise errors.malformed() from None

    async def _has_newer_trades(self) -> bool:
        """Whether REST knows newer trades than the streams brought, in the markets that traded last."""
        for instrument, newest in sorted(self._newest.items(), key=lambda item: -item[1])[:PROBED]:
            rows = await self._call(self._raw.fetch_trades, instrument.symbol, None, 1)
            if rows and int(rows[-1]["timestamp"]) > newest:
                return True
        return False

    async def _bars(self, instrument: Instrument, since_ms: int | None) -> Any:
        now_ms = self._now_ms()
        is_past = since_ms is not None and now_ms - since_ms > RECENT_MS
        query = self._its.bars_query(instrument.symbol, since_ms, now_ms + MINUTE_MS)
        return await self._call(self._raw.fetch_ohlcv, *query, priority=Priority.HISTORY if is_past else Priority.FILL)

    async def _call(
        self, method: Callable[..., Awaitable[Any]], *arguments: Any, priority: Priority = Priority.FILL
    ) -> Any:
        """Ask over REST; while the streams live, a budget that is spent or lost is waited for.

        Their holes are told from numbers and times, so once they are open nothing but the venue's own word will do.
        """
        while True:
            try:
                with urgency(priority), first_hand() if self._is_open else nullcontext():
                    return await method(*arguments)
            except base_error() as error:
                raise self._translated(error) from None
            except NightdeskError as error:
                if not self._is_open or error.code not in _WAITED_FOR:
                    raise
                await asyncio.sleep(min(error.retry_after_s or BUDGET_RETRY_S, BUDGET_RETRY_S))

    def _translated(self, error: BaseException) -> BaseException:
        if isinstance(error, aiohttp.ClientError | OSError | TimeoutError):
            # A connection was lost while something was sent on it: ccxt raises what the socket raised.
            return errors.unavailable()
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


def silent() -> Unavailable:
    """A connection is dead without saying so."""
    return Unavailable("venue.silent", "The venue goes on, but its stream is silent.")


def candle_of(row: Sequence[Any]) -> Candle:
    """A bar in ccxt's form."""
    return Candle(from_ms(int(row[0])), *map(float, row[1:6]))


def quote_of(row: Any) -> tuple[Decimal | None, Decimal | None]:
    """The best bid and ask of a ticker in ccxt's form."""
    return amount_of(row.get("bid")), amount_of(row.get("ask"))


def amount_of(text: Any) -> Decimal | None:
    """An amount, where there is one that can be read."""
    try:
        return None if text is None else parse_amount(str(text))
    except InvalidInput:
        return None


def _turnover(row: Mapping[str, Any]) -> Decimal:
    """Of a day, in the quote; only to compare."""
    told = amount_of(row.get("quoteVolume"))
    if told is None:
        volume, last = amount_of(row.get("baseVolume")), amount_of(row.get("last"))
        told = multiply(volume, last) if volume is not None and last is not None else ZERO
    return told
