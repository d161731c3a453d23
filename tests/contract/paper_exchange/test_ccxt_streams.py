"""The unmodified ccxt.pro client: market streams and the account's own stream."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.servers import Paper

    from .conftest import OpenClient

WAIT_S = 60


def test_market_streams(open_client: OpenClient) -> None:
    async def journey() -> None:
        async with open_client() as client:
            await client.load_markets()
            watched = await asyncio.wait_for(
                asyncio.gather(
                    client.watch_ticker("BTC/USDT", {"name": "ticker"}),
                    client.watch_tickers(["ETH/USDT", "XRP/USDT"]),
                    client.watch_tickers(),
                    client.watch_trades("BTC/USDT"),
                    client.watch_ohlcv("BTC/USDT", "1m"),
                    client.watch_bids_asks(["BTC/USDT"]),
                ),
                WAIT_S,
            )
            ticker, some, every, trades, bars, best = watched
            assert Decimal(ticker["low"]) <= Decimal(ticker["last"]) <= Decimal(ticker["high"])
            assert set(some) <= {"ETH/USDT", "XRP/USDT"}
            assert len(every) >= 30
            assert trades[-1]["price"] == trades[-1]["info"]["p"]
            assert len(bars) >= 1
            assert Decimal(best["BTC/USDT"]["bid"]) < Decimal(best["BTC/USDT"]["ask"])

    asyncio.run(journey())


def test_the_book_is_followed_without_a_gap(open_client: OpenClient) -> None:
    async def journey() -> None:
        async with open_client() as client:
            for _ in range(4):
                watched = await asyncio.wait_for(client.watch_order_book("ETH/USDT"), WAIT_S)
                asked = await client.fetch_order_book("ETH/USDT", 1000)
                if watched["nonce"] == asked["nonce"]:
                    assert watched["bids"][:50] == asked["bids"][:50]
            assert watched["bids"][0][0] < watched["asks"][0][0]

    asyncio.run(journey())


def test_own_orders_trades_and_balances_are_pushed(open_client: OpenClient, account: Any, venue: Paper) -> None:
    async def journey() -> None:
        async with open_client(account) as client:
            await client.load_markets()
            watching = [
                asyncio.create_task(watch)
                for watch in (client.watch_orders(), client.watch_my_trades(), client.watch_balance())
            ]
            await asyncio.sleep(1)
            order = await client.create_order("ETH/USDT", "market", "buy", 0.2)
            orders, trades, balance = await asyncio.wait_for(asyncio.gather(*watching), WAIT_S)
            assert orders[0]["id"] == trades[0]["order"] == order["id"]
            assert trades[0]["takerOrMaker"] == "taker"
            assert Decimal(balance["ETH"]["free"]) > 10
            watching = [asyncio.create_task(client.watch_balance())]
            await asyncio.sleep(0.1)
            path = f"/accounts/{account['key']}/deposits"
            await asyncio.to_thread(venue.admin, "POST", path, {"asset": "USDT", "amount": "12.5"})
            moved = (await asyncio.wait_for(asyncio.gather(*watching), WAIT_S))[0]
            assert moved["info"]["e"] in {"balanceUpdate", "outboundAccountPosition"}

    asyncio.run(journey())


def test_a_resting_order_is_pushed_when_the_operator_fills_it_or_the_owner_cancels(
    open_client: OpenClient, account: Any, venue: Paper
) -> None:
    async def journey() -> None:
        async with open_client(account) as client:
            await client.load_markets()
            watching = asyncio.create_task(client.watch_my_trades())
            await asyncio.sleep(0.7)
            body = {"symbol": "XRP/USDT", "side": "sell", "quantity": "3", "price": "2.5", "count": 10}
            await asyncio.to_thread(venue.admin, "POST", f"/accounts/{account['key']}/fills", body)
            await asyncio.wait_for(watching, WAIT_S)
            await asyncio.sleep(0.3)
            equal = [(trade["price"], trade["amount"]) for trade in client.myTrades]
            assert equal == [("2.50000000", "3.00000000")] * 10
            assert len({trade["id"] for trade in client.myTrades}) == 10

    asyncio.run(journey())


def test_requests_over_the_websocket(open_client: OpenClient, account: Any) -> None:
    async def journey() -> None:
        async with open_client(account) as client:
            await client.load_markets()
            price = float((await client.fetch_ticker("ETH/USDT"))["last"]) * 0.8
            placed = await asyncio.wait_for(client.create_order_ws("ETH/USDT", "limit", "buy", 1, price), WAIT_S)
            found = await asyncio.wait_for(client.fetch_open_orders_ws("ETH/USDT"), WAIT_S)
            assert [order["id"] for order in found] == [placed["id"]]
            balance = await asyncio.wait_for(client.fetch_balance_ws(), WAIT_S)
            locked = {row["asset"]: row["locked"] for row in balance["info"]["balances"]}
            assert locked["USDT"] == placed["price"]

    asyncio.run(journey())
