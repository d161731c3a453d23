"""Binance's wallets besides spot, through the unmodified client: what is imported adds up to what is reported."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import ccxt
import pytest

from nightdesk.accounts.model import Credential, KnownHistory
from nightdesk.adapters.exchange.route import Route
from nightdesk.adapters.exchange.sessions import ExchangeSession, ExchangeSessions
from nightdesk.adapters.exchange.venues import binance_histories, binance_wallets
from nightdesk.kernel.assets import VenueId
from nightdesk.ledger.model import EntryKind
from nightdesk.runtime.clock import SystemClock
from tests.builders.binance_wallets import BALANCES, HOUR_MS, Doings, live

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nightdesk.ledger.model import Fact
    from tests.servers import Paper

    from .conftest import OpenClient

GENEROUS = {
    "account_weight_a_minute": 10_000_000, "weight_a_minute": 1_000_000, "wallet_weight_a_minute": 1_000_000,
    "futures_weight_a_minute": 1_000_000,
}  # fmt: skip
Derived = dict[tuple[str, str], Decimal]


@pytest.fixture(scope="module", autouse=True)
def unhurried(venue: Paper) -> None:
    venue.admin("POST", "/limits", GENEROUS)


@pytest.fixture(scope="module")
def sessions(venue: Paper) -> Iterator[ExchangeSessions]:
    made = ExchangeSessions(Route.parse(venue.route), SystemClock())
    yield made
    made.close()


@dataclass(frozen=True)
class Opened:
    """An account's key as the operator gave it, and hands on it."""

    made: Any
    doings: Doings

    def do(self, name: str, **body: Any) -> Any:
        return self.doings.do(name, **body)


def open_account(venue: Paper, **balances: str) -> Opened:
    history = {"kind": "empty", "balances": balances or BALANCES}
    made: Any = venue.admin("POST", "/accounts", {"label": "wallets", "history": history})
    return Opened(made, Doings(venue, made["key"]))


@pytest.fixture(scope="module")
def lived(venue: Paper) -> Opened:
    """An account that has gone through every kind of happening."""
    account = open_account(venue)
    live(account.doings)
    return account


def read_all(session: ExchangeSession) -> dict[str, Fact]:
    """Every fact by its identity, read stream by stream until an import would find no new one."""
    facts: dict[str, Fact] = {}
    seen: set[str] = set()
    while True:
        every = facts.values()
        known = KnownHistory(
            assets=frozenset(leg.asset for fact in every for leg in fact.legs),
            streams=frozenset(seen),
            earliest_at=min((fact.occurred_at for fact in every), default=None),
        )
        starts = [start for start in session.streams(known) if start.stream not in seen]
        if not starts:
            return facts
        for start in starts:
            seen.add(start.stream)
            facts |= read_stream(session, start.stream, start.cursor)


def read_stream(session: ExchangeSession, stream: str, cursor: Any) -> dict[str, Fact]:
    return read_to_the_end(session, stream, cursor)[0]


def read_to_the_end(session: ExchangeSession, stream: str, cursor: Any) -> tuple[dict[str, Fact], Any]:
    """Every fact of a stream, and where the next import begins."""
    facts: dict[str, Fact] = {}
    while True:
        page = session.history_page(stream, cursor)
        assert page.skips == ()
        facts |= {fact.identity: fact for fact in page.facts}
        cursor = page.cursor
        if page.finished:
            return facts, cursor


def derived(facts: dict[str, Fact]) -> Derived:
    totals: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for fact in facts.values():
        for leg in fact.legs:
            totals[leg.wallet, leg.asset] += leg.amount
    return {place: total for place, total in totals.items() if total}


def reported(session: ExchangeSession) -> Derived:
    return {(row.wallet, row.asset): row.free + row.locked for row in session.balances()}


def credential(account: Opened) -> Credential:
    return Credential(account.made["key"], account.made["secret"])


def test_every_wallet_and_asset_adds_up_to_the_last_digit(lived: Opened, sessions: ExchangeSessions) -> None:
    with sessions.try_out(VenueId("binance"), credential(lived)) as session:
        facts = read_all(session)
        assert derived(facts) == reported(session)
        wallets = {wallet for wallet, _ in derived(facts)}
        assert wallets == {"spot", "margin", "debt", "futures", "earn", "funding"}
    kinds = {fact.kind for fact in facts.values()}
    assert kinds == set(EntryKind) - {EntryKind.WITHDRAWAL, EntryKind.ADJUSTMENT, EntryKind.REVERSAL}


def test_small_pages_lose_and_double_nothing(
    lived: Opened, sessions: ExchangeSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sessions.try_out(VenueId("binance"), credential(lived)) as session:
        whole = read_all(session)
        for name, history in binance_histories.HISTORIES.items():
            if history.paging is not binance_histories.Paging.WHOLE:
                monkeypatch.setitem(binance_histories.HISTORIES, name, replace(history, rows=2))
        monkeypatch.setattr(binance_wallets, "PAGE_ROWS", 2)
        assert read_all(session) == whole


def test_a_second_import_reads_what_is_new(venue: Paper, sessions: ExchangeSessions) -> None:
    account = open_account(venue)
    account.do("wallet-transfers", **{"from": "spot", "to": "futures", "asset": "USDT", "amount": "2000"})
    account.do("contracts", symbol="ETH/USDT", side="buy", quantity="1")
    account.do("conversions", asset="USDT", amount="10", into="ETH")
    with sessions.try_out(VenueId("binance"), credential(account)) as session:
        trades: Any = {"settle": "USDT"}
        conversions: Any = {"from_ms": 1_700_000_000_000}
        before, trades = read_to_the_end(session, "futures:trades:ETHUSDT", trades)
        converted, conversions = read_to_the_end(session, "conversions", conversions)
        account.do("contracts", symbol="ETH/USDT", side="sell", quantity="1")
        account.do("conversions", asset="USDT", amount="20", into="ETH")
        fresh, _ = read_to_the_end(session, "futures:trades:ETHUSDT", trades)
        again, _ = read_to_the_end(session, "conversions", conversions)
        assert (len(before), len(fresh), len(before.keys() & fresh.keys())) == (1, 1, 0)
        assert (len(converted), len(again), len(converted.keys() & again.keys())) == (1, 2, 1)


def test_a_wallet_that_is_opened_later_is_found_by_the_next_import(venue: Paper, sessions: ExchangeSessions) -> None:
    account = open_account(venue, USDT="100")
    futures = ("futures", "USDT")
    with sessions.try_out(VenueId("binance"), credential(account)) as session:
        assert futures not in reported(session)
        assert session.positions() == ()
        account.do("wallet-transfers", **{"from": "spot", "to": "futures", "asset": "USDT", "amount": "40"})
        assert futures not in reported(session)  # believed for a while
        assert derived(read_all(session)) == reported(session)
        assert reported(session)[futures] == 40


def test_an_account_of_spot_alone_has_no_other_wallet(venue: Paper, sessions: ExchangeSessions) -> None:
    account = open_account(venue, USDT="100")
    with sessions.try_out(VenueId("binance"), credential(account)) as session:
        facts = read_all(session)
        assert [fact.kind for fact in facts.values()] == [EntryKind.DEPOSIT]
        assert reported(session) == derived(facts) == {("spot", "USDT"): Decimal(100)}


def test_positions_follow_from_their_fills(lived: Opened, open_client: OpenClient) -> None:
    async def journey() -> None:
        async with open_client(lived.made, options={"fetchMarkets": {"types": ["spot", "linear"]}}) as client:
            await client.load_markets()
            positions = await client.fetch_positions()
            assert positions
            for position in positions:
                quantity, cost = Decimal(0), Decimal(0)
                for trade in await client.fetch_my_trades(position["symbol"], params={"fromId": 0}):
                    signed = Decimal(trade["amount"]) * (1 if trade["side"] == "buy" else -1)
                    quantity, cost = after(quantity, cost, signed, Decimal(trade["price"]))
                side = 1 if position["side"] == "long" else -1
                assert quantity == Decimal(position["contracts"]) * side
                assert abs(cost / quantity - Decimal(position["entryPrice"])) <= Decimal("0.00000001")
                assert Decimal(position["info"]["liquidationPrice"]) >= 0

    asyncio.run(journey())


def after(quantity: Decimal, cost: Decimal, delta: Decimal, price: Decimal) -> tuple[Decimal, Decimal]:
    """Quantity and cost of a position after a fill, by the definition of an average price."""
    if quantity * delta >= 0:
        return quantity + delta, cost + delta * price
    left = quantity + delta
    return left, left * (cost / quantity if left * quantity > 0 else price)


def test_the_clients_own_methods_understand_every_history(lived: Opened, open_client: OpenClient) -> None:
    async def journey() -> None:
        async with open_client(lived.made, options={"fetchMarkets": {"types": ["spot", "linear"]}}) as client:
            await client.load_markets()
            assert {trade["fee"]["currency"] for trade in await client.fetch_my_dust_trades()} == {"BNB"}
            now_ms = (await client.fetch_ticker("BTC/USDT"))["timestamp"]
            ask = {"until": now_ms}
            conversions = await client.fetch_convert_trade_history(None, now_ms - 24 * 29 * HOUR_MS, 10, ask)
            assert {row["fromCurrency"] for row in conversions} == {"USDT", "ETH"}
            assert (
                len(await client.fetch_borrow_interest("ETH", None, None, 100))
                == len({*await interest_ids(client)})
                > 5
            )
            assert Decimal((await client.fetch_balance({"type": "margin"}))["ETH"]["debt"]) > 0
            moved = await client.fetch_transfers(None, None, 10, {"fromAccount": "spot", "toAccount": "linear"})
            assert [row["amount"] for row in moved] == ["20000"]
            paid = await client.fetch_funding_history("BTC/USDT:USDT")
            assert len(paid) in {3, 4}  # by the time of day
            assert (await client.fetch_funding_rate("BTC/USDT:USDT"))["fundingRate"]
            assert (await client.fetch_balance({"type": "future"}))["info"]["assets"]
            told = await client.fapiprivatev2_get_positionrisk({"symbol": "BTCUSDT"})
            assert [(row["leverage"], row["marginType"]) for row in told] == [("10", "cross")]
            assert len(await client.fapipublic_get_premiumindex()) > 5
            assert (await client.set_leverage(7, "ETH/USDT:USDT"))["leverage"] == 7

    asyncio.run(journey())


async def interest_ids(client: Any) -> list[str]:
    said = await client.sapi_get_margin_interesthistory({"size": 100})
    return [row["txId"] for row in said["rows"]]


def test_what_is_not_open_or_not_meant_is_refused_as_documented(venue: Paper, open_client: OpenClient) -> None:
    account = open_account(venue)

    async def journey() -> None:
        async with open_client(account.made) as client:
            await client.load_markets()
            with pytest.raises(ccxt.BadRequest, match="-3003"):
                await client.sapi_get_margin_account()
            with pytest.raises(ccxt.ExchangeError, match="-2015"):
                await client.fapiprivatev3_get_account()
            for method, ask in REFUSED:
                with pytest.raises(ccxt.ExchangeError):
                    await getattr(client, method)(ask)

    asyncio.run(journey())


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("sapi_get_convert_tradeflow", {}),
    ("sapi_get_convert_tradeflow", {"startTime": 1, "endTime": 31 * 24 * HOUR_MS}),
    ("sapi_get_margin_interesthistory", {"startTime": 2, "endTime": 1}),
    ("sapi_get_margin_interesthistory", {"size": 101}),
    ("sapi_get_margin_borrow_repay", {"type": "STEAL"}),
    ("sapi_get_margin_mytrades", {"symbol": "ETHUSDT", "fromId": 1, "startTime": 1}),
    ("sapi_get_asset_transfer", {"type": "MAIN_MOON"}),
    ("fapiprivate_post_leverage", {"symbol": "ETHUSDT", "leverage": 5}),
]


def test_futures_are_weighed_by_themselves(venue: Paper, open_client: OpenClient, lived: Opened) -> None:
    venue.admin("POST", "/limits", {"futures_weight_a_minute": 100})

    async def journey() -> None:
        async with open_client(lived.made) as client:
            await client.load_markets()
            asked = [client.fapiprivate_get_income() for _ in range(9)]
            answers = await asyncio.gather(*asked, return_exceptions=True)
            refusals = [answer for answer in answers if isinstance(answer, Exception)]
            assert refusals
            assert all(isinstance(refusal, ccxt.DDoSProtection) for refusal in refusals)
            assert await client.fetch_balance()

    try:
        asyncio.run(journey())
    finally:
        venue.admin("POST", "/limits", GENEROUS)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("wallet-transfers", {"from": "spot", "to": "moon", "asset": "USDT", "amount": "1"}),
        ("conversions", {"asset": "USDT", "amount": "1"}),
        ("dust", {"assets": ["SOL"]}),
        ("contracts", {"symbol": "BTC/USDT", "side": "buy", "quantity": "1"}),
    ],
)
def test_the_operator_is_told_what_can_not_be(venue: Paper, name: str, body: dict[str, Any]) -> None:
    account = open_account(venue, USDT="100")
    with pytest.raises(HTTPError, match="422"):
        venue.admin("POST", f"/accounts/{account.made['key']}/{name}", body)
    shown: Any = venue.admin("GET", f"/accounts/{account.made['key']}")
    assert shown["balances"]["USDT"]["free"] == "100"


def test_the_operator_sees_wallets_and_contracts(venue: Paper, lived: Opened) -> None:
    shown: Any = venue.admin("GET", f"/accounts/{lived.made['key']}/wallets")
    assert shown["wallets"]["funding"] == {"USDT": "250"}
    assert {row["position"]["symbol"] for row in shown["positions"]} == {"BTC/USDT", "ETH/USDT"}
