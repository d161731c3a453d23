"""Venues for a synchronous caller: one event loop, one connection pool and one set of markets a process.

A client with a credential is kept warm for each account and sealing; a new sealing, or a forgotten account, ends it.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, Final, TypeVar

import aiohttp

from nightdesk.accounts.errors import venue_unknown
from nightdesk.accounts.model import (
    AccountRef,
    Credential,
    Cursor,
    HistoryPage,
    KeyPermissions,
    KnownHistory,
    ReportedBalance,
    StreamStart,
)
from nightdesk.adapters.exchange.balanced_fetch import Balance, put_under_budget
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.lazy_ccxt import client_class
from nightdesk.adapters.exchange.route import TIMEOUT_S, Route
from nightdesk.adapters.exchange.venues import binance
from nightdesk.adapters.exchange.weights import Weights, WeightWindow
from nightdesk.balancer.model import Pin
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.instants import Clock
from nightdesk.markets.model import Price

CLIENTS_MAX: Final = 64
MARKETS_FRESH: Final = timedelta(hours=1)

NOBODY: Final = "desk"
"""Who uses the budget where no tenant asks."""

_BALANCED: Final = 10**9
"""Where the shared budget counts, the process's own count never refuses."""

MakeBalance = Callable[[aiohttp.ClientSession], Coroutine[Any, Any, Balance]]
"""Puts a venue's connections under the shared budget; called in the event loop."""

_VENUES: Final[dict[VenueId, ModuleType]] = {binance.VENUE: binance}
_Result = TypeVar("_Result")


class ExchangeSession:
    """One venue spoken to with one credential, or with none."""

    def __init__(self, venue: _OpenVenue, client: VenueClient) -> None:
        self._venue = venue
        self.client = client

    def permissions(self) -> KeyPermissions:
        """What the key may do."""
        found: KeyPermissions = self._run(self._venue.protocol.permissions(self.client))
        return found

    def balances(self) -> tuple[ReportedBalance, ...]:
        """What the account holds."""
        found: tuple[ReportedBalance, ...] = self._run(self._venue.protocol.balances(self.client))
        return found

    def streams(self, known: KnownHistory) -> tuple[StreamStart, ...]:
        """The streams of history to import."""
        found: tuple[StreamStart, ...] = self._run(self._venue.protocol.streams(self.client, known))
        return found

    def history_page(self, stream: str, cursor: Cursor) -> HistoryPage:
        """One page of a stream."""
        found: HistoryPage = self._run(self._venue.protocol.history_page(self.client, stream, cursor))
        return found

    def tickers(self) -> tuple[Price, ...]:
        """The last price of every market."""
        found: tuple[Price, ...] = self._run(self._venue.protocol.tickers(self.client))
        return found

    def _run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return self._venue.run(self.client, work)


class ExchangeSessions:
    """Every venue of a process; may be called from several threads, which then take turns."""

    def __init__(
        self, route: Route, clock: Clock, *, clients_max: int = CLIENTS_MAX, balance: MakeBalance | None = None
    ) -> None:
        self._balance = balance
        self._route = route
        self._clock = clock
        self._clients_max = clients_max
        self._loop = _Loop()
        self._venues: dict[VenueId, _OpenVenue] = {}
        self._warm: OrderedDict[tuple[AccountId, datetime], ExchangeSession] = OrderedDict()
        self._turn = threading.RLock()

    @contextmanager
    def try_out(self, venue: VenueId, credential: Credential) -> Iterator[ExchangeSession]:
        """A session that ends with the block."""
        with self._turn:
            opened = self._venue(venue)
            session = ExchangeSession(
                opened, opened.client(credential, pin=Pin.SOFT)
            )  # where it worked is where it stays
        try:
            yield session
        finally:
            self._loop.run(session.client.close())

    def session(
        self, account: AccountRef, sealed_at: datetime, credential: Callable[[], Credential]
    ) -> ExchangeSession:
        """The account's session; opens the credential only when there is none warm."""
        with self._turn:
            key = (account.account_id, sealed_at)
            session = self._warm.pop(key, None)
            if session is None:
                self.forget(account)
                opened = self._venue(account.venue)
                known = credential()
                pin = Pin.HARD if known.ip_bound else Pin.FREE
                session = ExchangeSession(opened, opened.client(known, str(account.tenant_id), pin))
            self._warm[key] = session
            while len(self._warm) > self._clients_max:
                self._close(next(iter(self._warm)))
            return session

    def forget(self, account: AccountRef) -> None:
        """End the account's sessions."""
        with self._turn:
            for key in [key for key in self._warm if key[0] == account.account_id]:
                self._close(key)

    def tickers(self, venue: VenueId) -> tuple[Price, ...]:
        """The last price of every market of the venue; no credential is used."""
        with self._turn:
            opened = self._venue(venue)
        return ExchangeSession(opened, opened.public).tickers()

    def close(self) -> None:
        """End every session and connection; nothing can be asked after."""
        with self._turn:
            for key in list(self._warm):
                self._close(key)
            for venue in self._venues.values():
                self._loop.run(venue.close())
            self._loop.close()

    def _close(self, key: tuple[AccountId, datetime]) -> None:
        self._loop.run(self._warm.pop(key).client.close())

    def _venue(self, name: VenueId) -> _OpenVenue:
        if name not in _VENUES:
            raise venue_unknown(name)
        if name not in self._venues:
            self._venues[name] = _OpenVenue(name, self._route, self._clock, self._loop, self._balance)
        return self._venues[name]


class _OpenVenue:
    """A venue's connections, markets and request weight, shared by all of its clients."""

    def __init__(self, name: VenueId, route: Route, clock: Clock, loop: _Loop, balance: MakeBalance | None) -> None:
        self.protocol = _VENUES[name]
        self._name = name
        self._clock = clock
        self._loop = loop
        limit = self.protocol.WEIGHT_LIMIT if balance is None else _BALANCED
        self._weights = WeightWindow(clock, limit, used_header=self.protocol.USED_HEADER)
        self._http, self._tls = loop.run(_opened(route))
        self._balance = None if balance is None else loop.run(balance(self._http))
        self._markets_at: datetime | None = None
        self.public = self.client(None)

    def client(self, credential: Credential | None, tenant: str = NOBODY, pin: Pin = Pin.FREE) -> VenueClient:
        """A client; it borrows the venue's connections."""
        secrets = {"apiKey": credential.key, "secret": credential.secret} if credential else {}
        raw = client_class(self._name)(
            {
                **self.protocol.OPTIONS,
                **secrets,
                "session": self._http,
                "asyncio_loop": self._loop.loop,
                "number": str,
                "timeout": int(TIMEOUT_S * 1000),
                "enableRateLimit": False,  # the weights are kept over all clients, by what the venue says
                "timeout_on_exit": 0,
            }
        )
        raw.ssl_context = self._tls
        limit = self.protocol.ACCOUNT_WEIGHT_LIMIT
        if self._balance is not None:
            put_under_budget(raw, self._balance, venue=self._name, tenant=tenant, pin=pin)
            limit = _BALANCED
        own = WeightWindow(self._clock, limit)
        return VenueClient(raw, Weights(self._weights, own), self._clock, self.protocol.KEY_CODES)

    def run(self, client: VenueClient, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Do the work with fresh markets in place."""
        return self._loop.run(self._with_markets(client, work))

    async def close(self) -> None:
        """Close the shared connections."""
        await self.public.close()
        if self._balance is not None:
            await self._balance.close()
        await self._http.close()

    async def _with_markets(self, client: VenueClient, work: Coroutine[Any, Any, _Result]) -> _Result:
        try:
            await self._freshen()
        except BaseException:
            work.close()
            raise
        if client is not self.public:
            client.raw.set_markets_from_exchange(self.public.raw)
        return await work

    async def _freshen(self) -> None:
        now = self._clock.now()
        if self._markets_at is None or now - self._markets_at > MARKETS_FRESH:
            await self.public.load_markets()
            self._markets_at = now


class _Loop:
    """An event loop that runs one piece of work at a time, whichever thread asks."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._turn = threading.Lock()

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """The work's result."""
        with self._turn:
            return self.loop.run_until_complete(work)

    def close(self) -> None:
        """End the loop after what it still owes to closed connections."""
        with self._turn:
            self.loop.run_until_complete(asyncio.sleep(0))
            self.loop.close()


async def _opened(route: Route) -> tuple[aiohttp.ClientSession, Any]:
    return route.open()
