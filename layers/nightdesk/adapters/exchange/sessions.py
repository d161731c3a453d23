"""Venues for a synchronous caller: one event loop, one connection pool and one set of markets a process.

A client with a credential is kept warm for each account and sealing; a new sealing, or a forgotten account, ends it.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, Final, TypeVar

import aiohttp

from nightdesk.accounts.errors import venue_unknown
from nightdesk.accounts.keys import KeyTest
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
from nightdesk.accounts.positions import VENUES_WITH_POSITIONS, Position
from nightdesk.adapters.exchange import key_probes
from nightdesk.adapters.exchange.balanced_fetch import Balance, put_under_budget
from nightdesk.adapters.exchange.client import VenueClient
from nightdesk.adapters.exchange.keys import pin_of, secrets_of
from nightdesk.adapters.exchange.lazy_ccxt import client_class
from nightdesk.adapters.exchange.route import TIMEOUT_S, Route
from nightdesk.adapters.exchange.signing_turns import LocalTurns, sign_in_turn
from nightdesk.adapters.exchange.venues import (
    binance,
    binance_orders,
    binance_positions,
    bitfinex,
    bitfinex_orders,
    coinbase,
    coinbase_orders,
    htx,
    htx_orders,
    kraken,
    kraken_orders,
)
from nightdesk.adapters.exchange.venues.ordering import VenueOrders
from nightdesk.adapters.exchange.weights import Weights, WeightWindow
from nightdesk.balancer.model import Pin
from nightdesk.balancer.turns import Turns
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.instants import Clock
from nightdesk.markets.model import Price
from nightdesk.markets.orders import MarketRules, OrderName, OrderTicket, VenueOrder

CLIENTS_MAX: Final = 64
MARKETS_FRESH: Final = timedelta(hours=1)

NOBODY: Final = "desk"
"""Who uses the budget where no tenant asks."""

_BALANCED: Final = 10**9
"""Where the shared budget counts, the process's own count never refuses."""

MakeBalance = Callable[[aiohttp.ClientSession], Coroutine[Any, Any, Balance]]
"""Puts a venue's connections under the shared budget; called in the event loop."""

_VENUES: Final[dict[VenueId, ModuleType]] = {venue.VENUE: venue for venue in (binance, kraken, coinbase, bitfinex, htx)}
_ORDERS: Final[dict[VenueId, VenueOrders]] = {
    quirks.VENUE: VenueOrders(quirks)
    for quirks in (binance_orders, kraken_orders, coinbase_orders, bitfinex_orders, htx_orders)
}
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

    def test_key(self, permissions: KeyPermissions) -> KeyTest:
        """What the key may do, tried out by requests that change nothing."""
        return self._run(key_probes.test_key(self.client, self._venue.name, permissions))

    def owner(self) -> str | None:
        """The venue's own name for the account, if it tells one."""
        return self._run(key_probes.identify(self.client, self._venue.name)).owner

    def balances(self) -> tuple[ReportedBalance, ...]:
        """What the account holds."""
        found: tuple[ReportedBalance, ...] = self._run(self._venue.protocol.balances(self.client))
        return found

    def positions(self) -> tuple[Position, ...]:
        """Which contracts are open; none at a venue whose contracts are not read."""
        if self._venue.name not in VENUES_WITH_POSITIONS:
            return ()
        return self._run(binance_positions.positions(self.client))

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

    def market_rules(self, instrument: Instrument) -> MarketRules:
        """What the market demands of orders."""
        found: MarketRules = self._run(self._venue.orders.market_rules(self.client, instrument))
        return found

    def place_order(self, ticket: OrderTicket) -> VenueOrder:
        """Send the order, once."""
        placed: VenueOrder = self._run(self._venue.orders.place_order(self.client, ticket))
        return placed

    def cancel_order(self, name: OrderName) -> VenueOrder:
        """Cancel it, or say what had become of it."""
        cancelled: VenueOrder = self._run(self._venue.orders.cancel_order(self.client, name))
        return cancelled

    def find_order(self, name: OrderName) -> VenueOrder | None:
        """The order, if the venue has it."""
        found: VenueOrder | None = self._run(self._venue.orders.find_order(self.client, name))
        return found

    def open_orders(self) -> tuple[VenueOrder, ...]:
        """Every open order."""
        found: tuple[VenueOrder, ...] = self._run(self._venue.orders.open_orders(self.client))
        return found

    def _run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return self._venue.run(self.client, work)


class ExchangeSessions:
    """Every venue of a process; may be called from several threads, which then take turns."""

    def __init__(
        self,
        route: Route,
        clock: Clock,
        *,
        clients_max: int = CLIENTS_MAX,
        balance: MakeBalance | None = None,
        turns: Turns | None = None,
    ) -> None:
        self._clients_max = clients_max
        self._loop = _Loop()
        self._shared = _Shared(route, clock, self._loop, balance, turns or LocalTurns())
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
                session = ExchangeSession(
                    opened, opened.client(known, str(account.tenant_id), pin_of(account.venue, known))
                )
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

    def market_rules(self, instrument: Instrument) -> MarketRules:
        """What the market demands of orders; no credential is used."""
        with self._turn:
            opened = self._venue(instrument.venue)
        return ExchangeSession(opened, opened.public).market_rules(instrument)

    def ask(self, venue: VenueId, question: Callable[[VenueClient], Coroutine[Any, Any, _Result]]) -> _Result:
        """What the venue answers to anybody, its markets in place; no credential is used."""
        with self._turn:
            opened = self._venue(venue)
        return opened.run(opened.public, question(opened.public))

    def close(self) -> None:
        """End every session and connection; nothing can be asked after."""
        with self._turn:
            for key in list(self._warm):
                self._close(key)
            for venue in self._venues.values():
                self._loop.run(venue.close())
            self._loop.run(self._shared.turns.close())
            self._loop.close()

    def _close(self, key: tuple[AccountId, datetime]) -> None:
        self._loop.run(self._warm.pop(key).client.close())

    def _venue(self, name: VenueId) -> _OpenVenue:
        if name not in _VENUES:
            raise venue_unknown(name)
        if name not in self._venues:
            self._venues[name] = _OpenVenue(name, self._shared)
        return self._venues[name]


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the venues of a process share."""

    route: Route
    clock: Clock
    loop: _Loop
    balance: MakeBalance | None
    turns: Turns


class _OpenVenue:
    """A venue's connections, markets and request weight, shared by all of its clients."""

    def __init__(self, name: VenueId, shared: _Shared) -> None:
        self.protocol = _VENUES[name]
        self.orders = _ORDERS[name]
        self.name = name
        self._clock, self._loop, self._turns = shared.clock, shared.loop, shared.turns
        limit = self.protocol.WEIGHT_LIMIT if shared.balance is None else _BALANCED
        self._weights = WeightWindow(shared.clock, limit, used_header=self.protocol.USED_HEADER)
        self._http, self._tls = self._loop.run(_opened(shared.route))
        self._balance = None if shared.balance is None else self._loop.run(shared.balance(self._http))
        self._markets_at: datetime | None = None
        self.public = self.client(None)

    def client(self, credential: Credential | None, tenant: str = NOBODY, pin: Pin = Pin.FREE) -> VenueClient:
        """A client; it borrows the venue's connections."""
        secrets = secrets_of(self.name, credential) if credential else {}
        raw = client_class(self.name)(
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
        sign_in_turn(raw, self.name, self._turns, has_budget=self._balance is not None)
        limit = self.protocol.ACCOUNT_WEIGHT_LIMIT
        if self._balance is not None:
            put_under_budget(raw, self._balance, venue=self.name, tenant=tenant, pin=pin)
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
