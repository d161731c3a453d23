"""One connection to Valkey on which a process hears everything that it passes on.

It speaks through redis-py's connection and not through its `PubSub`, which reconnects in silence: here a lost
connection is an error, so that nobody believes to have heard what was published meanwhile.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from nightdesk.adapters.redis.errors import TIMEOUT_S, unavailable
from nightdesk.kernel.errors import Unavailable

PING_EVERY_S: Final = 5.0
SILENT_S: Final = 12.0
"""A connection that does not even answer a ping for so long is dead."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Something was published, or (`message` None) from now on nothing on this subject or pattern is missed."""

    subject: str
    message: bytes | None


class ValkeyWire:
    """Hears the patterns always, and single subjects while somebody wants them.

    Args:
        url: Of the server.
        patterns: What is heard always, like `ticker.*`.
    """

    def __init__(self, url: str, patterns: Sequence[str]) -> None:
        self._url = url
        self._patterns = tuple(patterns)
        self._wanted: dict[str, int] = {}
        self._connection: AbstractConnection | None = None
        self._orders: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()

    def want(self, subject: str) -> None:
        """Hear the subject too, until `leave` was called as often; answered by a `Heard` without message."""
        self._wanted[subject] = self._wanted.get(subject, 0) + 1
        if self._wanted[subject] == 1:
            self._orders.put_nowait(("SUBSCRIBE", subject))

    def leave(self, subject: str) -> None:
        """One fewer wants the subject."""
        left = self._wanted.pop(subject) - 1
        if left:
            self._wanted[subject] = left
        else:
            self._orders.put_nowait(("UNSUBSCRIBE", subject))

    async def messages(self) -> AsyncIterator[Heard]:
        """What is heard, in order, over one life of the connection.

        Raises:
            Unavailable: `cache.unavailable`: the connection is lost, and what is published meanwhile with it.
        """
        client = Redis.from_url(self._url, protocol=2, socket_connect_timeout=TIMEOUT_S, socket_timeout=None)
        connection = client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            with unavailable():
                await connection.connect()
                self._orders = asyncio.Queue()
                await _order(connection, "PSUBSCRIBE", *self._patterns)
                if self._wanted:
                    await _order(connection, "SUBSCRIBE", *self._wanted)
            async for heard in self._read(connection):
                yield heard
        finally:
            with suppress(RedisError, OSError):
                await connection.disconnect(nowait=True)
            await client.aclose()

    async def _read(self, connection: AbstractConnection) -> AsyncIterator[Heard]:
        writing = asyncio.create_task(self._write(connection))
        try:
            while True:
                with unavailable():
                    async with asyncio.timeout(SILENT_S):
                        answer: Any = await connection.read_response(timeout=math.inf)
                if heard := _heard(answer):
                    yield heard
        except TimeoutError:
            raise Unavailable("cache.silent", "The cache is silent.") from None
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _write(self, connection: AbstractConnection) -> None:
        """Order and ping; a failure is seen by the reader."""
        while True:
            try:
                async with asyncio.timeout(PING_EVERY_S):
                    order = await self._orders.get()
            except TimeoutError:
                order = ("PING",)
            await _order(connection, *order)


async def _order(connection: AbstractConnection, *words: str) -> None:
    await connection.send_packed_command(connection.pack_command(*words), check_health=False)


def _heard(answer: Any) -> Heard | None:
    match answer:
        case [b"message", subject, message]:
            return Heard(subject.decode(), message)
        case [b"pmessage", _, subject, message]:
            return Heard(subject.decode(), message)
        case [b"subscribe" | b"psubscribe", subject, _]:
            return Heard(subject.decode(), None)
        case _:
            return None


class ValkeyLiveState:
    """The present state that live values begin with, and the list of who is looked at."""

    def __init__(self, url: str) -> None:
        self._valkey = Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)

    async def statuses(self, venues: Sequence[str]) -> list[bytes]:
        """How the venues are heard, of those of which it is known.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        with unavailable():
            found = await self._valkey.mget([f"feed:{venue}" for venue in venues])
        return [status for status in found if isinstance(status, bytes)]

    async def watch(self, key: str, members: Sequence[str], *, until_s: int, forget_s: int) -> None:
        """Have the members in the sorted set until a Unix second; those that ended before `forget_s` leave.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        with unavailable():
            async with self._valkey.pipeline(transaction=False) as pipeline:
                pipeline.zadd(key, dict.fromkeys(members, until_s))
                pipeline.zremrangebyscore(key, "-inf", forget_s)
                await pipeline.execute()

    async def close(self) -> None:
        """Close the connections."""
        await self._valkey.aclose()
