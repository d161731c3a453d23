"""The unmodified ccxt client over TLS, with the real addresses."""

from __future__ import annotations

import asyncio
import gzip
import json
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import ccxt
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Paper

    from .conftest import OpenClient


def test_markets_and_public_data(open_client: OpenClient) -> None:
    async def journey() -> None:
        async with open_client() as client:
            markets = await client.load_markets()
            assert {"BTC/USDT", "ETH/USDT", "EUR/USDT", "USDC/USDT", "BNB/USDT", "XRP/USDT", "XRP/ETH"} <= set(markets)
            assert len(markets) >= 30
            assert markets["XRP/ETH"]["precision"]["price"] == "0.00000001"
            tickers = await client.fetch_tickers()
            assert tickers.keys() == markets.keys()
            some = await client.fetch_tickers(["BTC/USDT", "ETH/USDT"])
            assert set(some) == {"BTC/USDT", "ETH/USDT"}
            assert Decimal(tickers["BTC/USDT"]["bid"]) < Decimal(tickers["BTC/USDT"]["ask"])
            trades = await client.fetch_trades("BTC/USDT", limit=50)
            assert [trade["timestamp"] for trade in trades] == sorted(trade["timestamp"] for trade in trades)
            book = await client.fetch_order_book("BTC/USDT", 20)
            assert (len(book["bids"]), len(book["asks"])) == (20, 20)
            assert client.urls["api"]["public"] == "https://api.binance.com/api/v3"

    asyncio.run(journey())


@pytest.mark.parametrize("timeframe", ["1m", "15m", "1h", "1d", "1w", "1M"])
def test_candles(open_client: OpenClient, timeframe: str) -> None:
    async def journey() -> None:
        async with open_client() as client:
            bars = await client.fetch_ohlcv("BTC/USDT", timeframe, limit=40)
            assert len(bars) == 40
            assert all(before[0] < after[0] for before, after in pairwise(bars))
            since = bars[10][0]
            again = await client.fetch_ohlcv("BTC/USDT", timeframe, since=since, limit=5)
            assert [bar[:5] for bar in again] == [bar[:5] for bar in bars[10:15]]

    asyncio.run(journey())


def test_client_without_restricted_market_types(open_client: OpenClient) -> None:
    async def journey() -> None:
        async with open_client(options={}) as client:
            assert "BTC/USDT" in await client.load_markets()

    asyncio.run(journey())


def test_orders_live_fill_and_are_found(open_client: OpenClient, account: Any) -> None:
    async def journey() -> None:
        async with open_client(account) as client:
            bought = await client.create_order("ETH/USDT", "market", "buy", 0.5)
            assert (bought["status"], bought["filled"]) == ("closed", "0.50000000")
            assert bought["fee"]["currency"] == "ETH"
            price = float((await client.fetch_ticker("ETH/USDT"))["last"]) * 0.8
            placed = await client.create_order("ETH/USDT", "limit", "buy", 1, price)
            assert placed["status"] == "open"
            assert [order["id"] for order in await client.fetch_open_orders("ETH/USDT")] == [placed["id"]]
            assert (await client.fetch_balance())["USDT"]["used"] == f"{Decimal(placed['price']):.8f}"
            assert (await client.cancel_order(placed["id"], "ETH/USDT"))["status"] == "canceled"
            assert (await client.fetch_order(placed["id"], "ETH/USDT"))["status"] == "canceled"
            mine = await client.fetch_my_trades("ETH/USDT")
            assert [trade["order"] for trade in mine] == [bought["id"]] * len(mine)
            held = (await client.fetch_balance())["ETH"]["total"]
            assert Decimal(held) == 10 + Decimal("0.5") - sum(Decimal(trade["fee"]["cost"]) for trade in mine)

    asyncio.run(journey())


def test_errors_are_those_that_ccxt_knows(open_client: OpenClient, account: Any) -> None:
    async def journey() -> None:
        async with open_client(account) as client:
            with pytest.raises(ccxt.InsufficientFunds):
                await client.create_order("ETH/USDT", "market", "buy", 5000)
            with pytest.raises(ccxt.OrderNotFound):
                await client.cancel_order("12345", "ETH/USDT")
            with pytest.raises(ccxt.BadRequest, match="NOTIONAL"):
                await client.create_order("ETH/USDT", "limit", "buy", 0.001, 2500)
            with pytest.raises(ccxt.InvalidOrder, match="LOT_SIZE"):
                await client.privatePostOrder(
                    {"symbol": "ETHUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.00001"}
                )
        async with open_client({**account, "secret": "wrong"}) as client:
            with pytest.raises(ccxt.AuthenticationError):
                await client.fetch_balance()
        async with open_client({**account, "key": "z" * 64}) as client:
            with pytest.raises(ccxt.AuthenticationError):
                await client.fetch_balance()

    asyncio.run(journey())


def test_a_skewed_client_is_refused_until_it_loads_the_difference(open_client: OpenClient, account: Any) -> None:
    async def journey() -> None:
        async with open_client(account) as client:
            await client.load_markets()
            right = client.milliseconds
            client.milliseconds = lambda: right() - 60_000
            with pytest.raises(ccxt.InvalidNonce):
                await client.fetch_balance()
            await client.load_time_difference()
            assert await client.fetch_balance()

    asyncio.run(journey())


def test_key_permissions_are_told(open_client: OpenClient, venue: Paper) -> None:
    body = {"permissions": {"read": True, "trade": False, "withdraw": True}}
    account = venue.admin("POST", "/accounts", body)

    async def journey() -> None:
        async with open_client(account) as client:
            told = await client.sapiGetAccountApiRestrictions()
            asked = ("enableReading", "enableSpotAndMarginTrading", "enableWithdrawals")
            assert [told[name] for name in asked] == [True, False, True]

    asyncio.run(journey())


async def _all_trades(client: Any, symbol: str) -> list[dict[str, Any]]:
    """Every own trade, page by page as an importer asks."""
    rows: list[dict[str, Any]] = []
    while True:
        page = await client.fetch_my_trades(
            symbol, limit=1000, params={"fromId": int(rows[-1]["id"]) + 1 if rows else 0}
        )
        rows.extend(page)
        if len(page) < 1000:
            return rows


def test_a_recorded_history_arrives_digit_for_digit(open_client: OpenClient, venue: Paper, recorded: Path) -> None:
    path = recorded / "trades/binance-XRP_ETH-trades-raw.json.gz"
    raw = [row["info"] for row in json.loads(gzip.decompress(path.read_bytes()))]
    account = venue.admin("POST", "/accounts", {"history": {"kind": "trades_file", "path": str(path)}})

    async def journey() -> None:
        async with open_client(account) as client:
            rows = await _all_trades(client, "XRP/ETH")
            got = [(row["id"], row["price"], row["amount"], row["timestamp"], row["side"]) for row in rows]
            wanted = [(str(i["a"]), i["p"], i["q"], i["T"], "sell" if i["m"] else "buy") for i in raw]
            assert got == wanted
            since = raw[0]["T"] - 86_400_000
            funded = {row["currency"] for row in await client.fetch_deposits(since=since)}
            assert funded == {"XRP", "ETH"}

    asyncio.run(journey())


def test_a_seeded_history_adds_up_to_its_balances(open_client: OpenClient, venue: Paper) -> None:
    symbols = ["BTC/USDT", "XRP/ETH"]
    history = {"kind": "seeded", "trades": 3000, "seed": 4, "days": 80, "symbols": symbols}
    account = venue.admin("POST", "/accounts", {"history": history})

    async def journey() -> None:
        async with open_client(account) as client:
            totals: dict[str, Decimal] = {}
            since = client.milliseconds() - 85 * 86_400_000
            for rows, sign in (
                (await client.fetch_deposits(since=since), 1),
                (await client.fetch_withdrawals(since=since), -1),
            ):
                for row in rows:
                    fee = Decimal((row["fee"] or {}).get("cost") or 0)
                    totals[row["currency"]] = totals.get(row["currency"], Decimal(0)) + sign * (
                        Decimal(row["amount"]) + fee
                    )
            for symbol in symbols:
                base, quote = symbol.split("/")
                for row in await _all_trades(client, symbol):
                    sign = 1 if row["side"] == "buy" else -1
                    moves = (
                        (base, sign * Decimal(row["amount"])),
                        (quote, -sign * Decimal(row["cost"])),
                        (row["fee"]["currency"], -Decimal(row["fee"]["cost"])),
                    )
                    for asset, amount in moves:
                        totals[asset] = totals.get(asset, Decimal(0)) + amount
            held = (await client.fetch_balance())["total"]
            assert {asset: amount for asset, amount in totals.items() if amount} == {
                asset: Decimal(amount) for asset, amount in held.items() if Decimal(amount)
            }

    asyncio.run(journey())
