"""The operator's view of the reference sources' stand-ins: how they are to answer."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from aiohttp import web

from fargate.paper_exchange.admin.requests import Unreadable
from fargate.paper_exchange.faces.reference_rates import Mood, Moods
from fargate.paper_exchange.hosts import REFERENCE_HOSTS

FOR_EVER = 1_000_000


def reference_routes(moods: Moods) -> Sequence[web.RouteDef]:
    """Routes below `/reference`."""

    async def set_mood(request: web.Request) -> web.Response:
        """`POST /reference/moods {host, mood, times?}`: answer so for the next requests."""
        body = orjson.loads(await request.read())
        if body.get("host") not in REFERENCE_HOSTS:
            raise Unreadable(f"There are only {', '.join(sorted(REFERENCE_HOSTS))}.")
        moods.set(body["host"], Mood(body["mood"]), int(body.get("times", FOR_EVER)))
        return web.Response(status=204)

    async def clear(_request: web.Request) -> web.Response:
        """`DELETE /reference/moods`: answer as always."""
        moods.clear()
        return web.Response(status=204)

    return [web.post("/reference/moods", set_mood), web.delete("/reference/moods", clear)]
