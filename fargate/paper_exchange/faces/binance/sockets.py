"""The websocket side: who listens to what, and the clockwork that tells them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.faces.binance.limits import RateLimiter
from fargate.paper_exchange.faces.binance.rest import RestApi
from fargate.paper_exchange.faces.binance.socket_api import SocketApi
from fargate.paper_exchange.faces.binance.streams import Stream, Teller, parse_stream
from fargate.paper_exchange.faces.binance.symbols import Symbols
from fargate.paper_exchange.faces.connection import Connection
from fargate.paper_exchange.faults import FaultBoard
from fargate.paper_exchange.statistics import Statistics

STEP_MS = 100
PING_EVERY_S = 20
STREAMS_MAX = 1024


class Sockets:
    """All websockets of the face."""

    def __init__(
        self,
        exchange: Exchange,
        symbols: Symbols,
        rest: RestApi,
        limiter: RateLimiter,
        *,
        faults: FaultBoard,
        statistics: Statistics,
    ) -> None:
        self._exchange, self._symbols, self._limiter = exchange, symbols, limiter
        self._faults, self._statistics = faults, statistics
        self._api = SocketApi(exchange, rest)
        self._teller = Teller(exchange, symbols)
        self._connections: set[Connection] = set()
        self._streams: dict[str, tuple[Stream, set[Connection]]] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Hold a websocket: the WebSocket API by its path, market streams otherwise."""
        if not self._limiter.count_socket(request.remote or ""):
            raise web.HTTPTooManyRequests
        connection = Connection(request, self._faults, self._statistics)
        for name in _streams_of(request):
            self._join(connection, name)
        is_api = request.path.startswith("/ws-api")
        self._connections.add(connection)
        self._statistics.count_socket("opened")
        try:
            return await connection.hold(lambda text: self._receive(connection, text, is_api=is_api))
        finally:
            self._statistics.count_socket("closed")
            self._forget(connection)

    async def run(self) -> None:
        """Tell what there is, ten times a second, until cancelled."""
        loop = asyncio.get_running_loop()
        step = 0
        while True:
            started = loop.time()
            self._tell(step * STEP_MS)
            if step % (PING_EVERY_S * 1000 // STEP_MS) == 0:
                await asyncio.gather(
                    *(connection.ping() for connection in list(self._connections)), return_exceptions=True
                )
            step += 1
            await asyncio.sleep(max(0.01, STEP_MS / 1000 - (loop.time() - started)))

    async def drop_all(self) -> None:
        """Cut every websocket."""
        for connection in list(self._connections):
            connection.drop()
        await asyncio.sleep(0)

    def count(self) -> int:
        """How many are open."""
        return len(self._connections)

    def _tell(self, elapsed_ms: int) -> None:
        for stream, listeners in list(self._streams.values()):
            if elapsed_ms % stream.every_ms == 0:
                for event in self._teller.events(stream):
                    _send(stream.name, event, listeners)

    def _receive(self, connection: Connection, text: str, *, is_api: bool) -> None:
        self._statistics.count_socket("received")
        if is_api:
            self._api.receive(connection, text)
            return
        try:
            message = orjson.loads(text)
            self._command(connection, message)
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            connection.answer({"error": {"code": 3, "msg": "Invalid JSON: expected value"}})

    def _command(self, connection: Connection, message: Mapping[str, Any]) -> None:
        method, names, number = message["method"], message.get("params") or [], message.get("id")
        if method == "SUBSCRIBE":
            self._subscribe(connection, names, number)
        elif method == "UNSUBSCRIBE":
            for name in names:
                self._leave(connection, name)
            connection.answer({"result": None, "id": number})
        elif method == "LIST_SUBSCRIPTIONS":
            connection.answer({"result": sorted(connection.topics), "id": number})
        else:
            error = {"code": 2, "msg": f"Invalid request: unknown variant {str(method)[:40]}"}
            connection.answer({"error": error, "id": number})

    def _subscribe(self, connection: Connection, names: list[str], number: object) -> None:
        if len(connection.topics | set(names)) > STREAMS_MAX:
            error = {"code": 2, "msg": f"Invalid request: more than {STREAMS_MAX} streams"}
            connection.answer({"error": error, "id": number})
            return
        unknown = [name for name in names if not self._join(connection, name)]
        if unknown:
            error = {"code": 2, "msg": f"Invalid request: invalid stream {unknown[0][:60]}"}
            connection.answer({"error": error, "id": number})
            return
        connection.answer({"result": None, "id": number})

    def _join(self, connection: Connection, name: str) -> bool:
        if name not in self._streams:
            stream = parse_stream(name, self._symbols, self._exchange.clock.now_ms())
            if stream is None:
                return False
            self._teller.begin(stream)
            self._streams[name] = (stream, set())
        self._streams[name][1].add(connection)
        connection.topics.add(name)
        self._statistics.count_socket("subscribed")
        return True

    def _leave(self, connection: Connection, name: str) -> None:
        connection.topics.discard(name)
        stream = self._streams.get(name)
        if stream is None:
            return
        stream[1].discard(connection)
        if not stream[1]:
            del self._streams[name]

    def _forget(self, connection: Connection) -> None:
        for name in list(connection.topics):
            self._leave(connection, str(name))
        self._api.forget(connection)
        self._connections.discard(connection)


def _send(name: str, event: Any, listeners: set[Connection]) -> None:
    raw = orjson.dumps(event)
    wrapped = b'{"stream":' + orjson.dumps(name) + b',"data":' + raw + b"}"
    for connection in list(listeners):
        connection.send(wrapped if connection.path.startswith("/stream") else raw)


def _streams_of(request: web.Request) -> list[str]:
    """Streams named in the address: `/ws/<stream>` or `/stream?streams=<a>/<b>`."""
    if request.path.startswith("/stream"):
        return [name for name in request.query.get("streams", "").split("/") if name]
    name = request.path.removeprefix("/ws/")
    return [name] if "@" in name else []
