"""A Binance that says a given number of quotes or trades, at a pace or as fast as they are taken.

It answers what a client asks before it streams, for as many markets as a streamer follows. A process of its own, so
that what saying costs is not counted.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
from aiohttp import web

from fargate.paper_exchange.certificates import Certificates
from fargate.paper_exchange.hosts import VENUE_HOSTS
from nightdesk.runtime.clock import SystemClock

MARKETS: Final = 40
LAST_PRICE: Final = "7777.77000000"
"""The bid of each market's last quote."""

AT_MS: Final = 1_790_000_000_000
CHUNK: Final = 500
BUFFERED_MAX: Final = 1 << 20
_SHORT, _LONG = 126, 1 << 16


def names() -> list[str]:
    """The markets' names at the venue."""
    return [f"A{number:02}USDT" for number in range(MARKETS)]


def quotes(count: int) -> Iterator[bytes]:
    """Best bids and asks of all markets in turn, as the venue spells them."""
    for number in range(count):
        bid = f"{1000 + number % 997}.{number % 100:02}000000" if number < count - MARKETS else LAST_PRICE
        row = {"u": 400900217 + number, "s": f"A{number % MARKETS:02}USDT", "b": bid}
        yield orjson.dumps({**row, "B": "31.21000000", "a": f"{9000 + number % 997}.36520000", "A": "40.66000000"})


def trades(count: int) -> Iterator[bytes]:
    """Aggregate trades of all markets in turn, numbered in each, ten a second and market."""
    for number in range(count):
        turn = number // MARKETS
        at_ms = AT_MS + turn * 100
        row = {"e": "aggTrade", "E": at_ms, "s": f"A{number % MARKETS:02}USDT", "a": turn + 1}
        told = {"p": f"{1000 + number % 997}.01000000", "q": "0.05000000", "f": turn + 1, "l": turn + 1, "T": at_ms}
        yield orjson.dumps({**row, **told, "m": True, "M": True})


def framed(messages: Iterator[bytes]) -> Iterator[bytes]:
    """Text frames of a server, several hundred together."""
    chunk: list[bytes] = []
    for message in messages:
        length = len(message)
        assert length < _LONG
        head = bytes([0x81, length]) if length < _SHORT else b"\x81\x7e" + length.to_bytes(2)
        chunk.append(head + message)
        if len(chunk) == CHUNK:
            yield b"".join(chunk)
            chunk.clear()
    yield b"".join(chunk)


def exchange_info(_request: web.Request) -> web.Response:
    """Every market."""
    rows = [
        {"symbol": name, "status": "TRADING", "baseAsset": name[:3], "quoteAsset": "USDT", "filters": [],
         "isSpotTradingAllowed": True, "permissions": ["SPOT"], "baseAssetPrecision": 8, "quotePrecision": 8}
        for name in names()
    ]  # fmt: skip
    return _json({"timezone": "UTC", "symbols": rows, "rateLimits": []})


def tickers(_request: web.Request) -> web.Response:
    """Every last price."""
    return _json([{"symbol": name, "lastPrice": "1000.00000000", "closeTime": AT_MS} for name in names()])


def _json(told: Any) -> web.Response:
    return web.Response(body=orjson.dumps(told), content_type="application/json")


async def stream(request: web.Request) -> web.WebSocketResponse:
    """Wait for a subscription to what is said, then say it all."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    kind, count, a_second = request.app["kind"], request.app["count"], request.app["a_second"]
    saying: asyncio.Task[None] | None = None
    async for message in socket:  # pings are answered meanwhile
        if kind in message.data:
            made = framed(quotes(count) if kind == "bookTicker" else trades(count))
            saying = asyncio.create_task(_steadily(request, made, a_second) if a_second else _at_once(request, made))
    if saying is not None:
        saying.cancel()
    return socket


async def _at_once(request: web.Request, made: Iterator[bytes]) -> None:
    transport = request.transport
    assert isinstance(transport, asyncio.WriteTransport)
    for chunk in list(made):
        while transport.get_write_buffer_size() > BUFFERED_MAX:  # noqa: ASYNC110 - written to directly, it tells nobody
            await asyncio.sleep(0.0005)
        transport.write(chunk)


async def _steadily(request: web.Request, made: Iterator[bytes], a_second: int) -> None:
    transport = request.transport
    assert isinstance(transport, asyncio.WriteTransport)
    for frame in _apart(b"".join(made)):
        transport.write(frame)
        await asyncio.sleep(1 / a_second)


def _apart(frames: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(frames):
        short = frames[start + 1]
        length, head = (short, 2) if short < _SHORT else (int.from_bytes(frames[start + 2 : start + 4]), 4)
        yield frames[start : start + head + length]
        start += head + length


def main() -> None:
    """Serve until ended: folder of the certificate, port, what is said, how often, how many a second (0: at once)."""
    folder, port, kind, count, a_second = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], *map(int, sys.argv[4:6])
    certificates = Certificates(folder, VENUE_HOSTS["binance"])
    certificates.ensure(SystemClock().now())
    application = web.Application()
    application["kind"], application["count"], application["a_second"] = kind, count, a_second
    application.router.add_get("/api/v3/exchangeInfo", _answering(exchange_info))
    application.router.add_get("/api/v3/ticker/24hr", _answering(tickers))
    application.router.add_get("/{rest:.*}", stream)
    web.run_app(application, host="127.0.0.1", port=port, ssl_context=certificates.context(), print=None)


def _answering(answer: Any) -> Any:
    async def handle(request: web.Request) -> web.Response:
        return answer(request)  # type: ignore[no-any-return]

    return handle


if __name__ == "__main__":
    main()
