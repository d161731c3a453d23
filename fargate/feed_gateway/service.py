"""The service: its routes and its parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware

from fargate.feed_gateway.feeds import Feeds
from fargate.feed_gateway.live import LiveView
from fargate.feed_gateway.switchboard import Switchboard
from nightdesk.runtime.service import Part, Supervisor, add_health, serve

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """What the service is made of."""

    switchboard: Switchboard
    feeds: Feeds
    live: LiveView
    allowed_origin: str
    host: str
    port: int
    version: str


async def run(gateway: Gateway) -> None:
    """Serve until a signal."""
    supervisor = Supervisor([Part("wire", gateway.switchboard.run), Part("watching", gateway.feeds.keep_watched)])
    application = make_application(gateway, supervisor)

    async def serve_http(stopping: asyncio.Event) -> None:
        await serve(application, host=gateway.host, port=gateway.port, stopping=stopping)

    supervisor.add(Part("http", serve_http))
    await supervisor.run()


def make_application(gateway: Gateway, supervisor: Supervisor) -> web.Application:
    """`GET /health` and the websocket at `/graphql/live`."""
    application = web.Application(middlewares=[_own_origin_only(gateway.allowed_origin)])
    add_health(application, gateway.version, lambda: _health(gateway.switchboard, supervisor))
    application.router.add_get("/graphql/live", _websocket_only(gateway.live))
    return application


def _health(switchboard: Switchboard, supervisor: Supervisor) -> dict[str, Any]:
    state = supervisor.health()
    told = {"hearing": switchboard.is_hearing, "connections": switchboard.lives, "followers": switchboard.followers}
    return {**state, **told, "status": state["status"] if switchboard.is_hearing else "degraded"}


def _own_origin_only(allowed_origin: str) -> Middleware:
    """Refuse other pages: browsers let any page open a websocket to anywhere."""

    @web.middleware
    async def check(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if request.headers.get("Origin", allowed_origin) != allowed_origin:
            raise web.HTTPForbidden
        return await handler(request)

    return check


def _websocket_only(view: LiveView) -> _Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        if not view.is_websocket_request(request):
            raise web.HTTPUpgradeRequired
        return await view(request)

    return handle
