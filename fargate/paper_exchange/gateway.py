"""The TLS side: one port for every venue; the host name decides whose face answers."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from fargate.paper_exchange.faces.port import Host

_log = logging.getLogger(__name__)
_BODY_MAX = 64 * 1024


def build_gateway(faces: Iterable[Host]) -> web.Application:
    """An application that hands every request to whoever answers for its host."""
    by_host = {host: face for face in faces for host in face.hosts}

    async def handle(request: web.Request) -> web.StreamResponse:
        face = by_host.get(request.host.partition(":")[0].lower())
        if face is None:
            return web.json_response({"msg": "This host is not served here."}, status=421)
        return await _guarded(face.handle, request)

    app = web.Application(client_max_size=_BODY_MAX)
    app.router.add_route("*", "/{path:.*}", handle)
    return app


async def _guarded(
    handle: Callable[[web.Request], Awaitable[web.StreamResponse]], request: web.Request
) -> web.StreamResponse:
    """The HTTP boundary: what nobody expected is logged and answered 500."""
    try:
        return await handle(request)
    except web.HTTPException as refusal:
        return web.json_response({"code": -1000, "msg": refusal.reason}, status=refusal.status)
    except Exception:  # noqa: BLE001 - the HTTP boundary
        _log.exception("request failed: %s %s", request.method, request.path)
        return web.json_response({"code": -1000, "msg": "An unknown error occurred."}, status=500)


class Listener:
    """A port that can be closed and opened again without ending the application."""

    def __init__(self, app: web.Application, *, port: int, context: ssl.SSLContext | None = None) -> None:
        self._app, self._context = app, context
        self.port = port
        self._runner: web.AppRunner | None = None

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens now."""
        return [(address[0], address[1]) for address in self._runner.addresses] if self._runner else []

    async def open(self) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one and keeps it."""
        if self._runner is not None:
            return
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=1.0, handle_signals=False)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, ssl_context=self._context)
        await site.start()
        self.port = runner.addresses[0][1]
        self._runner = runner

    async def close(self) -> None:
        """Stop listening and cut what is open."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
