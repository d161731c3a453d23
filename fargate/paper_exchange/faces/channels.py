"""Stand-ins for the services that alerts leave by, so that channels work where there is no internet.

Telegram's bot API, Discord's webhooks, a push service and a user's own webhook answer as the real ones do, and
keep what they were sent for whoever looks after the desk. The operator may have them fail.

Source: Telegram Bot API; Discord developer documentation, Webhook resource; RFC 8030 and RFC 8292, 2026-11.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import orjson
from aiohttp import web

from fargate.paper_exchange.hosts import CHANNEL_HOSTS, DISCORD, PUSH, TELEGRAM
from nightdesk.kernel.instants import Clock, format_instant

KEPT: Final = 1000
_TOKEN: Final = re.compile(r"/bot\d{3,20}:[A-Za-z0-9_-]{5,80}/(?P<method>[A-Za-z]+)")
_DISCORD: Final = re.compile(r"/api/webhooks/(?P<id>\d{1,24})/[A-Za-z0-9_-]{1,100}")
_SHOWN: Final = frozenset(
    {
        "authorization",
        "content-type",
        "content-encoding",
        "ttl",
        "urgency",
        "topic",
        "x-nightdesk-event",
        "x-nightdesk-delivery",
        "x-nightdesk-signature",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request that was taken down; `body` is text, or base64 where it is none."""

    number: int
    at: str
    host: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: str
    status: int


@dataclass(slots=True, kw_only=True)
class Mood:
    """How a host answers for the next so many requests."""

    times: int
    status: int = 0
    delay_s: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)


class ChannelStandIns:
    """Answers for the services' hosts."""

    hosts = CHANNEL_HOSTS

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: deque[Sent] = deque(maxlen=KEPT)
        self._moods: dict[str, Mood] = {}
        self._number = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take the request down and answer it."""
        host, body = request.host.partition(":")[0].lower(), await request.read()
        mood = self._mood(host)
        if mood is not None and mood.delay_s:
            await asyncio.sleep(mood.delay_s)
        if mood is not None and mood.status:
            answer = web.Response(status=mood.status, headers=dict(mood.headers), text="{}")
        else:
            answer = self._answer(host, request, body)
        self._keep(host, request, body, answer.status)
        return answer

    def sent(self, after: int = 0) -> list[dict[str, Any]]:
        """What was taken down after that number, the oldest first."""
        return [asdict(each) for each in self._kept if each.number > after]

    def forget(self) -> None:
        """Forget what was taken down, and answer as always."""
        self._kept.clear()
        self._moods.clear()

    def set_mood(self, host: str, mood: Mood) -> None:
        """Answer otherwise for the next requests."""
        self._moods[host] = mood

    def _mood(self, host: str) -> Mood | None:
        mood = self._moods.get(host)
        if mood is None:
            return None
        mood.times -= 1
        if mood.times <= 0:
            del self._moods[host]
        return mood

    def _answer(self, host: str, request: web.Request, body: bytes) -> web.Response:
        if host == TELEGRAM:
            return self._telegram(request, body)
        if host == DISCORD:
            return self._discord(request, body)
        if host == PUSH:
            return _push(request, self._number)
        return web.Response(body=body, content_type="application/json")  # a program that says back what it was told

    def _telegram(self, request: web.Request, body: bytes) -> web.Response:
        known = _TOKEN.fullmatch(request.path)
        if known is None:
            return _json({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)
        asked = _object(body)
        if str(asked.get("chat_id", "0")) == "0":
            return _json({"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}, 400)
        if known["method"] == "sendMessage":
            return _json({"ok": True, "result": {"message_id": self._number + 1, "text": asked.get("text")}})
        return _json({"ok": True, "result": True})

    def _discord(self, request: web.Request, body: bytes) -> web.Response:
        known = _DISCORD.fullmatch(request.path)
        if known is None:
            return _json({"message": "Unknown Webhook", "code": 10015}, 404)
        if request.method == "GET":
            return _json({"id": known["id"], "type": 1, "name": "Nightdesk"})
        if not _object(body).get("content"):
            return _json({"message": "Cannot send an empty message", "code": 50006}, 400)
        return _json({"id": str(10**17 + self._number), "webhook_id": known["id"]})

    def _keep(self, host: str, request: web.Request, body: bytes, status: int) -> None:
        self._number += 1
        self._kept.append(
            Sent(
                number=self._number,
                at=format_instant(self._clock.now()),
                host=host,
                method=request.method,
                path=request.path,
                headers={name.lower(): value for name, value in request.headers.items() if name.lower() in _SHOWN},
                body=_text(body),
                status=status,
            )
        )


def _push(request: web.Request, number: int) -> web.Response:
    if not request.headers.get("Authorization", "").startswith("vapid t="):
        return web.Response(status=401)
    if "TTL" not in request.headers:
        return web.Response(status=400)
    return web.Response(status=201, headers={"Location": f"https://{PUSH}/message/{number}"})


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(body).decode()


def _json(payload: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(payload), status=status, content_type="application/json")
