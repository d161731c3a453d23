"""All websockets of a face: opened, heard, told in turn, forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Protocol

from aiohttp import web

from fargate.paper_exchange.faces.connection import Connection
from fargate.paper_exchange.faces.topics import Topics
from fargate.paper_exchange.statistics import Statistics

STEP_MS = 100
_PING_EVERY_MS = 20_000

Open = Callable[[web.Request], Connection]


class Dialect(Protocol):
    """What a venue says on its websockets besides the topics that connections listen to."""

    def greet(self, connection: Connection) -> None:
        """It has opened."""
        ...

    def hear(self, connection: Connection, text: str) -> None:
        """It sent something."""
        ...

    def beat(self, connections: Collection[Connection], second: int) -> None:
        """A second has passed: heartbeats, and whatever the venue tells by the clock."""
        ...

    def forget(self, connection: Connection) -> None:
        """It has closed."""
        ...


class Sockets:
    """Holds the connections and runs their clockwork."""

    def __init__(self, dialect: Dialect, topics: Topics, statistics: Statistics, open_connection: Open) -> None:
        self._dialect, self._topics, self._statistics, self._open = dialect, topics, statistics, open_connection
        self._connections: set[Connection] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Hold a websocket until it closes."""
        connection = self._open(request)
        self._connections.add(connection)
        self._statistics.count_socket("opened")
        self._dialect.greet(connection)
        try:
            return await connection.hold(lambda text: self._hear(connection, text))
        finally:
            self._statistics.count_socket("closed")
            self._connections.discard(connection)
            self._topics.forget(connection)
            self._dialect.forget(connection)

    async def run(self) -> None:
        """Tell what there is, ten times a second, until cancelled."""
        loop = asyncio.get_running_loop()
        elapsed_ms = 0
        while True:
            started = loop.time()
            self._topics.tell(elapsed_ms)
            if elapsed_ms % 1000 == 0:
                self._dialect.beat(self._connections, elapsed_ms // 1000)
            if elapsed_ms % _PING_EVERY_MS == 0:
                pings = (connection.ping() for connection in list(self._connections))
                await asyncio.gather(*pings, return_exceptions=True)
            elapsed_ms += STEP_MS
            await asyncio.sleep(max(0.01, STEP_MS / 1000 - (loop.time() - started)))

    async def drop_all(self) -> None:
        """Cut every websocket."""
        for connection in list(self._connections):
            connection.drop()
        await asyncio.sleep(0)

    def count(self) -> int:
        """How many are open."""
        return len(self._connections)

    def _hear(self, connection: Connection, text: str) -> None:
        self._statistics.count_socket("received")
        self._dialect.hear(connection, text)
