"""The desk's one origin on this machine: `python -m stacks.local.front <plan.json>`; CloudFront's part in the cloud."""

import logging
import mimetypes
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import ClientSession, DummyCookieJar, web
from aiohttp.typedefs import Middleware

from stacks.browser_policy import NEVER
from stacks.local.front.headers import Admission, Handler
from stacks.local.front.outbox import Outbox
from stacks.local.front.pages import Pages
from stacks.local.front.proxy import BODY_BYTES_MAX, Feed, Gateway
from stacks.local.plan import Plan
from stacks.project import PROJECT

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def make_front(plan: Plan, dist: Path) -> web.Application:
    """Make the application that serves the page, the API and the live feed."""
    admission = Admission(plan.port)
    front = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[_guard(admission)])

    async def harden(_request: web.Request, response: web.StreamResponse) -> None:
        admission.harden(response.headers)

    async def connect(app: web.Application) -> AsyncIterator[None]:
        async with ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False) as session:
            gateway, feed = Gateway(plan, session), Feed(plan, session)
            app[_GATEWAY], app[_FEED] = gateway, feed
            app[_OUTBOX] = Outbox(plan, session, gateway)
            yield

    front.cleanup_ctx.append(connect)
    front.on_response_prepare.append(harden)
    _route(front, Pages(dist))
    return front


_GATEWAY: web.AppKey[Gateway] = web.AppKey("gateway", Gateway)
_FEED: web.AppKey[Feed] = web.AppKey("feed", Feed)
_OUTBOX: web.AppKey[Outbox] = web.AppKey("outbox", Outbox)


def _route(front: web.Application, pages: Pages) -> None:
    async def gateway(request: web.Request) -> web.StreamResponse:
        answer = await request.app[_GATEWAY].pass_on(request)
        answer.headers.setdefault("Cache-Control", NEVER)
        return answer

    async def feed(request: web.Request) -> web.StreamResponse:
        return await request.app[_FEED].pass_on(request)

    async def outbox(request: web.Request) -> web.StreamResponse:
        return await request.app[_OUTBOX].show(request)

    front.router.add_get("/graphql/live", feed)
    front.router.add_get("/local/outbox", outbox)
    for path in ("/api/{path:.*}", "/graphql", "/webhooks/{path:.*}", "/hooks/{path:.*}"):
        for method in _METHODS:
            front.router.add_route(method, path, gateway)
    front.router.add_get("/{path:.*}", pages.serve)


def _guard(admission: Admission) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        return admission.refuse(request) or await handler(request)

    return guard


def main() -> None:
    """Serve until SIGTERM."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    mimetypes.add_type("application/manifest+json", ".webmanifest")
    plan = Plan.read(Path(sys.argv[1]))
    front = make_front(plan, PROJECT / "web" / "dist")
    web.run_app(front, host="127.0.0.1", port=plan.port, print=None, access_log=None, shutdown_timeout=1)


if __name__ == "__main__":
    main()
