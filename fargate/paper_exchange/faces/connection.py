"""One websocket: what is sent to it, in which order, and what a fault makes of that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from fargate.paper_exchange.faults import FaultBoard, FaultKind
from fargate.paper_exchange.statistics import Statistics

_QUEUE_MAX = 20_000
_HELD_S = 2.0

Encode = Callable[[bytes], str | bytes]
"""How a message looks on the wire: a text, or bytes in a binary frame."""


class Connection:
    """Events and answers leave through one queue, so that a slow reader holds up nobody else."""

    def __init__(
        self, request: web.Request, faults: FaultBoard, statistics: Statistics, encode: Encode = bytes.decode
    ) -> None:
        self._request, self._faults, self._statistics, self._encode = request, faults, statistics, encode
        self._socket = web.WebSocketResponse(autoping=False, max_msg_size=64 * 1024)
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(_QUEUE_MAX)
        self._held: bytes | None = None
        self.silent = faults.is_on(FaultKind.SOCKET_HALF_OPEN)
        self.topics: set[Hashable] = set()

    @property
    def path(self) -> str:
        """The path that it was opened on."""
        return self._request.path

    @property
    def host(self) -> str:
        """The host name that it was opened on."""
        return self._request.host.partition(":")[0].lower()

    @property
    def address(self) -> str:
        """Where it comes from."""
        return self._request.remote or ""

    async def hold(self, receive: Callable[[str], None]) -> web.WebSocketResponse:
        """Keep the socket until it closes, handing every text to `receive`."""
        await self._socket.prepare(self._request)
        writer = asyncio.create_task(self._write())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.PING:
                    await self._pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    receive(message.data)
        finally:
            writer.cancel()
        return self._socket

    def answer(self, payload: Any) -> None:
        """Answer a request; faults of events leave answers alone, silence does not."""
        self._enqueue(orjson.dumps(payload))

    def send(self, event: bytes) -> None:
        """Send an event, as late, often and ordered as the faults want."""
        if self._faults.strike(FaultKind.SOCKET_LOST):
            return
        if self._faults.strike(FaultKind.SOCKET_DUPLICATE):
            self._enqueue(event)
        if fault := self._faults.strike(FaultKind.SOCKET_LATE):
            asyncio.get_running_loop().call_later(fault.delay_ms / 1000, self._enqueue, event)
        elif self._held is not None or self._faults.strike(FaultKind.SOCKET_OUT_OF_ORDER):
            self._swap(event)
        else:
            self._enqueue(event)

    async def ping(self) -> None:
        """Ask whether the client lives."""
        if not self._heeds_silence() and not self._socket.closed:
            await self._socket.ping()

    def drop(self) -> None:
        """Cut the connection without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def _swap(self, event: bytes) -> None:
        """Hold every first event until the next has gone before it, or two seconds have passed."""
        if self._held is None:
            self._held = event
            asyncio.get_running_loop().call_later(_HELD_S, self._release, event)
            return
        self._enqueue(event)
        self._release(self._held)

    def _release(self, held: bytes) -> None:
        if self._held is held:
            self._held = None
            self._enqueue(held)

    def _enqueue(self, data: bytes) -> None:
        if self._heeds_silence():
            return
        try:
            self._queue.put_nowait(data)
        except asyncio.QueueFull:
            self.drop()

    def _heeds_silence(self) -> bool:
        """A connection that fell silent stays so, like a peer that is gone; only a new one is heard."""
        self.silent = self.silent or self._faults.is_on(FaultKind.SOCKET_HALF_OPEN)
        return self.silent

    async def _pong(self, data: bytes) -> None:
        if not self._heeds_silence():
            await self._socket.pong(data)

    async def _write(self) -> None:
        while True:
            data = await self._queue.get()
            try:
                await self._put(self._encode(data))
            except ConnectionError:
                return
            self._statistics.count_socket("sent")

    async def _put(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            await self._socket.send_bytes(message)
        else:
            await self._socket.send_str(message)
