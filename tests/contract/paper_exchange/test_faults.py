"""Each fault does to a real client what it says."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import ccxt
import pytest

from .conftest import LocalResolver

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.servers import Paper

    from .conftest import OpenClient


def _with_client(open_client: OpenClient, account: Any, act: Callable[[Any], Awaitable[None]]) -> None:
    async def journey() -> None:
        async with open_client(account) as client:
            await client.load_markets()
            await act(client)

    asyncio.run(journey())


def test_an_order_answered_with_5xx_was_accepted_all_the_same(
    open_client: OpenClient, account: Any, venue: Paper
) -> None:
    async def act(client: Any) -> None:
        await asyncio.to_thread(venue.admin, "POST", "/faults", {"kind": "order_unknown", "count": 1})
        with pytest.raises((ccxt.RequestTimeout, ccxt.ExchangeNotAvailable)):
            await client.create_order("ETH/USDT", "market", "buy", 0.1, params={"newClientOrderId": "unknown-1"})
        found = await client.fetch_order(None, "ETH/USDT", {"origClientOrderId": "unknown-1"})
        assert found["status"] == "closed"

    _with_client(open_client, account, act)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "rest_down"}, ccxt.ExchangeNotAvailable),
        ({"kind": "rate_limited", "retry_after_s": 7}, ccxt.DDoSProtection),
        ({"kind": "banned", "retry_after_s": 120}, ccxt.DDoSProtection),
        ({"kind": "refuse"}, ccxt.NetworkError),
    ],
)
def test_rest_faults(
    open_client: OpenClient, account: Any, venue: Paper, fault: dict[str, Any], error: type[Exception]
) -> None:
    async def act(client: Any) -> None:
        await asyncio.to_thread(venue.admin, "POST", "/faults", fault)
        with pytest.raises(error):
            await client.fetch_balance()
        if "retry_after_s" in fault:
            assert client.last_response_headers["Retry-After"] == str(fault["retry_after_s"])
        await asyncio.to_thread(venue.admin, "DELETE", "/faults")
        assert await client.fetch_balance()

    _with_client(open_client, account, act)


def test_latency(open_client: OpenClient, account: Any, venue: Paper) -> None:
    async def act(client: Any) -> None:
        await asyncio.to_thread(venue.admin, "POST", "/faults", {"kind": "rest_latency", "delay_ms": 400})
        started = time.monotonic()
        await client.fetch_balance()
        assert time.monotonic() - started >= 0.4

    _with_client(open_client, account, act)


def test_a_dropped_socket_is_an_error_and_the_next_watch_reconnects(
    open_client: OpenClient, account: Any, venue: Paper
) -> None:
    async def act(client: Any) -> None:
        await asyncio.wait_for(client.watch_ticker("BTC/USDT"), 60)
        waiting = asyncio.create_task(client.watch_ticker("BTC/USDT"))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(venue.admin, "POST", "/faults", {"kind": "socket_drop"})
        with pytest.raises(ccxt.NetworkError):
            await _watch_until_it_fails(client, waiting)
        assert await asyncio.wait_for(client.watch_ticker("BTC/USDT"), 60)

    _with_client(open_client, account, act)


async def _watch_until_it_fails(client: Any, waiting: asyncio.Task[Any]) -> None:
    while True:
        await asyncio.wait_for(waiting, 60)
        waiting = asyncio.create_task(client.watch_ticker("BTC/USDT"))


class RawSocket:
    """A bare websocket on the market streams, to see what is on the wire."""

    def __init__(self, venue: Paper) -> None:
        self.venue = venue

    async def collect(self, streams: str, seconds: float, fault: dict[str, Any] | None = None) -> list[Any]:
        connector = aiohttp.TCPConnector(resolver=LocalResolver(self.venue.port), ssl=False)
        messages: list[Any] = []
        async with aiohttp.ClientSession(connector=connector) as session:
            url = f"https://stream.binance.com:9443/stream?streams={streams}"
            async with session.ws_connect(url) as socket:
                if fault:
                    await asyncio.to_thread(self.venue.admin, "POST", "/faults", fault)
                    await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 1})
                try:
                    async with asyncio.timeout(seconds):
                        async for message in socket:
                            messages.append(message.json())  # noqa: PERF401 - kept when time is up
                except TimeoutError:
                    return messages
        return messages


_MANY = "/".join(f"{name}usdt@trade" for name in ("btc", "eth", "bnb", "sol", "xrp", "ada", "doge", "ltc"))


def _numbers(messages: list[Any]) -> list[tuple[str, int]]:
    return [(row["stream"], row["data"]["t"]) for row in messages if "data" in row]


def test_events_come_once_and_in_order_without_a_fault(venue: Paper) -> None:
    numbers = _numbers(asyncio.run(RawSocket(venue).collect(_MANY, 2.2)))
    assert len(numbers) == len(set(numbers)) > 4
    for stream in {stream for stream, _ in numbers}:
        own = [number for name, number in numbers if name == stream]
        assert own == list(range(own[0], own[0] + len(own)))


def test_duplicates(venue: Paper) -> None:
    numbers = _numbers(asyncio.run(RawSocket(venue).collect(_MANY, 2.2, {"kind": "socket_duplicate"})))
    assert len(numbers) > len(set(numbers))


def test_out_of_order(venue: Paper) -> None:
    messages = asyncio.run(RawSocket(venue).collect(_MANY, 3, {"kind": "socket_out_of_order"}))
    times = [row["data"]["T"] for row in messages if "data" in row]
    assert len(times) > 4
    assert times != sorted(times)


def test_late(venue: Paper) -> None:
    messages = asyncio.run(RawSocket(venue).collect(_MANY, 1.5, {"kind": "socket_late", "delay_ms": 60_000}))
    assert len(_numbers(messages)) <= 8


def test_half_open_is_silence_on_an_open_connection(venue: Paper) -> None:
    messages = asyncio.run(RawSocket(venue).collect(_MANY, 1.5, {"kind": "socket_half_open"}))
    assert not [row for row in messages if row.get("id") == 1]
    assert len(_numbers(messages)) <= 8
    venue.admin("DELETE", "/faults")
    assert _numbers(asyncio.run(RawSocket(venue).collect(_MANY, 2.2)))


def test_the_operator_needs_its_token_and_no_page_may_ask(venue: Paper) -> None:
    async def ask(headers: dict[str, str]) -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{venue.admin_url}/accounts", headers=headers) as answer,
        ):
            return answer.status

    token = {"Authorization": f"Bearer {venue.admin_token}"}
    assert asyncio.run(ask(token)) == 200
    assert asyncio.run(ask({})) == 401
    assert asyncio.run(ask({**token, "Origin": "https://evil.example"})) == 403


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/accounts", {"history": {"kind": "nonsense"}}),
        ("/accounts", {"history": {"kind": "trades_file", "path": "/nowhere.json.gz"}}),
        ("/accounts", {"history": {"kind": "seeded", "trades": 0}}),
        ("/accounts", {"history": {"kind": "seeded", "symbols": ["NOPE/USDT"]}}),
        ("/accounts", {"history": {"kind": "empty", "balances": {"USDT": "-1"}}}),
        ("/accounts", {"venue": "nowhere"}),
        ("/faults", {"kind": "nonsense"}),
        ("/clock", {"advance_ms": -5}),
        ("/limits", {"nonsense": 1}),
        ("/limits", {"weight_a_minute": 0}),
    ],
)
def test_the_operators_mistakes_are_sentences(venue: Paper, path: str, body: dict[str, Any]) -> None:
    async def ask() -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {venue.admin_token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(venue.admin_url + path, json=body) as told,
        ):
            return told.status, await told.json()

    status, told = asyncio.run(ask())
    assert status == 422
    assert told["error"]
    assert len(venue.admin("GET", "/health")) == 2  # type: ignore[arg-type]
