"""Every further venue through its own unmodified ccxt client, with the real addresses: what all of them must do."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import ccxt
import pytest
from ccxt.pro.bitfinex import bitfinex
from ccxt.pro.coinbase import coinbase
from ccxt.pro.htx import htx
from ccxt.pro.kraken import kraken

from .conftest import client_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.servers import Paper

WAIT_S = 60
GENEROUS = 100_000


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue under test.

    Attributes:
        market_id: The venue's own name of `symbol`.
        streams: Which public streams ccxt.pro offers on it.
        own_streams: Which private ones.
        movements_by_asset: Deposits are asked for asset by asset.
        movements_together: Deposits and withdrawals come in one list.
        closed_orders_apart: An order that is closed is no longer found where open ones are.
        withdrawn: What ccxt calls the amount of a withdrawal of 12.5 with a fee of 0.25.
        limits: The names of its limits that are raised, so that tests needn't wait.
    """

    name: str
    make: Any
    symbol: str
    market_id: str
    bad_signature: type[Exception]
    streams: frozenset[str]
    limits: tuple[str, ...]
    timeframes: tuple[str, ...] = ("1m", "1h", "1d")
    fee_in_quote: bool = False
    own_streams: frozenset[str] = frozenset({"trades", "orders", "balance"})
    movements_by_asset: bool = False
    movements_together: bool = False
    closed_orders_apart: bool = False
    withdrawn: Decimal = Decimal("12.5")
    balance_params: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


VENUES = [
    Venue(
        "kraken",
        kraken,
        "ETH/USD",
        "XETHZUSD",
        ccxt.ExchangeError,
        frozenset({"ticker", "tickers", "trades", "ohlcv", "book"}),
        ("counter_max", "engine_max", "public_max"),
        fee_in_quote=True,
    ),
    Venue(
        "coinbase",
        coinbase,
        "ETH/USD",
        "ETH-USD",
        ccxt.AuthenticationError,
        frozenset({"ticker", "tickers", "trades", "book"}),
        ("public_a_second", "private_a_second", "app_an_hour"),
        fee_in_quote=True,
        own_streams=frozenset({"orders"}),
        movements_by_asset=True,
        withdrawn=Decimal("12.75"),
        balance_params={"v3": True},
    ),
    Venue(
        "bitfinex",
        bitfinex,
        "ETH/USD",
        "tETHUSD",
        ccxt.AuthenticationError,
        frozenset({"ticker", "trades", "ohlcv", "book"}),
        ("requests_permille",),
        movements_together=True,
        closed_orders_apart=True,
    ),
    Venue(
        "htx",
        htx,
        "ETH/USDT",
        "ethusdt",
        ccxt.AuthenticationError,
        frozenset({"ticker", "trades", "ohlcv", "book"}),
        ("market_a_second", "public_in_3s", "private_a_second"),
        ("1m", "1h", "4h"),  # its days begin in Singapore
        own_streams=frozenset({"trades", "orders"}),  # ccxt.pro 4.5 loses the balances it is told
        options={"fetchMarkets": {"types": {"spot": True, "linear": False, "inverse": False}}},
    ),
]


@pytest.fixture(scope="module", params=VENUES, ids=lambda venue: venue.name)
def face(request: pytest.FixtureRequest) -> Venue:
    assert isinstance(request.param, Venue)
    return request.param


@pytest.fixture(autouse=True)
def unhurried(venue: Paper, face: Venue) -> None:
    venue.admin("POST", "/limits", {"venue": face.name, **dict.fromkeys(face.limits, GENEROUS)})


@pytest.fixture
def holder(venue: Paper, face: Venue) -> Any:
    base, quote = face.symbol.split("/")
    balances = {quote: "50000", base: "10"}
    return venue.admin("POST", "/accounts", {"venue": face.name, "history": {"kind": "empty", "balances": balances}})


@asynccontextmanager
async def opened(paper: Paper, face: Venue, account: Any = None, **config: Any) -> AsyncIterator[Any]:
    """The venue's client."""
    async with client_of(paper, account, make=face.make, options=dict(face.options), **config) as client:
        await client.load_markets()
        yield client


def test_markets_and_public_data(venue: Paper, face: Venue) -> None:
    async def journey() -> None:
        async with opened(venue, face) as client:
            market = client.market(face.symbol)
            assert market["id"] == face.market_id
            assert Decimal(market["precision"]["price"]) > 0
            assert all("/" in symbol for symbol in client.markets)
            tickers = await client.fetch_tickers()
            assert face.symbol in tickers
            ticker = await client.fetch_ticker(face.symbol)
            assert Decimal(ticker["bid"]) < Decimal(ticker["ask"])
            assert Decimal(ticker["last"]) > 0
            trades = await client.fetch_trades(face.symbol, limit=50)
            assert len(trades) == 50
            book = await client.fetch_order_book(face.symbol)
            assert Decimal(book["bids"][0][0]) < Decimal(book["asks"][0][0])

    asyncio.run(journey())


def test_candles(venue: Paper, face: Venue) -> None:
    async def journey() -> None:
        async with opened(venue, face) as client:
            for timeframe in face.timeframes:
                step_ms = client.parse_timeframe(timeframe) * 1000
                since = client.milliseconds() // step_ms * step_ms - 30 * step_ms
                bars = await client.fetch_ohlcv(face.symbol, timeframe, since, 20)
                assert len(bars) == 20
                assert all(after[0] - before[0] == step_ms for before, after in pairwise(bars))
                assert bars[0][0] == since

    asyncio.run(journey())


def test_an_order_lives_and_its_trades_and_fees_are_booked(venue: Paper, face: Venue, holder: Any) -> None:
    base, quote = face.symbol.split("/")

    async def journey() -> None:
        async with opened(venue, face, holder) as client:
            price = Decimal((await client.fetch_ticker(face.symbol))["ask"]) * Decimal("1.02")
            made = await client.create_order(face.symbol, "limit", "buy", 0.5, float(price))
            bought = await closed_order(client, face, made["id"])
            assert (bought["status"], Decimal(bought["filled"])) == ("closed", Decimal("0.5"))
            mine = await client.fetch_my_trades(face.symbol)
            assert {trade["order"] for trade in mine} == {made["id"]}
            assert sum(Decimal(trade["amount"]) for trade in mine) == Decimal("0.5")
            fee_asset = quote if face.fee_in_quote else base
            assert {trade["fee"]["currency"] for trade in mine} == {fee_asset}
            held = await client.fetch_balance()
            fees = sum(abs(Decimal(trade["fee"]["cost"])) for trade in mine)
            cost = sum(Decimal(trade["amount"]) * Decimal(trade["price"]) for trade in mine)
            assert Decimal(held[base]["total"]) == Decimal("10.5") - (0 if face.fee_in_quote else fees)
            assert Decimal(held[quote]["total"]) == 50_000 - cost - (fees if face.fee_in_quote else 0)

    asyncio.run(journey())


def test_a_resting_order_is_open_until_it_is_cancelled(venue: Paper, face: Venue, holder: Any) -> None:
    _, quote = face.symbol.split("/")

    async def journey() -> None:
        async with opened(venue, face, holder) as client:
            price = float((await client.fetch_ticker(face.symbol))["last"]) * 0.8
            placed = await client.create_order(face.symbol, "limit", "buy", 1, price)
            assert [order["id"] for order in await client.fetch_open_orders(face.symbol)] == [placed["id"]]
            assert Decimal((await client.fetch_balance(face.balance_params))[quote]["used"]) > 0
            await client.cancel_order(placed["id"], face.symbol)
            assert (await closed_order(client, face, placed["id"]))["status"] == "canceled"
            assert await client.fetch_open_orders(face.symbol) == []
            assert Decimal((await client.fetch_balance())[quote]["total"]) == 50_000
            with pytest.raises(ccxt.ExchangeError):
                await client.cancel_order(placed["id"], face.symbol)

    asyncio.run(journey())


def test_refusals_are_those_that_ccxt_knows(venue: Paper, face: Venue, holder: Any) -> None:
    async def journey() -> None:
        async with opened(venue, face, holder) as client:
            price = float((await client.fetch_ticker(face.symbol))["last"])
            with pytest.raises(ccxt.InsufficientFunds):
                await client.create_order(face.symbol, "limit", "buy", 1000, price)
            stranger = {**holder, "secret": other_secret(venue, face)}
        with pytest.raises(face.bad_signature):
            async with opened(venue, face, stranger) as client:
                await client.fetch_balance()

    asyncio.run(journey())


async def closed_order(client: Any, face: Venue, order_id: str) -> Any:
    if face.closed_orders_apart:
        return await client.fetch_closed_order(order_id, face.symbol)
    return await client.fetch_order(order_id, face.symbol)


def other_secret(venue: Paper, face: Venue) -> str:
    made: Any = venue.admin("POST", "/accounts", {"venue": face.name})
    return str(made["secret"])


def test_deposits_and_withdrawals_are_told(venue: Paper, face: Venue, holder: Any) -> None:
    base, quote = face.symbol.split("/")
    body = {"asset": quote, "amount": "12.5", "fee": "0.25"}
    venue.admin("POST", f"/accounts/{named(holder)}/withdrawals", body)

    async def journey() -> None:
        async with opened(venue, face, holder) as client:
            if face.movements_together:
                rows = await client.fetch_deposits_withdrawals()
                deposits = [row for row in rows if row["type"] == "deposit"]
                withdrawal = next(row for row in rows if row["type"] == "withdrawal")
            else:
                deposits = await client.fetch_deposits(quote if face.movements_by_asset else None)
                withdrawal = (await client.fetch_withdrawals(quote))[0]
            assert {row["currency"] for row in deposits} == ({quote} if face.movements_by_asset else {base, quote})
            assert (Decimal(withdrawal["amount"]), withdrawal["status"]) == (face.withdrawn, "ok")
            assert Decimal(withdrawal["fee"]["cost"]) == Decimal("0.25")

    asyncio.run(journey())


def named(account: Any) -> str:
    return str(account["key"]).replace("/", "%2F")


def test_public_streams(venue: Paper, face: Venue) -> None:
    async def journey() -> None:
        async with opened(venue, face, number=float) as client:  # ccxt.pro's books can't be of texts
            watches = {
                "ticker": lambda: client.watch_ticker(face.symbol),
                "tickers": lambda: client.watch_tickers([face.symbol]),
                "trades": lambda: client.watch_trades(face.symbol),
                "ohlcv": lambda: client.watch_ohlcv(face.symbol, "1m"),
                "book": lambda: client.watch_order_book(face.symbol),
            }
            seen = {name: await asyncio.wait_for(watches[name](), WAIT_S) for name in sorted(face.streams)}
            assert all(seen.values())
            if "book" in seen:
                assert seen["book"]["bids"][0][0] < seen["book"]["asks"][0][0]
            if "trades" in seen:
                assert seen["trades"][-1]["symbol"] == face.symbol

    asyncio.run(journey())


def test_own_fills_and_balances_are_pushed(venue: Paper, face: Venue, holder: Any) -> None:
    base, _ = face.symbol.split("/")

    async def journey() -> None:
        async with opened(venue, face, holder) as client:
            client.newUpdates = False
            balance = asyncio.create_task(client.watch_balance()) if "balance" in face.own_streams else None
            orders = asyncio.create_task(client.watch_orders(face.symbol))
            trades = asyncio.create_task(client.watch_my_trades(face.symbol)) if "trades" in face.own_streams else None
            await asyncio.sleep(1)
            fill = {"symbol": face.symbol, "side": "sell", "quantity": "0.25", "count": 3}
            await asyncio.to_thread(venue.admin, "POST", f"/accounts/{named(holder)}/fills", fill)
            await asyncio.wait_for(orders, WAIT_S)
            await until(lambda: client.orders[-1]["status"] == "closed")
            assert Decimal(str(client.orders[-1]["filled"])) == Decimal("0.75")
            if trades is not None:
                await asyncio.wait_for(trades, WAIT_S)
                await until(lambda: len(client.myTrades) == 3)
                assert [Decimal(str(trade["amount"])) for trade in client.myTrades] == [Decimal("0.25")] * 3
                assert len({trade["id"] for trade in client.myTrades}) == 3
            if balance is not None:
                await asyncio.wait_for(balance, WAIT_S)
                await until(lambda: total_of(client, base) == Decimal("9.25"))

    asyncio.run(journey())


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the client's caches will hold."""
    for _ in range(WAIT_S * 20):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


def total_of(client: Any, asset: str) -> Decimal:
    balance = client.balance.get("spot") or client.balance.get("exchange") or client.balance
    return Decimal(str(balance[asset]["total"]))


@pytest.mark.parametrize(("fault", "told"), [("socket_half_open", 0), ("socket_duplicate", 1)])
def test_a_frozen_or_doubling_socket_leaves_rest_right(
    venue: Paper, face: Venue, holder: Any, fault: str, told: int
) -> None:
    async def journey() -> None:
        async with opened(venue, face, holder) as client:
            orders = asyncio.create_task(client.watch_orders(face.symbol))
            await asyncio.sleep(1)
            await asyncio.to_thread(venue.admin, "POST", "/faults", {"kind": fault})
            fill = {"symbol": face.symbol, "side": "sell", "quantity": "0.25"}
            await asyncio.to_thread(venue.admin, "POST", f"/accounts/{named(holder)}/fills", fill)
            if told:
                await asyncio.wait_for(orders, WAIT_S)
                await until(lambda: client.orders[-1]["status"] == "closed")
            await asyncio.sleep(0.3)
            # By id: Kraken's later messages don't name the market, and ccxt keeps those in a row of their own.
            assert len({order["id"] for order in client.orders or ()}) == told
            assert len(await client.fetch_my_trades(face.symbol)) == 1
            orders.cancel()

    asyncio.run(journey())
