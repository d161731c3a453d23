"""ccxt's `fetch` under the shared budget.

`fetch` is where ccxt sends what it has signed. It does so through a session object; ours asks the balancer first and
sends over the egress that it names. Nothing of ccxt is changed, and no venue needs code of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Final

import aiohttp
from yarl import URL

from nightdesk.adapters.exchange.balanced_sockets import OWN_SOCKETS, Opening, Sockets
from nightdesk.balancer.dispatch import Dispatcher, Place, Sender, SignAgain
from nightdesk.balancer.gate import LONGEST_WAIT_S, Gate, Monotonic
from nightdesk.balancer.model import Egress, EgressName, Grant, Pin, Priority, Shape
from nightdesk.balancer.reads import SharedReads
from nightdesk.balancer.request import Request, key_print, take_apart
from nightdesk.balancer.stream_ports import Answer, AnswerCache, AnswerLost, Budget, NotSent, Transport
from nightdesk.balancer.tables import shape_of
from nightdesk.balancer.turns import NONCED
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Unavailable

FORWARD_PATH: Final = "/v1/forward"
_HOP: Final = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive"})
_SIGNINGS: Final = 5
_place: ContextVar[Place | None] = ContextVar("balancer_place", default=None)
_first_hand: ContextVar[bool] = ContextVar("balancer_first_hand", default=False)
_urgency: ContextVar[Priority | None] = ContextVar("balancer_urgency", default=None)


@contextmanager
def urgency(priority: Priority) -> Iterator[None]:
    """What is asked of venues inside the block has this priority, whatever its route says."""
    token = _urgency.set(priority)
    try:
        yield
    finally:
        _urgency.reset(token)


@contextmanager
def first_hand() -> Iterator[None]:
    """What is asked of venues inside the block is asked anew, also where a neighbour has an answer."""
    token = _first_hand.set(True)
    try:
        yield
    finally:
        _first_hand.reset(token)


def has_place() -> bool:
    """Whether what is being sent has its place in the budget already."""
    return _place.get() is not None


class DirectTransport:
    """Sends from this process's own address.

    Nothing but reads is ever sent twice: aiohttp would repeat a DELETE when the connection that it kept was closed.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._once = aiohttp.ClientSession(
            connector=session.connector, connector_owner=False, cookie_jar=aiohttp.DummyCookieJar()
        )
        self._once._retry_connection = False  # noqa: SLF001 - there is no public way to say it

    async def send(self, grant: Grant, request: Request, body: bytes | None, timeout_s: float) -> Answer:
        """The venue's answer, whatever its status."""
        del grant
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=timeout_s)
        session = self._session if request.method == "GET" else self._once
        try:
            async with session.request(
                request.method, URL(request.url, encoded=True), data=body, headers=headers, timeout=timeout
            ) as response:
                return await answer_of(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent("no connection to the venue") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise AnswerLost("no answer from the venue") from error


class ForwarderTransport:
    """Hands requests to the forwarder of the egress that was granted, or sends directly where it has none."""

    def __init__(self, direct: Transport, session: aiohttp.ClientSession, secret: str) -> None:
        self._direct = direct
        self._session = session
        self._secret = secret

    async def send(self, grant: Grant, request: Request, body: bytes | None, timeout_s: float) -> Answer:
        """The venue's answer, whatever its status."""
        if not grant.url:
            return await self._direct.send(grant, request, body, timeout_s)
        headers = {**request.headers, "x-forward-secret": self._secret, "x-forward-url": request.url}
        headers |= {"x-forward-method": request.method, "x-forward-timeout-s": str(timeout_s)}
        headers.pop("host", None)
        timeout = aiohttp.ClientTimeout(total=timeout_s + 2, sock_connect=2)
        try:
            async with self._session.post(
                grant.url + FORWARD_PATH, data=body or b"", headers=headers, timeout=timeout
            ) as response:
                return _unwrapped(await answer_of(response), grant)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(f"the forwarder of {grant.egress} does not answer", gone=True) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise AnswerLost(f"the forwarder of {grant.egress} went away", gone=True) from error


def _unwrapped(answer: Answer, grant: Grant) -> Answer:
    """The venue's answer out of the forwarder's.

    Raises:
        NotSent: The forwarder refused before it sent anything.
        AnswerLost: It sent and got no answer, or is no forwarder.
    """
    outcome = answer.headers.get("x-forward-outcome", "")
    if outcome == "answered":
        status = int(answer.headers["x-forward-status"])
        return replace(answer, status=status, reason=answer.headers.get("x-forward-reason", ""))
    if outcome == "not_sent":
        raise NotSent(f"the forwarder of {grant.egress} did not send")
    raise AnswerLost(f"the forwarder of {grant.egress} got no answer")


async def answer_of(response: aiohttp.ClientResponse) -> Answer:
    """The whole response, its body as it was before compression."""
    body = await response.read()
    headers = {name.lower(): value for name, value in response.headers.items() if name.lower() not in _HOP}
    return Answer(status=response.status, reason=response.reason or "", headers=headers, body=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What a process needs to send under the shared budget; made once by its wiring.

    Attributes:
        only: The one egress that this process can send from; None where forwarders send for it.
        calendar_speed: How many times faster than the table venues' calendars run; 1 except in trials.
        closing: What ends the connections that only it uses.
    """

    dispatcher: Dispatcher
    reads: SharedReads
    sockets: Sockets
    only: EgressName | None = None
    calendar_speed: int = 1
    closing: tuple[Callable[[], Awaitable[None]], ...] = ()

    async def close(self) -> None:
        """Close the connections that were opened for it."""
        for close in self.closing:
            await close()


def balance_of(
    budget: Budget,
    cache: AnswerCache,
    transport: Transport,
    *,
    monotonic: Monotonic,
    own: Egress | None = None,
    sockets: Egress = OWN_SOCKETS,
    longest_wait_s: Mapping[Priority, float] = LONGEST_WAIT_S,
    calendar_speed: int = 1,
    closing: tuple[Callable[[], Awaitable[None]], ...] = (),
) -> Balance:
    """The parts put together.

    Args:
        budget: Shared by all processes.
        cache: Likewise.
        transport: Sends over the egress of a grant.
        monotonic: Seconds that only grow.
        own: This process's own address, where there are no forwarders.
        sockets: Its own address too, where websockets leave by it and requests by forwarders.
        longest_wait_s: By priority, before a caller is told to come back later.
        calendar_speed: See `Balance`.
        closing: Likewise.
    """
    gate = Gate(budget, sleep=asyncio.sleep, monotonic=monotonic, own=own, longest_wait_s=longest_wait_s)
    return Balance(
        dispatcher=Dispatcher(budget, gate, transport),
        reads=SharedReads(
            cache, lambda request: shape_of(request, calendar_speed), sleep=asyncio.sleep, monotonic=monotonic
        ),
        sockets=Sockets(budget, own or sockets, monotonic),
        only=own.name if own else None,
        calendar_speed=calendar_speed,
        closing=closing,
    )


class BalancedSession:
    """Stands where ccxt expects an aiohttp session; what sends nothing goes to the real one."""

    def __init__(self, real: aiohttp.ClientSession, venue: VenueId, balance: Balance, sender: Sender) -> None:
        self._real = real
        self._venue = venue
        self._balance = balance
        self._sender = sender
        for method in ("get", "post", "put", "delete", "patch"):
            setattr(self, method, self._sends(method.upper()))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def _sends(self, method: str) -> Callable[..., _Sending]:
        def send(url: URL | str, **options: Any) -> _Sending:
            return _Sending(self, method, str(url), options)

        return send

    def ws_connect(self, url: str, **options: Any) -> Opening:
        """A websocket from this process's own address, once there is a place."""
        request = take_apart(self._venue, "WS", url)
        shape = shape_of(request, self._balance.calendar_speed)
        sockets, sender = self._balance.sockets, self._sender
        return Opening(
            lambda: self._real.ws_connect(url, **options),
            lambda dial: sockets.open(request, shape, sender, dial),
        )

    async def answer(self, method: str, url: str, options: Mapping[str, Any]) -> Answer:
        """Send under the budget, or take a neighbour's answer where that is the same."""
        body: bytes | None = options.get("data")
        text = body.decode(errors="replace") if body else None
        request = take_apart(self._venue, method, url, options.get("headers"), text)
        shape = shape_of(request, self._balance.calendar_speed)
        timeout = options.get("timeout")
        sender = replace(
            self._sender,
            priority=self._sender.priority if _urgency.get() is None else _urgency.get(),
            place=_place.get(),
            signs_again=True,
            timeout_s=timeout.total if timeout is not None and timeout.total else self._sender.timeout_s,
        )
        dispatcher = self._balance.dispatcher
        if not shape.cache_ms or _first_hand.get():
            return await dispatcher.send(request, shape, body, sender)

        async def fetch(wanted: Request, its_shape: Shape) -> Answer:
            return await dispatcher.send(wanted, its_shape, None, sender)

        return await self._balance.reads.serve(request, shape, fetch)


def put_under_budget(exchange: Any, balance: Balance, *, venue: VenueId, tenant: str, pin: Pin = Pin.FREE) -> None:
    """Have everything that a ccxt client sends over HTTP pass the balancer.

    Args:
        exchange: An async client of ccxt that was given a session.
        balance: The process's.
        venue: Whose client it is.
        tenant: Whose fair share it uses.
        pin: How its key is tied to the egress it used first.
    """
    key = key_print(str(getattr(exchange, "apiKey", "") or ""))
    sender = Sender(tenant=tenant, key=key, pin=pin, only=balance.only, signs_last=venue in NONCED)
    exchange.enableRateLimit = False
    exchange.session = BalancedSession(exchange.session, venue, balance, sender)
    exchange.fetch2 = _signing_again(exchange.fetch2)


def _signing_again(sign_and_fetch: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The client's `fetch2`, which signs and fetches, called again when a signature grew old in the queue."""

    async def fetch2(*arguments: Any, **named: Any) -> Any:
        place: Place | None = None
        for _ in range(_SIGNINGS):
            token = _place.set(place)
            try:
                return await sign_and_fetch(*arguments, **named)
            except SignAgain as again:
                place = again.place
            finally:
                _place.reset(token)
        raise Unavailable("venue.unavailable", "Signatures grew old before anything could be sent.", retry_after_s=5)

    return fetch2


class _Sending:
    """What `session.get(…)` gives: sends when entered, like aiohttp's own."""

    def __init__(self, session: BalancedSession, method: str, url: str, options: Mapping[str, Any]) -> None:
        self._session = session
        self._method = method
        self._url = url
        self._options = options

    async def __aenter__(self) -> _Response:
        return _Response(await self._session.answer(self._method, self._url, self._options))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class _Response:
    """An answer as ccxt reads it."""

    def __init__(self, answer: Answer) -> None:
        self.status = answer.status
        self.reason = answer.reason
        self.headers = {_titled(name): value for name, value in answer.headers.items()}
        self._body = answer.body
        self.content = answer.body

    async def text(self, errors: str = "strict") -> str:
        """The body as text."""
        return self._body.decode("utf-8", errors)


def _titled(name: str) -> str:
    """`Content-Type`: ccxt looks names up as servers write them."""
    return "-".join(part.capitalize() for part in name.split("-"))
