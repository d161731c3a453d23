"""The forwarder's two doors: one for the desk's own processes, one for other bots that show a token."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from aiohttp import web

from fargate.forwarder.way_out import WayOut
from nightdesk.balancer.dispatch import Dispatcher, Sender
from nightdesk.balancer.model import Grant, Shape
from nightdesk.balancer.reads import SharedReads
from nightdesk.balancer.request import Request, key_of, key_print, take_apart
from nightdesk.balancer.stream_ports import Answer, AnswerLost, NotSent
from nightdesk.balancer.tables import shape_of, table_of, venue_of_host
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import ErrorKind, NightdeskError

BODY_BYTES_MAX: Final = 1_000_000
TOKEN_HEADER: Final = "x-forwarder-token"  # noqa: S105 the name of a header
HTTPS: Final = 443
_OURS: Final = frozenset({"host", "content-length", "connection", "origin", "transfer-encoding", TOKEN_HEADER})
_NOT_PASSED_ON: Final = frozenset({"set-cookie", "date", "server", "strict-transport-security", "alt-svc"})
_STATUSES: Final = {
    ErrorKind.RATE_LIMITED: 429,
    ErrorKind.UNAVAILABLE: 503,
    ErrorKind.OUTCOME_UNKNOWN: 504,
    ErrorKind.INVALID: 400,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may have something sent.

    Attributes:
        secret: What the desk's own processes show.
        bots: By the SHA-256 of a token in hexadecimal digits, the name of the bot that has it.
    """

    secret: str
    bots: Mapping[str, str]

    def is_desk(self, shown: str) -> bool:
        """Whether the desk's secret was shown."""
        return bool(self.secret) and hmac.compare_digest(shown.encode(), self.secret.encode())

    def bot(self, token: str) -> str | None:
        """The bot whose token was shown."""
        return self.bots.get(hashlib.sha256(token.encode()).hexdigest()) if token else None


class DeskDoor:
    """`POST /v1/forward`: sends what a process of the desk already has a place for."""

    def __init__(self, way_out: WayOut, access: Access) -> None:
        self._way_out = way_out
        self._access = access

    async def handle(self, incoming: web.Request) -> web.Response:
        """Send, and tell in `x-forward-outcome` whether it left and was answered."""
        if not self._access.is_desk(incoming.headers.get("x-forward-secret", "")):
            return web.json_response({"error": "forwarder.forbidden"}, status=403)
        url = incoming.headers.get("x-forward-url", "")
        venue = venue_of(url)
        if venue is None:
            return _outcome("not_sent", 400)
        headers = {name: value for name, value in incoming.headers.items() if not name.lower().startswith("x-forward-")}
        request = _taken_apart(venue, incoming.headers.get("x-forward-method", "GET"), url, headers)
        return await self._sent(request, await incoming.read(), incoming.headers.get("x-forward-timeout-s", "30"))

    async def _sent(self, request: Request, body: bytes, timeout_s: str) -> web.Response:
        grant = Grant(venue=request.venue, egress=self._way_out.egress.name, url="", charges=())
        try:
            answer = await self._way_out.send(grant, request, body or None, float(timeout_s))
        except NotSent:
            return _outcome("not_sent", 503)
        except AnswerLost:
            return _outcome("lost", 504)
        told = {"x-forward-outcome": "answered", "x-forward-status": str(answer.status)}
        told["x-forward-reason"] = answer.reason
        return web.Response(status=200, body=answer.body, headers={**_passed_on(answer), **told})


class BotDoor:
    """`/proxy/<address>`: the user's other bots, each with a fair share of the same budget."""

    def __init__(
        self, way_out: WayOut, access: Access, dispatcher: Dispatcher, reads: SharedReads, *, calendar_speed: int = 1
    ) -> None:
        self._way_out = way_out
        self._access = access
        self._dispatcher = dispatcher
        self._reads = reads
        self._calendar_speed = calendar_speed

    async def handle(self, incoming: web.Request) -> web.Response:
        """Answer as the venue did; 429 with `Retry-After` when there is no place in time."""
        bot = self._access.bot(incoming.headers.get(TOKEN_HEADER, ""))
        if bot is None:
            return web.json_response({"error": "forwarder.token_unknown"}, status=403)
        url = target_of(incoming.raw_path)
        venue = venue_of(url)
        if venue is None:
            return web.json_response({"error": "forwarder.not_a_venue"}, status=400)
        body = await incoming.read() or None
        text = body.decode(errors="replace") if body else None
        request = _taken_apart(venue, incoming.method, url, incoming.headers, text)
        try:
            answer = await self._serve(bot, request, body)
        except NightdeskError as error:
            return _refused(error)
        return web.Response(status=answer.status, reason=answer.reason, body=answer.body, headers=_passed_on(answer))

    async def _serve(self, bot: str, request: Request, body: bytes | None) -> Answer:
        shape = shape_of(request, self._calendar_speed)
        key = key_print(key_of(request, table_of(request.venue).key_headers))
        sender = Sender(tenant=f"bot:{bot}", key=key, only=self._way_out.egress.name)
        self._way_out.counts["bot_requests"] += 1
        if not shape.cache_ms:
            return await self._dispatcher.send(request, shape, body, sender)

        async def fetch(wanted: Request, its_shape: Shape) -> Answer:
            return await self._dispatcher.send(wanted, its_shape, None, sender)

        return await self._reads.serve(request, shape, fetch)


def application(desk: DeskDoor, bots: BotDoor) -> web.Application:
    """Both doors."""
    app = web.Application(client_max_size=BODY_BYTES_MAX)
    app.router.add_post("/v1/forward", desk.handle)
    app.router.add_route("*", "/proxy/{target:.*}", bots.handle)
    return app


def target_of(raw_path: str) -> str:
    """The address after `/proxy/`, plain or percent-encoded as ccxt writes it; its own bytes are kept."""
    target = raw_path.removeprefix("/proxy/")
    return target if target.startswith("https://") else unquote(target)


def venue_of(url: str) -> VenueId | None:
    """Whose address it is; None for all that is not a venue's over HTTPS, so nothing else can be reached."""
    split = urlsplit(url)
    if split.scheme != "https" or split.username is not None or split.port not in (None, HTTPS):
        return None
    return venue_of_host((split.hostname or "").lower())


def _taken_apart(venue: VenueId, method: str, url: str, headers: Mapping[str, str], text: str | None = None) -> Request:
    kept = {name: value for name, value in headers.items() if name.lower() not in _OURS}
    return take_apart(venue, method, url, kept, text)


def _outcome(outcome: str, status: int) -> web.Response:
    return web.json_response({"outcome": outcome}, status=status, headers={"x-forward-outcome": outcome})


def _passed_on(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in _NOT_PASSED_ON}


def _refused(error: NightdeskError) -> web.Response:
    told: dict[str, Any] = {"error": error.code, "msg": error.message}
    headers = {} if error.retry_after_s is None else {"Retry-After": str(max(1, round(error.retry_after_s)))}
    return web.json_response(told, status=_STATUSES.get(error.kind, 502), headers=headers)
