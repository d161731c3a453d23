"""What the faces of all venues but Binance share: one way in, one push to the websockets, one hand on the limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from aiohttp import web

from fargate.paper_exchange.faces.limits import adjust, shown
from fargate.paper_exchange.faces.rest import Answer, Door, Request
from fargate.paper_exchange.faces.sockets import Sockets


class RestOfVenue(Protocol):
    """Answers a venue's REST requests."""

    def answer(self, asked: Request, /) -> Answer:
        """What the venue answers."""
        ...


class Limiter(Protocol):
    """Counts calls against limits, a dataclass of whole numbers."""

    limits: Any

    def forgive(self) -> None:
        """Begin at zero."""
        ...


class SpotFace:
    """A venue's face; who inherits makes the four parts, and keys in the venue's form."""

    _limiter: Limiter
    _rest: RestOfVenue
    _door: Door
    _sockets: Sockets

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, or hold a websocket."""
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._sockets.handle(request)
        return await self._door.answer(request, self._rest.answer)

    async def run(self) -> None:
        """Push to the websockets until cancelled."""
        await self._sockets.run()

    async def drop_sockets(self) -> None:
        """Cut every websocket."""
        await self._sockets.drop_all()

    def limit(self, settings: Mapping[str, int]) -> None:
        """Change limits by name and begin all counters at zero.

        Raises:
            ValueError: There is no such limit.
        """
        adjust(self._limiter.limits, settings)
        self._limiter.forgive()

    def state(self) -> Mapping[str, Any]:
        """Open websockets and limits."""
        return {"sockets_open": self._sockets.count(), "limits": shown(self._limiter.limits)}
