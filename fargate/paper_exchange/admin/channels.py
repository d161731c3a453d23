"""The operator's view of the channels' stand-ins: what they were sent, how they are to answer."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from aiohttp import web

from fargate.paper_exchange.admin.requests import Unreadable
from fargate.paper_exchange.faces.channels import ChannelStandIns, Mood


def channel_routes(channels: ChannelStandIns) -> Sequence[web.RouteDef]:
    """Routes below `/channels`."""

    async def sent(request: web.Request) -> web.Response:
        """`GET /channels/sent?after=`."""
        return _json({"items": channels.sent(int(request.query.get("after", "0")))})

    async def forget(_request: web.Request) -> web.Response:
        """`DELETE /channels/sent`: forget, and answer as always."""
        channels.forget()
        return web.Response(status=204)

    async def mood(request: web.Request) -> web.Response:
        """`POST /channels/moods {host, times, status?, delay_s?, headers?}`: answer so for the next requests."""
        body = orjson.loads(await request.read())
        if body.get("host") not in channels.hosts:
            raise Unreadable(f"There are only {', '.join(sorted(channels.hosts))}.")
        wanted = Mood(
            times=int(body["times"]),
            status=int(body.get("status", 0)),
            delay_s=float(body.get("delay_s", 0)),
            headers=dict(body.get("headers", {})),
        )
        channels.set_mood(body["host"], wanted)
        return web.Response(status=204)

    return [
        web.get("/channels/sent", sent),
        web.delete("/channels/sent", forget),
        web.post("/channels/moods", mood),
    ]


def _json(payload: object) -> web.Response:
    return web.Response(body=orjson.dumps(payload), content_type="application/json")
