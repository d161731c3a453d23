"""What is Bitfinex's own: arrays, names, one nonce for REST and websockets, rates by endpoint, channels by number."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import aiohttp
import ccxt
import pytest
from ccxt.pro.bitfinex import bitfinex

from .conftest import LocalResolver, client_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from tests.servers import Paper

GENEROUS = {"venue": "bitfinex", "requests_permille": 1_000_000, "block_s": 60, "channels_max": 25}


@pytest.fixture(autouse=True)
def limits(venue: Paper) -> Iterator[None]:
    venue.admin("POST", "/limits", GENEROUS)
    yield
    venue.admin("POST", "/limits", GENEROUS)


@pytest.fixture
def account(venue: Paper) -> Any:
    return opened(venue, {"kind": "empty", "balances": {"USD": "50000", "ETH": "10", "USDT": "1000"}})


def opened(venue: Paper, history: dict[str, Any], **more: Any) -> Any:
    return venue.admin("POST", "/accounts", {"venue": "bitfinex", "history": history, **more})


def with_client(venue: Paper, account: Any, act: Callable[[Any], Awaitable[None]]) -> None:
    async def journey() -> None:
        async with client_of(venue, account, make=bitfinex) as client:
            await client.load_markets()
            await act(client)

    asyncio.run(journey())


def test_currencies_and_pairs_have_bitfinexs_names(venue: Paper, account: Any) -> None:
    async def act(client: Any) -> None:
        names = {symbol: client.market(symbol)["id"] for symbol in ("BTC/USD", "BTC/USDT", "DOGE/USD", "BCH/USD")}
        expected = {"BTC/USD": "tBTCUSD", "BTC/USDT": "tBTCUST", "DOGE/USD": "tDOGE:USD", "BCH/USD": "tBCHN:USD"}
        assert names == expected
        assert "BNB/USDT" not in client.markets
        assert {"USD", "ETH", "USDT"} <= (await client.fetch_balance())["total"].keys()
        tickers = await client.fetch_tickers(["BTC/USDT", "DOGE/USD"])
        assert tickers.keys() == {"BTC/USDT", "DOGE/USD"}
        newest = await client.fetch_ohlcv("BTC/USD", "1h", None, 10)
        assert len(newest) == 10

    with_client(venue, account, act)


def test_a_nonce_must_rise_over_rest_and_websocket_together(venue: Paper, account: Any) -> None:
    async def act(client: Any) -> None:
        await client.fetch_balance()
        client.incrementing_nonce = lambda: 1_000
        with pytest.raises(ccxt.InvalidNonce, match="nonce: small"):
            await client.fetch_balance()
        with pytest.raises(ccxt.AuthenticationError, match="nonce: small"):
            await asyncio.wait_for(client.authenticate(), 20)

    with_client(venue, account, act)


def test_rates_are_by_endpoint_and_block_for_a_while(venue: Paper, account: Any) -> None:
    async def act(client: Any) -> None:
        await asyncio.to_thread(venue.admin, "POST", "/limits", {**GENEROUS, "requests_permille": 23})  # 90 -> 2
        await client.fetch_balance()
        await client.fetch_balance()
        for _ in range(2):
            with pytest.raises(ccxt.RateLimitExceeded, match="11010"):
                await client.fetch_balance()
        await client.fetch_my_trades("ETH/USD")

    with_client(venue, account, act)


def test_own_trades_are_paged_by_time(venue: Paper) -> None:
    symbols = ["BTC/USD", "ETH/USD"]
    account = opened(venue, {"kind": "seeded", "trades": 260, "seed": 5, "days": 40, "symbols": symbols})

    async def act(client: Any) -> None:
        rows: dict[str, Any] = {}
        since = 1
        while True:
            page = await client.privatePostAuthRTradesHist({"start": since, "limit": 100, "sort": 1})
            fresh = [row for row in page if row[0] not in rows]
            rows |= {row[0]: row for row in page}
            if not fresh:
                break
            since = int(page[-1][2])
        assert len(rows) == 260
        newest = await client.fetch_my_trades("ETH/USD", limit=10)
        assert len(newest) == 10
        assert {row["symbol"] for row in newest} == {"ETH/USD"}
        totals: dict[str, Decimal] = {}
        for row in await client.fetch_deposits_withdrawals(limit=1000):
            sign = 1 if row["type"] == "deposit" else -1
            moved = sign * Decimal(row["amount"]) - Decimal(row["fee"]["cost"])
            totals[row["currency"]] = totals.get(row["currency"], Decimal(0)) + moved
        for row in rows.values():
            amount, price, fee = (Decimal(str(row[place])) for place in (4, 5, 9))  # ccxt reads arrays as floats
            for asset, moved in ((row[1][1:4], amount), ("USD", -amount * price), (row[10], fee)):
                totals[asset] = totals.get(asset, Decimal(0)) + moved
        held = (await client.fetch_balance())["total"]
        assert {asset: total for asset, total in totals.items() if total} == {
            asset: Decimal(amount) for asset, amount in held.items() if Decimal(amount)
        }

    with_client(venue, account, act)


def test_an_order_is_cancelled_by_its_clients_id_and_day(venue: Paper, account: Any) -> None:
    async def act(client: Any) -> None:
        made = await client.create_order("ETH/USD", "limit", "buy", 0.1, 2000.123, {"clientOrderId": 4711})
        assert (made["clientOrderId"], Decimal(made["price"])) == ("4711", Decimal("2000.1"))
        day = made["datetime"][:10]
        with pytest.raises(ccxt.OrderNotFound):
            await client.cancel_order(None, None, {"cid": 4711, "cidDate": "2020-01-01", "cid_date": "2020-01-01"})
        await client.cancel_order(None, None, {"cid": 4711, "cidDate": day, "cid_date": day})
        assert (await client.fetch_closed_order(made["id"]))["status"] == "canceled"
        several = [await client.create_order("ETH/USD", "limit", "buy", 0.1, 2000 + step) for step in range(3)]
        await client.cancel_orders([order["id"] for order in several[:2]])
        assert [order["id"] for order in await client.fetch_open_orders()] == [several[2]["id"]]
        assert len(await client.privatePostAuthROrderSymbolIdTrades({"symbol": "tETHUSD", "id": made["id"]})) == 0

    with_client(venue, account, act)


def test_what_a_key_may_do_is_told_and_kept(venue: Paper) -> None:
    account = opened(venue, {"kind": "empty"}, permissions={"read": True, "trade": False, "withdraw": True})

    async def act(client: Any) -> None:
        told = {row[0]: (row[1], row[2]) for row in await client.privatePostAuthRPermissions()}
        assert [told[scope] for scope in ("orders", "wallets", "withdraw")] == [(1, 0), (1, 0), (0, 1)]
        with pytest.raises(ccxt.PermissionDenied):
            await client.create_order("ETH/USD", "limit", "buy", 0.1, 2000)

    with_client(venue, account, act)


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"symbol": "tNOPE"}, "symbol: invalid"),
        ({"amount": "zero"}, "amount: invalid"),
        ({"amount": "0.00001"}, "minimum size"),
        ({"price": "-1"}, "price: invalid"),
        ({"type": "TWAP"}, "type: invalid"),
        ({"amount": "1000"}, "not enough exchange balance"),
        ({"price": "9000", "flags": 4096}, "post only"),
    ],
)
def test_bad_orders_are_refused_in_bitfinexs_words(
    venue: Paper, account: Any, order: dict[str, Any], error: str
) -> None:
    whole = {"symbol": "tETHUSD", "type": "EXCHANGE LIMIT", "amount": "0.1", "price": "2000"}

    async def act(client: Any) -> None:
        with pytest.raises(ccxt.BaseError, match=error):
            await client.privatePostAuthWOrderSubmit({**whole, **order})

    with_client(venue, account, act)


@pytest.mark.parametrize("kind", ["rate_limited", "banned", "rest_down"])
def test_faults_speak_bitfinex(venue: Paper, account: Any, kind: str) -> None:
    async def act(client: Any) -> None:
        await asyncio.to_thread(venue.admin, "POST", "/faults", {"kind": kind})
        with pytest.raises(ccxt.NetworkError):
            await client.fetch_balance()

    with_client(venue, account, act)


@asynccontextmanager
async def socket_of(venue: Paper) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    connector = aiohttp.TCPConnector(resolver=LocalResolver(venue.port), ssl=False)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.ws_connect("https://api-pub.bitfinex.com/ws/2") as socket,
    ):
        assert (await socket.receive_json(timeout=20))["event"] == "info"
        yield socket


async def answer_to(socket: aiohttp.ClientWebSocketResponse, message: Any, event: str) -> Any:
    await socket.send_json(message)
    while True:
        answer = await socket.receive_json(timeout=20)
        if isinstance(answer, dict) and answer["event"] == event:
            return answer


def test_channels_have_numbers_and_an_end(venue: Paper) -> None:
    venue.admin("POST", "/limits", {**GENEROUS, "channels_max": 2})
    trades = {"event": "subscribe", "channel": "trades", "symbol": "tBTCUSD"}

    async def journey() -> None:
        async with socket_of(venue) as socket:
            assert (await answer_to(socket, {"event": "ping", "cid": 9}, "pong"))["cid"] == 9
            told = await answer_to(socket, trades, "subscribed")
            assert told["pair"] == "BTCUSD"
            assert (await answer_to(socket, trades, "error"))["code"] == 10301
            assert (await answer_to(socket, {**trades, "symbol": "tNOPE"}, "error"))["code"] == 10300
            await answer_to(socket, {**trades, "symbol": "tETHUSD"}, "subscribed")
            assert (await answer_to(socket, {**trades, "symbol": "tSOLUSD"}, "error"))["code"] == 10305
            leave = {"event": "unsubscribe", "chanId": told["chanId"]}
            assert (await answer_to(socket, leave, "unsubscribed"))["status"] == "OK"
            assert (await answer_to(socket, leave, "error"))["code"] == 10400
            assert (await answer_to(socket, {"event": "nothing"}, "error"))["code"] == 10000

    asyncio.run(journey())


def test_a_dropped_socket_is_opened_anew_by_a_later_watch(venue: Paper, account: Any) -> None:
    def opened_so_far() -> int:
        told: Any = venue.admin("GET", "/statistics")
        return int(told["sockets"]["opened"])

    async def act(client: Any) -> None:
        await asyncio.wait_for(client.watch_trades("BTC/USD"), 20)
        before = opened_so_far()
        await asyncio.to_thread(venue.admin, "POST", "/faults", {"kind": "socket_drop"})
        for _ in range(20):
            with suppress(ccxt.NetworkError):
                assert await asyncio.wait_for(client.watch_trades("BTC/USD"), 20)
            if opened_so_far() > before:
                break
        assert await asyncio.wait_for(client.watch_trades("BTC/USD"), 20)
        assert opened_so_far() > before

    with_client(venue, account, act)


def test_the_ledger_has_a_line_for_each_change_of_a_balance(venue: Paper) -> None:
    history = {"kind": "seeded", "trades": 40, "seed": 5, "days": 20, "symbols": ["BTC/USD", "ETH/USD"]}
    account = opened(venue, history)

    async def act(client: Any) -> None:
        lines = await client.private_post_auth_r_ledgers_hist({"limit": 2500})
        assert [line[0] for line in lines] == list(range(len(lines), 0, -1))
        held = {row[1]: Decimal(str(row[2])) for row in await client.private_post_auth_r_wallets()}
        for currency, total in held.items():
            own = [line for line in lines if line[1] == currency]
            assert Decimal(str(own[0][6])) == total
            assert Decimal(str(own[-1][5])) == pytest.approx(Decimal(str(own[-1][6])))
        ether = await client.fetch_ledger("ETH", limit=5)
        assert [row["currency"] for row in ether] == ["ETH"] * 5
        deposits = await client.private_post_auth_r_ledgers_hist({"category": 51, "end": lines[0][3]})
        assert {line[8] for line in deposits} == {"Deposit on wallet exchange"}
        assert await client.private_post_auth_r_ledgers_hist({"category": 28}) == []

    with_client(venue, account, act)
