"""What is HTX's own: the host inside the signature, windows of 48 hours, days in Singapore, pings in the body."""

from __future__ import annotations

import asyncio
import gzip
import json
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import aiohttp
import ccxt
import pytest
from ccxt.pro.htx import htx

from .conftest import LocalResolver, client_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from tests.servers import Paper

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
RAISED = {"venue": "htx", "market_a_second": 100_000, "public_in_3s": 100_000, "private_a_second": 100_000}
OPTIONS = {"fetchMarkets": {"types": {"spot": True, "linear": False, "inverse": False}}}


@pytest.fixture(autouse=True)
def limits(venue: Paper) -> Iterator[None]:
    venue.admin("POST", "/limits", RAISED)
    yield
    venue.admin("POST", "/limits", RAISED)


@pytest.fixture
def account(venue: Paper) -> Any:
    return opened(venue, {"kind": "empty", "balances": {"USDT": "50000", "ETH": "10"}})


def opened(venue: Paper, history: dict[str, Any], **more: Any) -> Any:
    return venue.admin("POST", "/accounts", {"venue": "htx", "history": history, **more})


def with_client(venue: Paper, account: Any, act: Callable[[Any], Awaitable[None]]) -> None:
    async def journey() -> None:
        async with client_of(venue, account, make=htx, options=dict(OPTIONS)) as client:
            await client.load_markets()
            await act(client)

    asyncio.run(journey())


def test_days_and_weeks_begin_in_singapore(venue: Paper) -> None:
    async def act(client: Any) -> None:
        days = await client.fetch_ohlcv("BTC/USDT", "1d", limit=10)
        assert {bar[0] % DAY_MS for bar in days} == {16 * HOUR_MS}
        hours = await client.fetch_ohlcv("BTC/USDT", "1h", days[3][0], 24)
        high, low = max(Decimal(bar[2]) for bar in hours), min(Decimal(bar[3]) for bar in hours)
        assert (Decimal(days[3][2]), Decimal(days[3][3])) == (high, low)
        weeks = await client.fetch_ohlcv("BTC/USDT", "1w", limit=3)
        assert {(bar[0] + 8 * HOUR_MS - 4 * DAY_MS) % (7 * DAY_MS) for bar in weeks} == {0}
        assert client.market("BTC/USDT")["id"] == "btcusdt"
        assert "BNB/USDT" not in client.markets

    with_client(venue, None, act)


def test_the_host_and_the_time_are_signed(venue: Paper, account: Any) -> None:
    async def act(client: Any) -> None:
        await client.fetch_balance()
        client.urls["hostnames"]["spot"], right = "api-aws.huobi.pro", client.urls["hostnames"]["spot"]
        assert await client.fetch_balance()
        client.urls["hostnames"]["spot"] = right
        sign = client.sign
        client.sign = lambda *args: _led_elsewhere(sign(*args))
        with pytest.raises(ccxt.AuthenticationError, match="Verification failure"):
            await client.fetch_balance()
        client.sign, now = sign, client.milliseconds
        client.milliseconds = lambda: now() - 400_000
        with pytest.raises(ccxt.AuthenticationError, match="Invalid timestamp"):
            await client.fetch_balance()

    with_client(venue, account, act)


def _led_elsewhere(signed: dict[str, Any]) -> dict[str, Any]:
    return {**signed, "url": signed["url"].replace("//api.huobi.pro", "//api-aws.huobi.pro")}


def test_rates(venue: Paper, account: Any) -> None:
    async def act(client: Any) -> None:
        body = {**RAISED, "private_a_second": 1, "public_in_3s": 1}
        await asyncio.to_thread(venue.admin, "POST", "/limits", body)
        with pytest.raises(ccxt.RateLimitExceeded):
            await asyncio.gather(*(client.spotPrivateGetV1AccountAccounts() for _ in range(8)))
        with pytest.raises(ccxt.RateLimitExceeded):
            await asyncio.gather(*(client.fetch_time() for _ in range(8)))

    with_client(venue, account, act)


def test_own_trades_come_in_windows_of_48_hours(venue: Paper) -> None:
    symbols = ["BTC/USDT", "ETH/USDT"]
    account = opened(venue, {"kind": "seeded", "trades": 150, "seed": 5, "days": 20, "symbols": symbols})

    async def act(client: Any) -> None:
        now_ms = client.milliseconds()
        found: dict[str, Any] = {}
        for symbol in symbols:
            since = now_ms - 22 * DAY_MS
            while since < now_ms:
                ask = {"symbol": symbol.replace("/", "").lower(), "start-time": since, "end-time": since + 2 * DAY_MS}
                begin: dict[str, Any] = {}
                while True:  # pages of ten, each from the last record of the one before
                    page = (await client.spotPrivateGetV1OrderMatchresults({**ask, **begin, "size": 10}))["data"]
                    fresh = [row for row in page if row["id"] not in found]
                    found |= {row["id"]: row for row in page}
                    if not fresh:
                        break
                    begin = {"from": page[-1]["id"], "direct": "next"}
                since += 2 * DAY_MS
        assert len(found) == 150
        with pytest.raises(ccxt.ExchangeError, match="invalid_interval"):
            await client.fetch_my_trades("ETH/USDT", now_ms - 5 * DAY_MS, None, {"end-time": now_ms})
        with pytest.raises(ccxt.ExchangeError, match="invalid_start_date"):
            await client.fetch_my_trades("ETH/USDT", now_ms - 200 * DAY_MS)
        deposits = await client.fetch_deposits()
        assert {row["currency"] for row in deposits} == {"USDT"}
        one = deposits[-1]["info"]["id"]
        assert [row["info"]["id"] for row in await client.fetch_deposits(params={"from": one})] == [one]

    with_client(venue, account, act)


def test_an_order_is_found_and_cancelled_by_its_clients_id(venue: Paper, account: Any) -> None:
    async def act(client: Any) -> None:
        made = await client.create_order("ETH/USDT", "limit", "buy", 0.1, 2000, {"clientOrderId": "mine-1"})
        found = await client.fetch_order(None, "ETH/USDT", {"clientOrderId": "mine-1"})
        assert (found["id"], found["status"]) == (made["id"], "open")
        await client.cancel_order(None, "ETH/USDT", {"client-order-id": "mine-1"})
        closed = await client.fetch_orders("ETH/USDT")
        assert [order["status"] for order in closed] == ["canceled"]
        with pytest.raises(ccxt.OrderNotFound):
            await client.cancel_order(made["id"], "ETH/USDT")
        with pytest.raises(ccxt.OrderNotFound):
            await client.fetch_order("12345", "ETH/USDT")
        spent = await client.create_order("ETH/USDT", "market", "buy", 0, None, {"cost": 500})
        trades = await client.fetch_order_trades(spent["id"], "ETH/USDT")
        assert sum(Decimal(trade["cost"]) for trade in trades) <= 500

    with_client(venue, account, act)


def test_what_a_key_may_do_is_told_and_kept(venue: Paper) -> None:
    account = opened(venue, {"kind": "empty"}, permissions={"read": True, "trade": False, "withdraw": True})

    async def act(client: Any) -> None:
        uid = (await client.v2PrivateGetUserUid())["data"]
        told = (await client.v2PrivateGetUserApiKey({"uid": uid}))["data"][0]
        assert told["permission"] == "readOnly,withdraw"
        with pytest.raises(ccxt.PermissionDenied):
            await client.create_order("ETH/USDT", "limit", "buy", 0.1, 2000)

    with_client(venue, account, act)


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"symbol": "nope"}, "base-symbol-error"),
        ({"price": "2000.001"}, "order-orderprice-precision-error"),
        ({"amount": "0"}, "invalid-amount"),
        ({"amount": "0.001"}, "order-value-min-error"),
        ({"type": "buy-twap"}, "Format Error: type"),
        ({"amount": "1000"}, "balance-insufficient"),
        ({"price": "9000", "type": "buy-limit-maker"}, "order-invalid-price"),
        ({"account-id": "0"}, "not exist"),
        ({"client-order-id": "a b"}, "client-order-id"),
    ],
)
def test_bad_orders_are_refused_in_htxs_words(venue: Paper, account: Any, order: dict[str, Any], error: str) -> None:
    async def act(client: Any) -> None:
        number = (await client.fetch_accounts())[0]["id"]
        whole = {"account-id": number, "symbol": "ethusdt", "type": "buy-limit", "amount": "0.1", "price": "2000"}
        with pytest.raises(ccxt.BaseError, match=error):
            await client.spotPrivatePostV1OrderOrdersPlace({**whole, **order})

    with_client(venue, account, act)


@pytest.mark.parametrize("kind", ["rate_limited", "banned", "rest_down"])
def test_faults_speak_htx(venue: Paper, account: Any, kind: str) -> None:
    async def act(client: Any) -> None:
        await asyncio.to_thread(venue.admin, "POST", "/faults", {"kind": kind})
        with pytest.raises(ccxt.NetworkError):
            await client.fetch_balance()

    with_client(venue, account, act)


@asynccontextmanager
async def socket_of(venue: Paper, path: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    connector = aiohttp.TCPConnector(resolver=LocalResolver(venue.port), ssl=False)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.ws_connect(f"https://api.huobi.pro{path}") as socket,
    ):
        yield socket


async def unzipped(socket: aiohttp.ClientWebSocketResponse, name: str) -> Any:
    while True:
        message = json.loads(gzip.decompress(await socket.receive_bytes(timeout=20)))
        if name in message:
            return message


def test_market_messages_are_zipped_and_pinged_in_the_body(venue: Paper) -> None:
    async def journey() -> None:
        async with socket_of(venue, "/ws") as socket:
            await socket.send_json({"ping": 18})
            assert (await unzipped(socket, "pong"))["pong"] == 18
            await socket.send_json({"sub": "market.nope.detail", "id": "1"})
            assert (await unzipped(socket, "err-code"))["err-code"] == "bad-request"
            await socket.send_json({"req": "market.btcusdt.kline.1min", "id": "2"})
            assert len((await unzipped(socket, "rep"))["data"]) == 300
            for name in ("bbo", "ticker"):
                await socket.send_json({"sub": f"market.btcusdt.{name}", "id": name})
                assert float((await unzipped(socket, "tick"))["tick"]["bid"]) > 0
                await socket.send_json({"unsub": f"market.btcusdt.{name}", "id": name})
                await unzipped(socket, "unsubbed")
            ping = await unzipped(socket, "ping")
            await socket.send_json({"pong": ping["ping"]})

    asyncio.run(journey())


def test_own_balances_are_pushed_to_who_signed_in(venue: Paper, account: Any) -> None:
    async def journey() -> None:
        async with socket_of(venue, "/ws/v2") as socket:
            await socket.send_json({"action": "sub", "ch": "accounts.update#2"})
            assert (await socket.receive_json(timeout=20))["message"] == "invalid.auth.state"
            await socket.send_json({"action": "req", "ch": "auth", "params": {"accessKey": account["key"]}})
            assert (await socket.receive_json(timeout=20))["message"] == "auth.fail"

    async def act(client: Any) -> None:
        watching = asyncio.create_task(client.watch_balance())
        await asyncio.wait_for(watching, 20)
        told: list[Any] = []
        handle = client.handle_balance

        def overhear(socket: Any, message: Any) -> None:
            told.append(message["data"])
            handle(socket, message)

        client.handle_balance = overhear
        path = f"/accounts/{account['key']}/deposits"
        await asyncio.to_thread(venue.admin, "POST", path, {"asset": "USDT", "amount": "12.5"})
        for _ in range(400):
            if changes := [each for each in told if each.get("changeType")]:
                break  # what the subscription began with, of each currency, may still come before
            await asyncio.sleep(0.05)
        assert [(each["currency"], each["balance"], each["changeType"]) for each in changes] == [
            ("usdt", "50012.5", "deposit")
        ]

    asyncio.run(journey())
    with_client(venue, account, act)
