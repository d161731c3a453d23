"""What is Kraken's own: names, nonces, the sinking counter, pages of fifty, key information, cl_ord_id."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import aiohttp
import ccxt
import pytest
from ccxt.pro.kraken import kraken

from .conftest import LocalResolver, client_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.servers import Paper


@pytest.fixture(autouse=True)
def limits(venue: Paper) -> Iterator[None]:
    raised = {"counter_max": 10_000, "engine_max": 10_000, "public_max": 10_000}
    venue.admin("POST", "/limits", {"venue": "kraken", **raised})
    yield
    venue.admin("POST", "/limits", {"venue": "kraken", **raised})


@pytest.fixture
def account(venue: Paper) -> Any:
    return opened(venue, {"kind": "empty", "balances": {"USD": "50000", "ETH": "10", "BTC": "1"}})


def opened(venue: Paper, history: dict[str, Any], **more: Any) -> Any:
    return venue.admin("POST", "/accounts", {"venue": "kraken", "history": history, **more})


def with_client(venue: Paper, account: Any, act: Callable[[Any], Awaitable[None]]) -> None:
    async def journey() -> None:
        async with client_of(venue, account, make=kraken) as client:
            await client.load_markets()
            await act(client)

    asyncio.run(journey())


def test_pairs_have_krakens_names(venue: Paper) -> None:
    async def act(client: Any) -> None:
        names = {symbol: client.market(symbol)["id"] for symbol in ("BTC/USD", "ETH/BTC", "SOL/USD", "DOGE/USD")}
        assert names == {"BTC/USD": "XXBTZUSD", "ETH/BTC": "XETHXXBT", "SOL/USD": "SOLUSD", "DOGE/USD": "XDGUSD"}
        assert "USDT/USD" in client.markets
        assert (await client.fetch_tickers(["BTC/USD", "SOL/USD"])).keys() == {"BTC/USD", "SOL/USD"}
        assert "BNB/FDUSD" not in client.markets
        bars = await client.fetch_ohlcv("BTC/USD", "1m")
        assert len(bars) == 720

    with_client(venue, None, act)


def test_a_nonce_must_rise(venue: Paper, account: Any) -> None:
    async def act(client: Any) -> None:
        await client.fetch_balance()
        client.incrementing_nonce = lambda: 1_000
        with pytest.raises(ccxt.InvalidNonce):
            await client.fetch_balance()

    with_client(venue, account, act)


def test_the_counter_rises_with_calls_and_sinks_with_time(venue: Paper, account: Any) -> None:
    async def act(client: Any) -> None:
        body = {"venue": "kraken", "counter_max": 4, "counter_decay_milli_per_s": 1}
        await asyncio.to_thread(venue.admin, "POST", "/limits", body)
        await client.fetch_my_trades()  # weighs two
        await client.fetch_balance()
        await client.fetch_balance()
        with pytest.raises(ccxt.DDoSProtection, match="EAPI:Rate limit exceeded"):
            await client.fetch_balance()
        body = {"venue": "kraken", "counter_max": 4, "counter_decay_milli_per_s": 1_000_000_000}
        await asyncio.to_thread(venue.admin, "POST", "/limits", body)
        for _ in range(6):
            await client.fetch_my_trades()

    with_client(venue, account, act)


def test_orders_have_a_counter_of_their_own(venue: Paper, account: Any) -> None:
    async def act(client: Any) -> None:
        body = {"venue": "kraken", "engine_max": 9, "engine_decay_milli_per_s": 1}
        await asyncio.to_thread(venue.admin, "POST", "/limits", body)
        placed = await client.create_order("ETH/USD", "limit", "buy", 0.1, 2000)
        await client.cancel_order(placed["id"])  # a young order: eight
        with pytest.raises(ccxt.DDoSProtection, match="EOrder:Rate limit exceeded"):
            await client.create_order("ETH/USD", "limit", "buy", 0.1, 2000)

    with_client(venue, account, act)


def test_public_calls_are_counted_by_address(venue: Paper) -> None:
    async def act(client: Any) -> None:
        body = {"venue": "kraken", "public_max": 2, "public_decay_milli_per_s": 1}
        await asyncio.to_thread(venue.admin, "POST", "/limits", body)
        await client.fetch_time()
        await client.fetch_time()
        with pytest.raises(ccxt.DDoSProtection):
            await client.fetch_time()

    with_client(venue, None, act)


def test_a_history_is_read_in_pages_of_fifty(venue: Paper) -> None:
    symbols = ["BTC/USD", "ETH/USD"]
    account = opened(venue, {"kind": "seeded", "trades": 173, "seed": 5, "days": 40, "symbols": symbols})

    async def act(client: Any) -> None:
        rows: list[Any] = []
        while page := await client.fetch_my_trades(params={"ofs": len(rows)}):
            assert len(page) <= 50
            rows += page
        assert len({row["id"] for row in rows}) == 173
        assert {row["fee"]["currency"] for row in rows} == {"USD"}
        middle = sorted(row["timestamp"] for row in rows)[100]
        early = await client.fetch_my_trades(params={"end": middle // 1000})
        assert all(row["timestamp"] <= middle for row in early)
        totals: dict[str, Decimal] = {}
        moved = (*await client.fetch_deposits(), *await client.fetch_withdrawals())
        for row in moved:
            sign = 1 if row["type"] == "deposit" else -1
            fee = Decimal(row["fee"]["cost"] or 0)
            totals[row["currency"]] = totals.get(row["currency"], Decimal(0)) + sign * Decimal(row["amount"]) - fee
        for row in rows:
            base, sign = row["symbol"].split("/")[0], 1 if row["side"] == "buy" else -1
            totals[base] = totals.get(base, Decimal(0)) + sign * Decimal(row["amount"])
            totals["USD"] -= sign * Decimal(row["cost"]) + Decimal(row["fee"]["cost"])
        held = (await client.fetch_balance())["total"]
        assert {asset: total for asset, total in totals.items() if total} == {
            asset: Decimal(amount) for asset, amount in held.items() if Decimal(amount)
        }

    with_client(venue, account, act)


def test_an_order_is_found_by_its_clients_id_and_its_trades_by_name(venue: Paper, account: Any) -> None:
    async def act(client: Any) -> None:
        client_id = "6d1b345e-2821-40e2-ad83-4ecb18a06876"
        made = await client.create_order("ETH/USD", "limit", "buy", 0.1, 2000, {"clientOrderId": client_id})
        found = await client.fetch_open_orders(params={"clientOrderId": client_id})
        assert [order["id"] for order in found] == [made["id"]]
        assert found[0]["clientOrderId"] == client_id
        with pytest.raises(ccxt.ExchangeError, match="cl_ord_id"):
            await client.create_order("ETH/USD", "limit", "buy", 0.1, 2000, {"clientOrderId": client_id})
        await client.cancel_order(None, params={"clientOrderId": client_id})
        assert [order["status"] for order in await client.fetch_closed_orders()] == ["canceled"]
        bought = await client.create_order("ETH/USD", "market", "buy", 0.2)
        order = await client.fetch_order(bought["id"])
        trades = await client.fetch_order_trades(bought["id"], None, params={"trades": order["trades"]})
        assert sum(Decimal(trade["amount"]) for trade in trades) == Decimal("0.2")

    with_client(venue, account, act)


def test_what_a_key_may_do_is_told_and_kept(venue: Paper) -> None:
    history = {"kind": "empty", "balances": {"USD": "1000"}}
    account = opened(venue, history, permissions={"read": True, "trade": False, "withdraw": True})

    async def act(client: Any) -> None:
        told = (await client.privatePostGetApiKeyInfo())["result"]["permissions"]
        assert {"query-funds", "withdraw-funds"} <= set(told)
        assert "modify-trades" not in told
        with pytest.raises(ccxt.PermissionDenied):
            await client.create_order("ETH/USD", "limit", "buy", 0.1, 2000)

    with_client(venue, account, act)


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"pair": "NOPE"}, "Unknown asset pair"),
        ({"price": "2000.001"}, "Invalid price"),
        ({"volume": "0"}, "Invalid arguments:volume"),
        ({"volume": "0.0001"}, "Cost minimum not met"),
        ({"ordertype": "iceberg"}, "Invalid arguments:ordertype"),
        ({"type": "hold"}, "Invalid arguments:type"),
        ({"timeinforce": "FOREVER"}, "Invalid arguments:timeinforce"),
        ({"cl_ord_id": "much-too-long-for-a-client-id"}, "Invalid arguments:cl_ord_id"),
        ({"volume": "1000"}, "Insufficient funds"),
        ({"price": "9000", "oflags": "post"}, "Post only order"),
    ],
)
def test_bad_orders_are_refused_in_krakens_words(venue: Paper, account: Any, order: dict[str, str], error: str) -> None:
    whole = {"pair": "ETHUSD", "type": "buy", "ordertype": "limit", "volume": "0.1", "price": "2000"}

    async def act(client: Any) -> None:
        with pytest.raises(ccxt.BaseError, match=error):
            await client.privatePostAddOrder({**whole, **order})

    with_client(venue, account, act)


@pytest.mark.parametrize("kind", ["rate_limited", "banned", "rest_down"])
def test_faults_speak_kraken(venue: Paper, account: Any, kind: str) -> None:
    async def act(client: Any) -> None:
        await asyncio.to_thread(venue.admin, "POST", "/faults", {"kind": kind})
        with pytest.raises((ccxt.DDoSProtection, ccxt.ExchangeNotAvailable)):
            await client.fetch_balance()

    with_client(venue, account, act)


def test_an_order_answered_with_5xx_was_accepted_all_the_same(venue: Paper, account: Any) -> None:
    async def act(client: Any) -> None:
        await asyncio.to_thread(venue.admin, "POST", "/faults", {"kind": "order_unknown", "count": 1})
        with pytest.raises((ccxt.RequestTimeout, ccxt.ExchangeNotAvailable)):
            await client.create_order("ETH/USD", "limit", "buy", 0.1, 2000, {"clientOrderId": "unknown-1"})
        assert len(await client.fetch_open_orders(params={"clientOrderId": "unknown-1"})) == 1

    with_client(venue, account, act)


def test_the_private_socket_wants_a_token(venue: Paper) -> None:
    async def ask(host: str, channel: str) -> Any:
        connector = aiohttp.TCPConnector(resolver=LocalResolver(venue.port), ssl=False)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.ws_connect(f"https://{host}/v2") as socket,
        ):
            params = {"channel": channel, "token": "forged", "symbol": ["NO/PE"]}
            await socket.send_json({"method": "subscribe", "params": params, "req_id": 7})
            while (answer := await socket.receive_json(timeout=60)).get("req_id") != 7:
                pass
            return answer["error"]

    assert asyncio.run(ask("ws-auth.kraken.com", "executions")) == "ESession:Invalid session"
    assert asyncio.run(ask("ws.kraken.com", "ticker")) == "Currency pair not supported NO/PE"
    assert asyncio.run(ask("ws.kraken.com", "nothing")) == "Unsupported channel"
