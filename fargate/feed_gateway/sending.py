"""How answers leave: quickly encoded, and never waiting for ever for a browser that does not read.

What waits for a slow browser is bounded: its socket's buffers, and of each subscription the newest state.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from aiohttp import web
from strawberry.aiohttp.views import AiohttpWebSocketAdapter
from strawberry.http.async_base_view import AsyncBaseHTTPView
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.http.typevars import Context, RootValue
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

SLOW: Final = 1013
"""WebSocket's "try again later": clients of the protocol reconnect after it."""

SLOW_REASON: Final = "You read too slowly."
SEND_WITHIN_S: Final = 10.0
CLOSE_WITHIN_S: Final = 1.0
SOCKET_BYTES: Final = 128 * 1024
_log = logging.getLogger(__name__)


def bound_buffers(request: web.Request, socket_bytes: int = SOCKET_BYTES) -> None:
    """Have the kernel keep little for this browser: what waits there is old when it is read."""
    own = request.transport.get_extra_info("socket") if request.transport else None
    if own is not None:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, socket_bytes)


class BoundedAdapter(AiohttpWebSocketAdapter):
    """Closes the websocket of a browser that lets an answer wait too long."""

    def __init__(
        self,
        view: AsyncBaseHTTPView[Any, Any, Any, Any, Any, Any, Any],
        request: web.Request,
        websocket: web.WebSocketResponse,
        *,
        send_within_s: float = SEND_WITHIN_S,
    ) -> None:
        super().__init__(view, request, websocket)
        self._send_within_s = send_within_s

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send, or close.

        Raises:
            WebSocketDisconnected: The browser is gone, or was sent away.
        """
        try:
            async with asyncio.timeout(self._send_within_s):
                await super().send_json(message)
        except TimeoutError:
            _log.warning("browser does not read")
            await self._send_away()
            raise WebSocketDisconnected from None

    async def _send_away(self) -> None:
        """Say why, if it listens at all; then be gone."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self.close(SLOW, SLOW_REASON)
        if self.request.transport is not None:
            self.request.transport.abort()


class QuietHandler(BaseGraphQLTransportWSHandler[Context, RootValue]):
    """Logs what fails in subscriptions, but not that browsers leave."""

    async def handle_task_exception(self, error: Exception) -> None:
        """Log it."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)
