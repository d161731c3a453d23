"""Stop orders of Binance's spot protocol, through the unmodified ccxt client."""

from __future__ import annotations

import asyncio
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any

import ccxt
import pytest

if TYPE_CHECKING:
    from tests.servers import Paper

    from .conftest import OpenClient

STOPS = {"STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"}
TICK = Decimal("0.01")
SYMBOL = "ETH/USDT"


async def _price(client: Any, ratio: str) -> str:
    """So much of the last price, in whole ticks."""
    last = Decimal((await client.fetch_ticker(SYMBOL))["last"])
    return str((last * Decimal(ratio)).quantize(TICK, ROUND_DOWN))


async def _place(client: Any, kind: str, side: str, stop_ratio: str, price_ratio: str | None = None) -> Any:
    price = None if price_ratio is None else await _price(client, price_ratio)
    return await client.create_order(SYMBOL, kind, side, "0.5", price, {"stopPrice": await _price(client, stop_ratio)})


def test_stops_are_told_of_by_the_market(open_client: OpenClient) -> None:
    async def journey() -> None:
        async with open_client() as client:
            info = (await client.load_markets())[SYMBOL]["info"]
            assert set(info["orderTypes"]) == {"LIMIT", "LIMIT_MAKER", "MARKET", *STOPS}
            assert "MAX_NUM_ALGO_ORDERS" in {row["filterType"] for row in info["filters"]}

    asyncio.run(journey())


def test_a_stop_waits_for_its_price_and_is_cancelled(open_client: OpenClient, account: Any) -> None:
    async def journey() -> None:
        async with open_client(account) as client:
            placed = await _place(client, "STOP_LOSS_LIMIT", "sell", "0.8", "0.79")
            assert (placed["status"], placed["filled"]) == ("open", "0.00000000")
            assert "workingTime" not in placed["info"]
            found = await client.fetch_order(placed["id"], SYMBOL)
            raw = found["info"]
            assert (raw["type"], raw["isWorking"], raw["workingTime"]) == ("STOP_LOSS_LIMIT", False, -1)
            assert found["stopPrice"] == placed["stopPrice"]
            assert (await client.fetch_balance())["ETH"]["used"] == "0.50000000"
            assert [row["id"] for row in await client.fetch_open_orders(SYMBOL)] == [placed["id"]]
            cancelled = await client.cancel_order(placed["id"], SYMBOL)
            assert (cancelled["status"], cancelled["stopPrice"]) == ("canceled", placed["stopPrice"])
            assert (await client.fetch_balance())["ETH"]["used"] == "0.00000000"

    asyncio.run(journey())


def test_the_market_starts_a_stop(open_client: OpenClient, account: Any, venue: Paper) -> None:
    async def journey() -> None:
        async with open_client(account) as client:
            placed = [
                await _place(client, "STOP_LOSS_LIMIT", "sell", "0.999", "0.9"),
                await _place(client, "TAKE_PROFIT", "sell", "1.001"),
            ]
            over = await _until_one_is_over(client, venue, [row["id"] for row in placed])
            assert (over["status"], over["filled"], over["info"]["isWorking"]) == ("closed", "0.50000000", True)
            assert int(over["info"]["workingTime"]) >= int(over["info"]["time"])
            mine = await client.fetch_my_trades(SYMBOL)
            assert sum(Decimal(row["amount"]) for row in mine if row["order"] == over["id"]) == Decimal("0.5")
            shown: Any = venue.admin("GET", f"/accounts/{account['key']}/orders")
            assert [str(row["order_id"]) for row in shown["orders"]] == [row["id"] for row in placed]
            assert {str(row["order_id"]) for row in shown["fills"]} == {row["order"] for row in mine}

    asyncio.run(journey())


async def _until_one_is_over(client: Any, venue: Paper, ids: list[str]) -> Any:
    """Minutes of the market pass; sooner or later it leaves a band of a tenth of a per cent."""
    for _ in range(600):
        venue.admin("POST", "/clock", {"advance_ms": 20_000})
        for number in ids:
            order = await client.fetch_order(number, SYMBOL)
            if order["status"] != "open":
                return order
    raise AssertionError("the market stood still for hours")


def test_what_is_refused_of_stops(open_client: OpenClient, account: Any) -> None:
    async def journey() -> None:
        async with open_client(account) as client:
            await client.load_markets()
            for kind, side, ratio in (("STOP_LOSS", "sell", "1.2"), ("TAKE_PROFIT", "sell", "0.8"),
                                      ("STOP_LOSS", "buy", "0.8"), ("TAKE_PROFIT", "buy", "1.2")):  # fmt: skip
                with pytest.raises(ccxt.OrderImmediatelyFillable, match="trigger immediately"):
                    await _place(client, kind, side, ratio)
            raw = {"symbol": "ETHUSDT", "side": "SELL", "quantity": "0.5"}
            for changed, code in (
                ({"type": "STOP_LOSS"}, "-1102"),
                ({"type": "STOP_LOSS", "stopPrice": "10", "price": "9"}, "-1106"),
                ({"type": "STOP_LOSS_LIMIT", "stopPrice": "10", "price": "9"}, "-1102"),
                ({"type": "LIMIT", "timeInForce": "GTC", "stopPrice": "10", "price": "9"}, "-1106"),
                ({"type": "STOP_LOSS", "stopPrice": "10.001"}, "-1013"),
                ({"type": "STOP_LOSS", "stopPrice": "10", "trailingDelta": "100"}, "-2010"),
            ):
                with pytest.raises(ccxt.ExchangeError, match=code):
                    await client.privatePostOrder({**raw, **changed})
            for _ in range(5):
                await _place(client, "STOP_LOSS", "sell", "0.8")
            with pytest.raises(ccxt.ExchangeError, match="MAX_NUM_ALGO_ORDERS"):
                await _place(client, "STOP_LOSS", "sell", "0.8")

    asyncio.run(journey())


def test_the_private_stream_tells_of_a_stop(open_client: OpenClient, account: Any) -> None:
    async def journey() -> None:
        async with open_client(account) as client:
            await client.load_markets()
            watching = asyncio.ensure_future(client.watch_orders(SYMBOL))
            await asyncio.sleep(0.5)
            placed = await _place(client, "STOP_LOSS", "sell", "0.8")
            told = (await asyncio.wait_for(watching, 60))[-1]
            assert (told["id"], told["info"]["o"], told["status"]) == (placed["id"], "STOP_LOSS", "open")
            assert (told["info"]["w"], Decimal(told["info"]["P"])) == (False, Decimal(placed["stopPrice"]))
            assert "W" not in told["info"]

    asyncio.run(journey())
