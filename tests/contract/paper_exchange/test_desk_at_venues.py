"""The desk's own adapters at the further venues: what they import adds up to what the venue reports."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from nightdesk.accounts.model import AccountRef, Credential, KnownHistory
from nightdesk.accounts.streaming import BalancesTold, FactTold, LookAgain, StreamEvent
from nightdesk.adapters.exchange.account_stream import CcxtAccountStreams
from nightdesk.adapters.exchange.account_stream_venue import STREAMS, VENUES
from nightdesk.adapters.exchange.polled_account import MOVED, PolledAccountStream
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSession, ExchangeSessions
from nightdesk.adapters.exchange.venues import bitfinex, coinbase, coinbase_wallets, htx, kraken
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import NightdeskError, NotFound, RateLimited
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.instants import EPOCH
from nightdesk.ledger.model import LegRole
from nightdesk.runtime.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from nightdesk.accounts.model import Cursor, HistoryPage, StreamStart
    from nightdesk.adapters.exchange.account_stream import CcxtAccountStream
    from nightdesk.ledger.model import Fact
    from tests.servers import Paper

SYMBOLS = {
    "bitfinex": ["BTC/USD", "ETH/USD"],
    "coinbase": ["BTC/USD", "ETH/USD"],
    "htx": ["BTC/USDT", "ETH/USDT"],
    "kraken": ["BTC/USD", "ETH/USD"],
}
LIMITS = {
    "bitfinex": ("requests_permille",),
    "coinbase": ("public_a_second", "private_a_second", "app_an_hour"),
    "htx": ("market_a_second", "public_in_3s", "private_a_second"),
    "kraken": ("counter_max", "engine_max", "public_max"),
}
MOVEMENT_PAGES = {
    "bitfinex": (bitfinex, "MOVEMENTS_ROWS"),
    "coinbase": (coinbase_wallets, "PAGE_ROWS"),
    "htx": (htx, "PAGE_ROWS"),
    "kraken": (kraken, "MOVEMENTS_ROWS"),
}
TELL_NO_ADDRESSES = {"bitfinex", "coinbase"}
PAGES = {"bitfinex": (bitfinex, "TRADES_ROWS"), "coinbase": (coinbase, "FILLS_ROWS"), "htx": (htx, "PAGE_ROWS")}
"""Whose pages hold more than a test would want to fill."""

FIFTY = 50
NOTHING_KNOWN = KnownHistory(assets=frozenset(), streams=frozenset(), earliest_at=None)


@pytest.fixture(scope="module", params=sorted(SYMBOLS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def unhurried(venue: Paper, name: str) -> None:
    venue.admin("POST", "/limits", {"venue": name, **dict.fromkeys(LIMITS[name], 100_000)})


@pytest.fixture(scope="module")
def sessions(venue: Paper) -> Iterator[ExchangeSessions]:
    made = ExchangeSessions(Route.parse(venue.route), SystemClock())
    yield made
    made.close()


def open_account(venue: Paper, name: str, trades: int = 130, **more: Any) -> Credential:
    history = {"kind": "seeded", "trades": trades, "seed": 7, "days": 60, "symbols": SYMBOLS[name]}
    made: Any = venue.admin("POST", "/accounts", {"venue": name, "history": history} | more)
    return Credential(made["key"], made["secret"])


def read_all(session: ExchangeSession) -> dict[str, Fact]:
    """Every fact by its identity, read page by page as an import does."""
    facts: dict[str, Fact] = {}
    for start in session.streams(NOTHING_KNOWN):
        cursor: Cursor = start.cursor
        while True:
            page = session.history_page(start.stream, cursor)
            assert page.skips == ()
            assert [fact.occurred_at for fact in page.facts] == sorted(fact.occurred_at for fact in page.facts)
            facts |= {fact.identity: fact for fact in page.facts}
            cursor = page.cursor
            if page.finished:
                break
    return facts


def test_what_is_imported_adds_up_to_what_is_reported(venue: Paper, name: str, sessions: ExchangeSessions) -> None:
    with sessions.try_out(VenueId(name), open_account(venue, name)) as session:
        facts = read_all(session)
        assert sum(fact.instrument is not None for fact in facts.values()) == 130
        totals: defaultdict[str, Decimal] = defaultdict(Decimal)
        for fact in facts.values():
            for leg in fact.legs:
                totals[leg.asset] += leg.amount
        reported = {row.asset: row.free + row.locked for row in session.balances()}
        assert {asset: total for asset, total in totals.items() if total} == reported


def read_trades(session: ExchangeSession, cursor: Cursor, between: Callable[[], object]) -> tuple[list[str], Cursor]:
    """The identities of own trades from a cursor to the end, in the order of pages."""
    found: list[str] = []
    while True:
        page = session.history_page("trades", cursor)
        found += [fact.identity for fact in page.facts]
        cursor = page.cursor
        if page.finished:
            return found, cursor
        assert 0 <= page.done_ratio < 1
        between()


def small_pages(name: str, monkeypatch: pytest.MonkeyPatch, rows: int = FIFTY) -> None:
    if name in PAGES:
        monkeypatch.setattr(*PAGES[name], rows)


def test_a_second_import_reads_the_overlap_and_what_is_new(
    venue: Paper, name: str, sessions: ExchangeSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(name, monkeypatch)
    credential, made = open_account(venue, name), []

    def trade_meanwhile() -> None:  # shifts no page
        fill = {"symbol": SYMBOLS[name][0], "side": "sell", "quantity": "0.00001"}
        made.append(venue.admin("POST", f"/accounts/{quote(credential.key, safe='')}/fills", fill))

    with sessions.try_out(VenueId(name), credential) as session:
        before, cursor = read_trades(session, {}, trade_meanwhile)
        assert made
        assert len(before) == len(set(before)) >= 130
        again, _ = read_trades(session, cursor, lambda: None)
        assert len(set(before) | set(again)) == 130 + len(made)
        assert len(again) < 130


def test_fills_of_one_millisecond_stay_as_many_as_they_are(
    venue: Paper, name: str, sessions: ExchangeSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(name, monkeypatch, 20)
    history = {"kind": "empty", "balances": {SYMBOLS[name][0].partition("/")[0]: "10"}}
    credential = open_account(venue, name, history=history)
    for count in (15, 15, 12):
        fill = {"symbol": SYMBOLS[name][0], "side": "sell", "quantity": "0.00001", "count": count}
        venue.admin("POST", f"/accounts/{quote(credential.key, safe='')}/fills", fill)
    with sessions.try_out(VenueId(name), credential) as session:
        found, _ = read_trades(session, {}, lambda: None)
    assert len(found) == len(set(found)) == 42


def test_movements_over_pages_are_read_once_each_with_their_fees(
    venue: Paper, name: str, sessions: ExchangeSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*MOVEMENT_PAGES[name], 3)
    asset = SYMBOLS[name][0].partition("/")[0]
    credential = open_account(venue, name, history={"kind": "empty", "balances": {asset: "1"}})
    place = f"/accounts/{quote(credential.key, safe='')}"
    for number in range(1, 9):
        venue.admin("POST", f"{place}/deposits", {"asset": asset, "amount": f"0.{number}"})
    for number in range(1, 5):
        venue.admin("POST", f"{place}/withdrawals", {"asset": asset, "amount": f"0.0{number}", "fee": "0.0001"})
    with sessions.try_out(VenueId(name), credential) as session:
        facts = read_all(session).values()
        (held,) = session.balances()
    assert len(facts) == 13
    assert sum(leg.amount for fact in facts for leg in fact.legs) == held.free == Decimal("4.4996")
    assert [leg.amount for fact in facts for leg in fact.legs if leg.role is LegRole.FEE] == [Decimal("-0.0001")] * 4


def test_permissions_prices_and_what_is_refused(venue: Paper, name: str, sessions: ExchangeSessions) -> None:
    may = {"read": True, "trade": False, "withdraw": True}
    credential = open_account(venue, name, trades=1, permissions=may)
    with sessions.try_out(VenueId(name), credential) as session:
        told = session.permissions()
        bound = None if name in TELL_NO_ADDRESSES else False
        assert (told.may_read, told.may_trade, told.may_withdraw, told.ip_bound) == (True, False, True, bound)
        with pytest.raises(NotFound):
            session.history_page("nothing", {})
    prices = {price.instrument.symbol: price for price in sessions.tickers(VenueId(name))}
    assert set(SYMBOLS[name]) <= prices.keys()
    assert all(price.last > 0 and price.at > EPOCH for price in prices.values())
    other = open_account(venue, name, trades=1)
    with (
        sessions.try_out(VenueId(name), Credential(credential.key, other.secret)) as session,
        pytest.raises(NightdeskError) as refusal,
    ):
        session.permissions()
    assert refusal.value.code == "accounts.key_wrong"


async def pages_of(stream: CcxtAccountStream | PolledAccountStream, start: StreamStart) -> AsyncIterator[HistoryPage]:
    cursor = start.cursor
    while True:
        page = await stream.history_page(start.stream, cursor)
        yield page
        cursor = page.cursor
        if page.finished:
            return


def test_an_account_without_a_stream_is_followed_by_asking(
    venue: Paper, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VENUES[VenueId(name)], "POLL_EVERY_S", 0.05)
    monkeypatch.delitem(STREAMS, VenueId(name))
    credential = open_account(venue, name, trades=20)
    told: list[StreamEvent] = []
    account = AccountRef(
        tenant_id=TenantId(uuid4()),
        account_id=AccountId(uuid4()),
        venue=VenueId(name),
        correlation_id=CorrelationId("correlation-polled"),
    )

    async def journey() -> None:
        streams = CcxtAccountStreams(Route.parse(venue.route), SystemClock())
        stream = streams.stream(account, credential)
        try:
            await stream.open(told.append)
            assert await stream.balances()
            starts = await stream.streams(NOTHING_KNOWN)
            assert all(stream.is_movements(start.stream) for start in starts)
            pages = [page for start in starts async for page in pages_of(stream, start)]
            assert told == [FactTold(fact) for page in pages for fact in page.facts]
            assert len(told) > 20
            told.clear()
            polling = asyncio.create_task(stream.run())
            fills = f"/accounts/{quote(credential.key, safe='')}/fills"
            fill = {"symbol": SYMBOLS[name][0], "side": "sell", "quantity": "0.00001"}
            async with asyncio.timeout(60):
                while LookAgain(MOVED) not in told:
                    await asyncio.to_thread(venue.admin, "POST", fills, fill)
                    await asyncio.sleep(0.1)
                    assert not polling.done()
            polling.cancel()
            heard = [event for event in told if isinstance(event, BalancesTold)]
            assert {balance.asset for balance in heard[-1].balances} >= set(SYMBOLS[name][0].split("/"))
        finally:
            await stream.close()
            await streams.close()

    asyncio.run(journey())


@pytest.mark.parametrize("name", ["bitfinex"], scope="module")
def test_a_nonce_that_another_process_overtook_is_signed_again(
    venue: Paper, name: str, sessions: ExchangeSessions
) -> None:
    with sessions.try_out(VenueId(name), open_account(venue, name, trades=1)) as session:
        assert session.balances()
        raw, late = session.client.raw, [1]
        fresh = raw.incrementing_nonce
        raw.incrementing_nonce = lambda: late.pop() if late else fresh()
        assert session.balances()
        assert not late


def test_the_venues_limit_is_told_as_one(venue: Paper, name: str, sessions: ExchangeSessions) -> None:
    with sessions.try_out(VenueId(name), open_account(venue, name, trades=1)) as session:
        session.permissions()
        venue.admin("POST", "/faults", {"kind": "rate_limited"})
        with pytest.raises(RateLimited):
            session.balances()
