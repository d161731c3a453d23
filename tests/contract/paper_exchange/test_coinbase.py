"""What is Coinbase's own: tokens for one address and time, cursors, wallets, ids that make orders idempotent."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import aiohttp
import ccxt
import pytest
from ccxt.pro.coinbase import coinbase

from .conftest import LocalResolver, client_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.servers import Paper

RAISED = {"venue": "coinbase", "public_a_second": 10_000, "private_a_second": 10_000, "app_an_hour": 10_000}


@pytest.fixture(autouse=True)
def limits(venue: Paper) -> Iterator[None]:
    venue.admin("POST", "/limits", RAISED)
    yield
    venue.admin("POST", "/limits", RAISED)


@pytest.fixture
def account(venue: Paper) -> Any:
    return opened(venue, {"kind": "empty", "balances": {"USD": "50000", "ETH": "10"}})


def opened(venue: Paper, history: dict[str, Any], **more: Any) -> Any:
    return venue.admin("POST", "/accounts", {"venue": "coinbase", "history": history, **more})


def with_client(venue: Paper, account: Any, act: Callable[[Any], Awaitable[None]]) -> None:
    async def journey() -> None:
        async with client_of(venue, account, make=coinbase) as client:
            await client.load_markets()
            await act(client)

    asyncio.run(journey())


def limit(venue: Paper, **settings: int) -> Any:
    return asyncio.to_thread(venue.admin, "POST", "/limits", {**RAISED, **settings})


def test_a_token_counts_for_its_address_and_its_two_minutes_only(venue: Paper, account: Any) -> None:
    async def act(client: Any) -> None:
        await client.fetch_balance()
        right, sign = client.seconds, client.create_auth_token
        client.seconds = lambda: right() - 200
        with pytest.raises(ccxt.AuthenticationError):
            await client.fetch_balance()
        client.seconds = lambda: right() + 60
        with pytest.raises(ccxt.AuthenticationError):
            await client.fetch_balance()
        client.seconds = right
        elsewhere = "https://api.coinbase.com/api/v3/brokerage/orders"
        client.create_auth_token = lambda seconds, method, _url, eddsa: sign(seconds, method, elsewhere, eddsa)
        with pytest.raises(ccxt.AuthenticationError):
            await client.fetch_balance()

    with_client(venue, account, act)


def test_rates_are_by_the_second_and_by_the_hour(venue: Paper, account: Any) -> None:
    async def act(client: Any) -> None:
        await limit(venue, private_a_second=2, app_an_hour=1)
        await client.v3PrivateGetBrokerageKeyPermissions()
        headers = {name.lower(): value for name, value in client.last_response_headers.items()}
        assert headers["x-ratelimit-remaining"] == "1"
        await client.v2PrivateGetAccounts()
        with pytest.raises(ccxt.RateLimitExceeded):
            await client.v2PrivateGetAccounts()
        await limit(venue, public_a_second=1)
        with pytest.raises(ccxt.RateLimitExceeded):
            await asyncio.gather(*(client.fetch_time() for _ in range(8)))

    with_client(venue, account, act)


def test_fills_are_paged_by_a_cursor_that_new_fills_dont_shift(venue: Paper) -> None:
    symbols = ["BTC/USD", "ETH/USD"]
    account = opened(venue, {"kind": "seeded", "trades": 310, "seed": 5, "days": 40, "symbols": symbols})

    async def act(client: Any) -> None:
        rows: list[Any] = []
        cursor = ""
        while True:
            params = {"limit": 100, **({"cursor": cursor} if cursor else {})}
            page = await client.v3PrivateGetBrokerageOrdersHistoricalFills(params)
            rows += page["fills"]
            cursor = page["cursor"]
            if not cursor:
                break
            await client.create_order("ETH/USD", "market", "sell", 0.01)
        assert len(rows) == len({row["trade_id"] for row in rows}) == 310
        since = sorted(row["trade_time"] for row in rows)[200]
        late = await client.v3PrivateGetBrokerageOrdersHistoricalFills(
            {"start_sequence_timestamp": since, "product_id": "ETH-USD", "limit": 250}
        )
        assert all(row["trade_time"] >= since and row["product_id"] == "ETH-USD" for row in late["fills"])

    with_client(venue, account, act)


def test_a_clients_id_makes_an_order_idempotent(venue: Paper, account: Any) -> None:
    order = {
        "client_order_id": "mine-1",
        "product_id": "ETH-USD",
        "side": "BUY",
        "order_configuration": {"limit_limit_gtc": {"base_size": "0.1", "limit_price": "2000", "post_only": False}},
    }

    async def act(client: Any) -> None:
        made = [await client.v3PrivatePostBrokerageOrders(order) for _ in range(3)]
        assert len({answer["success_response"]["order_id"] for answer in made}) == 1
        assert len(await client.fetch_open_orders("ETH/USD")) == 1
        await asyncio.to_thread(venue.admin, "POST", "/faults", {"kind": "order_unknown", "count": 1})
        with pytest.raises(ccxt.ExchangeNotAvailable):
            await client.v3PrivatePostBrokerageOrders({**order, "client_order_id": "mine-2"})
        again = await client.v3PrivatePostBrokerageOrders({**order, "client_order_id": "mine-2"})
        assert again["success"] is True
        assert len(await client.fetch_open_orders("ETH/USD")) == 2

    with_client(venue, account, act)


@pytest.mark.parametrize(
    ("configuration", "reason"),
    [
        ({"limit_limit_gtc": {"base_size": "1000", "limit_price": "2000"}}, "INSUFFICIENT_FUND"),
        ({"limit_limit_gtc": {"base_size": "0.1", "limit_price": "2000.001"}}, "INVALID_PRICE_PRECISION"),
        ({"limit_limit_gtc": {"base_size": "0.0001", "limit_price": "2000"}}, "INVALID_ORDER_SIZE"),
        ({"limit_limit_gtc": {"base_size": "1", "limit_price": "9000", "post_only": True}}, "POST_ONLY"),
        ({"limit_limit_gtc": {"base_size": "zero", "limit_price": "2000"}}, "INVALID_ARGUMENT"),
        ({"twap_limit_gtd": {"base_size": "1"}}, "INVALID_ARGUMENT"),
    ],
)
def test_bad_orders_are_refused_in_coinbases_words(
    venue: Paper, account: Any, configuration: dict[str, Any], reason: str
) -> None:
    order = {"client_order_id": "bad", "product_id": "ETH-USD", "side": "BUY", "order_configuration": configuration}

    async def act(client: Any) -> None:
        with pytest.raises(ccxt.BaseError, match=reason):
            await client.v3PrivatePostBrokerageOrders(order)

    with_client(venue, account, act)


def test_what_a_key_may_do_is_told_and_kept(venue: Paper) -> None:
    account = opened(venue, {"kind": "empty"}, permissions={"read": True, "trade": False, "withdraw": True})

    async def act(client: Any) -> None:
        told = await client.v3PrivateGetBrokerageKeyPermissions()
        assert [told[name] for name in ("can_view", "can_trade", "can_transfer")] == [True, False, True]
        with pytest.raises(ccxt.PermissionDenied):
            await client.create_order("ETH/USD", "limit", "buy", 0.1, 2000)

    with_client(venue, account, act)


def test_wallets_and_their_movements_are_paged(venue: Paper, account: Any) -> None:
    path = f"/accounts/{account['key'].replace('/', '%2F')}"
    for number in range(1, 31):
        venue.admin("POST", f"{path}/deposits", {"asset": "ETH", "amount": str(number)})
    venue.admin("POST", f"{path}/withdrawals", {"asset": "ETH", "amount": "2", "fee": "0.5"})

    async def act(client: Any) -> None:
        wallets = {row["code"]: row["id"] for row in await client.fetch_accounts()}
        rows: list[Any] = []
        after: dict[str, str] = {}
        while True:
            page = await client.v2PrivateGetAccountsAccountIdTransactions({"account_id": wallets["ETH"], **after})
            rows += page["data"]
            if not page["pagination"]["next_starting_after"]:
                break
            after = {"starting_after": page["pagination"]["next_starting_after"]}
        assert len(rows) == len({row["id"] for row in rows}) == 32
        assert sum(Decimal(row["amount"]["amount"]) for row in rows) == 10 + 465 - Decimal("2.5")
        small = await client.v3PrivateGetBrokerageAccounts({"limit": 5})
        assert (len(small["accounts"]), small["has_next"]) == (5, True)
        with pytest.raises(ccxt.ExchangeError, match="not_found"):
            await client.v2PrivateGetAccountsAccountIdDeposits({"account_id": "nobody's"})

    with_client(venue, account, act)


@pytest.mark.parametrize("kind", ["rate_limited", "banned", "rest_down"])
def test_faults_speak_coinbase(venue: Paper, account: Any, kind: str) -> None:
    async def act(client: Any) -> None:
        await asyncio.to_thread(venue.admin, "POST", "/faults", {"kind": kind})
        with pytest.raises((ccxt.NetworkError, ccxt.ExchangeNotAvailable)):
            await client.fetch_balance()

    with_client(venue, account, act)


def test_the_socket_refuses_what_it_cannot_mean(venue: Paper) -> None:
    async def ask(message: Any) -> str:
        connector = aiohttp.TCPConnector(resolver=LocalResolver(venue.port), ssl=False)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.ws_connect("https://advanced-trade-ws.coinbase.com") as socket,
        ):
            await socket.send_str(message if isinstance(message, str) else json.dumps(message))
            answer = await socket.receive_json(timeout=60)
            return str(answer["message"])

    subscribe = {"type": "subscribe", "product_ids": ["ETH-USD"], "channel": "user"}
    assert asyncio.run(ask({**subscribe, "jwt": "forged"})) == "authentication failure"
    assert asyncio.run(ask({**subscribe, "channel": "nothing"})) == "channel nothing is invalid"
    assert asyncio.run(ask({**subscribe, "product_ids": ["NO-PE"]})) == "product id is invalid"
    assert asyncio.run(ask("no json")) == "failure to parse message"


def test_messages_are_numbered_and_hearts_beat(venue: Paper) -> None:
    async def listen() -> list[Any]:
        connector = aiohttp.TCPConnector(resolver=LocalResolver(venue.port), ssl=False)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.ws_connect("https://advanced-trade-ws.coinbase.com") as socket,
        ):
            for channel in ("heartbeats", "candles", "level2"):
                names = [] if channel == "heartbeats" else ["BTC-USD"]
                await socket.send_json({"type": "subscribe", "product_ids": names, "channel": channel})
            return [await socket.receive_json(timeout=60) for _ in range(9)]

    heard = asyncio.run(listen())
    assert [message["sequence_num"] for message in heard] == list(range(9))
    assert {"subscriptions", "candles", "l2_data"} <= {message["channel"] for message in heard}
