"""Private streams through the desk's adapter and the unmodified client: what is heard is what the history tells."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from nightdesk.accounts.model import AccountRef, Credential, KnownHistory
from nightdesk.accounts.streaming import BalancesTold, FactTold, LookAgain, OrderTold
from nightdesk.adapters.exchange.account_stream import CcxtAccountStream, CcxtAccountStreams
from nightdesk.adapters.exchange.account_stream_venue import STREAMS, VENUES
from nightdesk.adapters.exchange.polled_account import MOVED
from nightdesk.adapters.exchange.private_stream import StreamNotAllowed
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSession, ExchangeSessions
from nightdesk.adapters.exchange.venues import bitfinex, kraken
from nightdesk.adapters.exchange.venues.kraken_stream import KrakenStream
from nightdesk.kernel.assets import Instrument, VenueId, asset_id
from nightdesk.kernel.errors import NightdeskError, Unavailable
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.markets.orders import OrderName, OrderTicket, OrderType, Side, VenueOrderState
from nightdesk.orders.model import OrderId
from nightdesk.orders.naming import client_order_id_at
from nightdesk.runtime.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from nightdesk.accounts.model import Cursor
    from nightdesk.accounts.streaming import StreamEvent
    from nightdesk.adapters.exchange.polled_account import PolledAccountStream
    from tests.servers import Paper

QUOTES = {"bitfinex": "USD", "coinbase": "USD", "htx": "USDT", "kraken": "USD"}
LIMITS = {
    "bitfinex": ("requests_permille",),
    "kraken": ("counter_max", "engine_max", "public_max"),
    "coinbase": ("public_a_second", "private_a_second", "app_an_hour"),
    "htx": ("market_a_second", "public_in_3s", "private_a_second"),
}
NOTHING_KNOWN = KnownHistory(assets=frozenset(), streams=frozenset(), earliest_at=None)
PATIENCE_S = 60


@pytest.fixture(scope="module", params=sorted(QUOTES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", autouse=True)
def unhurried(venue: Paper, name: str) -> Iterator[None]:
    venue.admin("POST", "/limits", {"venue": name, **dict.fromkeys(LIMITS[name], 100_000)})
    with pytest.MonkeyPatch.context() as patched:
        for protocol in (bitfinex, kraken):
            patched.setattr(protocol, "WEIGHT_LIMIT", 100_000)
            patched.setattr(protocol, "ACCOUNT_WEIGHT_LIMIT", 100_000)
        patched.setattr(KrakenStream, "balances_every_s", 0.1)
        yield


@pytest.fixture
def credential(venue: Paper, name: str) -> Credential:
    history = {"kind": "empty", "balances": {QUOTES[name]: "1000000", "ETH": "20"}}
    made: Any = venue.admin("POST", "/accounts", {"venue": name, "history": history})
    return Credential(made["key"], made["secret"])


@pytest.fixture(scope="module")
def sessions(venue: Paper) -> Iterator[ExchangeSessions]:
    made = ExchangeSessions(Route.parse(venue.route), SystemClock())
    yield made
    made.close()


@dataclass(slots=True)
class Followed:
    """An account that is followed, and what was heard of it."""

    paper: Paper
    name: str
    credential: Credential
    stream: CcxtAccountStream | PolledAccountStream
    running: asyncio.Task[None]
    told: list[StreamEvent] = field(default_factory=list)

    async def act(self, what: str, **more: Any) -> Any:
        """Have something happen to the account at the venue."""
        place = f"/accounts/{quote(self.credential.key, safe='')}/{what}"
        return await asyncio.to_thread(self.paper.admin, "POST", place, more)

    async def fill(self, **more: Any) -> Any:
        wanted = {"symbol": f"ETH/{QUOTES[self.name]}", "side": "buy", "quantity": "0.01"}
        return await self.act("fills", **wanted | more)

    async def heard(self, is_it: Callable[[StreamEvent], bool]) -> StreamEvent:
        """Wait until something of this kind is told."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = next((event for event in self.told if is_it(event)), None)
                if found is not None:
                    return found
                assert not self.running.done(), self.running.exception()
                await asyncio.sleep(0.02)

    def identities(self) -> set[str]:
        """Of the trades that were told."""
        return {event.fact.identity for event in self.told if isinstance(event, FactTold)}

    async def trades(self) -> set[str]:
        """The identities of the trades in the history."""
        found: set[str] = set()
        cursor: Cursor = {}
        while True:
            page = await self.stream.history_page("trades", cursor)
            found |= {fact.identity for fact in page.facts}
            cursor = page.cursor
            if page.finished:
                return found


@asynccontextmanager
async def followed(venue: Paper, name: str, credential: Credential) -> AsyncIterator[Followed]:
    account = AccountRef(
        tenant_id=TenantId(uuid4()),
        account_id=AccountId(uuid4()),
        venue=VenueId(name),
        correlation_id=CorrelationId("correlation-streams"),
    )
    streams = CcxtAccountStreams(Route.parse(venue.route), SystemClock(), stale_after_s=3)
    stream = streams.stream(account, credential)
    told: list[StreamEvent] = []
    try:
        await stream.open(told.append)
        running = asyncio.create_task(stream.run())
        try:
            yield Followed(venue, name, credential, stream, running, told)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    finally:
        await stream.close()
        await streams.close()


def at(venue: Paper, name: str, credential: Credential, act: Callable[[Followed], Coroutine[Any, Any, None]]) -> None:
    async def journey() -> None:
        async with followed(venue, name, credential) as account:
            await act(account)

    asyncio.run(journey())


def is_trade(event: StreamEvent) -> bool:
    """Whether a trade is told, or that there is one in the history."""
    return event == LookAgain("trade") or isinstance(event, FactTold)


def test_a_fill_asks_for_the_history_at_once_and_is_the_same_there(
    venue: Paper, name: str, credential: Credential
) -> None:
    async def act(account: Followed) -> None:
        await account.fill(count=3)
        await account.heard(is_trade)
        facts = await account.trades()
        assert len(facts) == 3
        await account.heard(lambda _: account.identities() == facts)

        def bought(event: StreamEvent) -> bool:
            return isinstance(event, BalancesTold) and any(
                balance.asset == "ETH" and balance.free > Decimal("20.029") for balance in event.balances
            )

        await account.heard(bought)

    at(venue, name, credential, act)


def test_an_order_is_told_from_its_beginning_to_its_end(
    venue: Paper, name: str, credential: Credential, sessions: ExchangeSessions
) -> None:
    market = Instrument(VenueId(name), asset_id("ETH"), asset_id(QUOTES[name]))
    last = next(price.last for price in sessions.tickers(VenueId(name)) if price.instrument == market)
    ticket = OrderTicket(
        client_order_id=client_order_id_at(market.venue, OrderId(uuid4()), SystemClock().now()),
        instrument=market,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.5"),
        price=(last * Decimal("0.9")).quantize(Decimal(1)),
        send_before=SystemClock().now() + timedelta(minutes=5),
    )
    taken = OrderTicket(
        client_order_id=client_order_id_at(market.venue, OrderId(uuid4()), SystemClock().now()),
        instrument=market,
        side=Side.SELL,
        type=OrderType.MARKET,
        quantity=Decimal("0.75"),
        send_before=ticket.send_before,
    )

    async def act(account: Followed, session: ExchangeSession) -> None:
        await asyncio.to_thread(session.place_order, ticket)
        await account.heard(lambda event: is_order(event, ticket, VenueOrderState.OPEN))
        named = OrderName(instrument=market, client_order_id=ticket.client_order_id)
        await asyncio.to_thread(session.cancel_order, named)
        await account.heard(lambda event: is_order(event, ticket, VenueOrderState.CANCELLED))
        sold = await asyncio.to_thread(session.place_order, taken)
        filled = await account.heard(lambda event: is_order(event, taken, VenueOrderState.FILLED))
        assert isinstance(filled, OrderTold)
        assert (filled.order.filled, filled.order.filled_quote) == (sold.filled, sold.filled_quote)
        assert filled.order.venue_order_id == sold.venue_order_id
        await account.heard(is_trade)

    with sessions.try_out(VenueId(name), credential) as session:
        at(venue, name, credential, lambda account: act(account, session))


def is_order(event: StreamEvent, ticket: OrderTicket, state: VenueOrderState) -> bool:
    if not isinstance(event, OrderTold) or event.order.client_order_id != ticket.client_order_id:
        return False
    order = event.order
    told = (order.instrument, order.side, order.quantity, order.type, order.price)
    assert told == (ticket.instrument, ticket.side, ticket.quantity, ticket.type, ticket.price)
    return order.state is state


def test_a_deposit_asks_for_the_history(venue: Paper, name: str, credential: Credential) -> None:
    async def act(account: Followed) -> None:
        await account.heard(lambda event: isinstance(event, BalancesTold)) if name == "coinbase" else None
        await account.act("deposits", asset="ETH", amount="0.75")
        await account.heard(lambda event: isinstance(event, LookAgain) and not is_trade(event))

    at(venue, name, credential, act)


def test_a_connection_that_is_dropped_ends(venue: Paper, name: str, credential: Credential) -> None:
    async def act(account: Followed) -> None:
        await asyncio.to_thread(venue.admin, "POST", "/faults", {"kind": "socket_drop"})
        with pytest.raises(Unavailable):
            await asyncio.wait_for(account.running, PATIENCE_S)

    at(venue, name, credential, act)


def test_a_connection_that_is_half_open_is_found(venue: Paper, name: str, credential: Credential) -> None:
    async def act(account: Followed) -> None:
        await asyncio.to_thread(venue.admin, "POST", "/faults", {"kind": "socket_half_open"})
        with pytest.raises(Unavailable) as silence:
            await asyncio.wait_for(account.running, PATIENCE_S)
        assert silence.value.code in {"venue.silent", "venue.unavailable"}

    at(venue, name, credential, act)


@pytest.mark.parametrize("kind", ["socket_duplicate", "socket_late", "socket_out_of_order"])
def test_events_that_come_twice_late_or_in_another_order_tell_the_same_trades(
    venue: Paper, name: str, credential: Credential, kind: str
) -> None:
    async def act(account: Followed) -> None:
        await asyncio.to_thread(venue.admin, "POST", "/faults", {"kind": kind, "delay_ms": 500})
        for number in range(4):
            await account.fill(price=str(2000 + number), count=2)
        await account.heard(is_trade)
        facts = await account.trades()
        assert len(facts) == 8
        await account.heard(lambda _: account.identities() == facts)

    at(venue, name, credential, act)


def test_a_key_of_another_secret_is_refused(venue: Paper, name: str, credential: Credential) -> None:
    history = {"kind": "empty", "balances": {}}
    other: Any = venue.admin("POST", "/accounts", {"venue": name, "history": history})
    wrong = Credential(credential.key, other["secret"])

    async def act(_account: Followed) -> None:
        pytest.fail("it was let in")

    with pytest.raises(NightdeskError) as refusal:
        at(venue, name, wrong, act)
    assert refusal.value.code == "accounts.key_wrong"


def test_a_key_that_may_not_hear_is_followed_by_asking(
    venue: Paper, name: str, credential: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def subscribe(_stream: object) -> None:
        raise StreamNotAllowed

    monkeypatch.setattr(STREAMS[VenueId(name)], "subscribe", subscribe)
    monkeypatch.setattr(VENUES[VenueId(name)], "POLL_EVERY_S", 0.1)

    async def act(account: Followed) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while LookAgain(MOVED) not in account.told:
                await account.fill()
                await asyncio.sleep(0.2)
        facts = await account.trades()
        assert facts
        assert account.identities() >= facts

    at(venue, name, credential, act)
