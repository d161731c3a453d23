"""What all private streams of a venue share: markets, sessions, request weight, the pace of connecting."""

from __future__ import annotations

import asyncio
import importlib
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, Final

from nightdesk.accounts.model import Credential
from nightdesk.adapters.exchange import errors
from nightdesk.adapters.exchange.balanced_fetch import Balance, put_under_budget
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.keys import pin_of, secrets_of
from nightdesk.adapters.exchange.lazy_ccxt import base_error, client_class
from nightdesk.adapters.exchange.private_stream import MakeStream, PrivateStream, StreamClient
from nightdesk.adapters.exchange.route import TIMEOUT_S, Route
from nightdesk.adapters.exchange.sessions import NOBODY, MakeBalance
from nightdesk.adapters.exchange.signing_turns import sign_in_turn
from nightdesk.adapters.exchange.venues import binance, bitfinex, coinbase, htx, kraken
from nightdesk.adapters.exchange.venues.binance_stream import BinanceStream
from nightdesk.adapters.exchange.venues.bitfinex_stream import BitfinexStream
from nightdesk.adapters.exchange.venues.coinbase_stream import CoinbaseStream
from nightdesk.adapters.exchange.venues.htx_stream import HtxStream
from nightdesk.adapters.exchange.venues.kraken_stream import KrakenStream
from nightdesk.adapters.exchange.weights import Weights, WeightWindow
from nightdesk.balancer.model import Pin
from nightdesk.balancer.turns import Turns
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.instants import Clock

STREAMS_A_SESSION: Final = 40
"""Each has a websocket and now and then a request; a session of aiohttp has 100 connections."""

CONNECTIONS: Final = 240
CONNECTIONS_WITHIN_S: Final = 300.0
"""The venue allows an address 300 connections in five minutes."""

WEIGHT_SHARE: Final = 2
"""The history of all streams together takes one part in so many of the address's weight, where no budget is shared."""

MARKETS_FRESH: Final = timedelta(hours=1)
MARKETS_DOUBTED: Final = timedelta(minutes=1)

_UNLIMITED: Final = 10**9
VENUES: Final[dict[VenueId, ModuleType]] = {venue.VENUE: venue for venue in (binance, kraken, coinbase, bitfinex, htx)}
STREAMS: Final[dict[VenueId, MakeStream]] = {
    binance.VENUE: BinanceStream,
    kraken.VENUE: KrakenStream,
    bitfinex.VENUE: BitfinexStream,
    coinbase.VENUE: CoinbaseStream,
    htx.VENUE: HtxStream,
}
"""Venues whose private streams are spoken; accounts at the others are followed by asking."""


class Lent:
    """A place in a session that several streams share."""

    def __init__(self, session: Session) -> None:
        self.session: Session | None = session
        session.used += 1

    def give_back(self) -> None:
        """The place is free again."""
        if self.session is not None:
            self.session.used -= 1
            self.session = None


class Session:
    """A session of aiohttp on the venues' route."""

    def __init__(self, route: Route) -> None:
        self.http, self.tls = route.open()
        self.used = 0


class StreamedVenue:
    """A venue's markets, sessions, request weight and pace of connecting, shared by all streams."""

    def __init__(self, name: VenueId, route: Route, clock: Clock, *, balance: MakeBalance | None, turns: Turns) -> None:
        self.name = name
        self.protocol = VENUES[name]
        self._route = route
        self._clock = clock
        self._turns = turns
        self._make_balance = balance
        self._balance: Balance | None = None
        self._sessions: list[Session] = []
        limit = self.protocol.WEIGHT_LIMIT // WEIGHT_SHARE if balance is None else _UNLIMITED
        self._weights = WeightWindow(clock, limit, used_header=self.protocol.USED_HEADER if balance is None else None)
        self._public: tuple[Any, VenueClient] | None = None
        self._markets_at: datetime | None = None
        self._one_at_a_time = asyncio.Lock()
        self._one_connects = asyncio.Lock()
        self._connected_s: deque[float] = deque(maxlen=CONNECTIONS)

    async def lend(self) -> Lent:
        """A place in a session; the markets are loaded then.

        Raises:
            Unavailable: The venue does not answer.
        """
        await self.markets()
        return Lent(self._free_session())

    async def turn(self) -> None:
        """Wait until one more connection may be made; a shared budget says so itself when it connects."""
        if self._make_balance is not None:
            return
        loop = asyncio.get_running_loop()
        async with self._one_connects:
            if len(self._connected_s) == CONNECTIONS:
                await asyncio.sleep(max(self._connected_s[0] + CONNECTIONS_WITHIN_S - loop.time(), 0.0))
            self._connected_s.append(loop.time())

    async def markets(self) -> Any:
        """The client of ccxt that holds the markets, an hour old at most."""
        async with self._one_at_a_time:
            session = self._sessions[0] if self._sessions else self._free_session()
            if self._make_balance is not None and self._balance is None:
                self._balance = await self._make_balance(session.http)
            if self._public is None:
                self._public = self._make(session, {}, NOBODY)
            raw, client = self._public
            now = self._clock.now()
            if self._markets_at is None or now - self._markets_at > MARKETS_FRESH:
                await client.load_markets()
                self._markets_at = now
        return raw

    def doubt_markets(self) -> None:
        """There is a market that is not known: load them anew, unless that was just done."""
        if self._markets_at is not None and self._clock.now() - self._markets_at > MARKETS_DOUBTED:
            self._markets_at = None

    def client(self, lent: Lent, credential: Credential, tenant: str) -> tuple[Any, VenueClient]:
        """A client with the credential and the markets."""
        if lent.session is None or self._public is None:
            raise errors.unavailable()
        secrets = secrets_of(self.name, credential)
        raw, client = self._make(lent.session, secrets, tenant, pin_of(self.name, credential))
        raw.set_markets_from_exchange(self._public[0])
        return raw, client

    def private_stream(self, client: StreamClient) -> PrivateStream:
        """The venue's own part of a connection."""
        return STREAMS[self.name](client)

    async def close(self) -> None:
        """Close every session."""
        if self._public is not None:
            with suppress(base_error(), OSError):
                await self._public[0].close()
        if self._balance is not None:
            await self._balance.close()
        for session in self._sessions:
            await session.http.close()

    def _free_session(self) -> Session:
        for session in self._sessions:
            if session.used < STREAMS_A_SESSION:
                return session
        self._sessions.append(Session(self._route))
        return self._sessions[-1]

    def _make(
        self, session: Session, secrets: Mapping[str, str], tenant: str, pin: Pin = Pin.FREE
    ) -> tuple[Any, VenueClient]:
        raw = _streaming_class(self.name)(
            {
                **self.protocol.OPTIONS,
                **secrets,
                "session": session.http,
                "asyncio_loop": asyncio.get_running_loop(),
                "number": str,
                "timeout": int(TIMEOUT_S * 1000),
                "enableRateLimit": False,  # the weights are kept over all clients, by what the venue says
                "timeout_on_exit": 0,
            }
        )
        raw.ssl_context = session.tls
        sign_in_turn(raw, self.name, self._turns, has_budget=self._balance is not None)
        limit = self.protocol.ACCOUNT_WEIGHT_LIMIT
        if self._balance is not None:
            put_under_budget(raw, self._balance, venue=self.name, tenant=tenant, pin=pin)
            limit = _UNLIMITED
        weights = Weights(self._weights, WeightWindow(self._clock, limit))
        return raw, VenueClient(raw, weights, self._clock, self.protocol.KEY_CODES)


def _streaming_class(venue: VenueId) -> Callable[[dict[str, Any]], Any]:
    """ccxt.pro's class of the venue, without the hundred others."""
    client_class(venue)  # puts the lazy packages in place
    found: Callable[[dict[str, Any]], Any] = getattr(importlib.import_module(f"ccxt.pro.{venue}"), venue)
    return found
