"""Websockets under the shared budget: venues count how many an address opens.

They leave from the process's own address, for no forwarder carries them; where requests go through forwarders, that
address is an egress which no request is given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

import aiohttp

from nightdesk.balancer.dispatch import Dispatcher, Sender
from nightdesk.balancer.gate import Gate, Monotonic
from nightdesk.balancer.model import RESERVED, Egress, EgressName, Grant, Pin, Priority, Shape
from nightdesk.balancer.request import Request
from nightdesk.balancer.stream_ports import Answer, AnswerLost, Budget, NotSent, Transport

OWN_SOCKETS: Final = Egress(name=EgressName("own"), url=RESERVED, address="")
LONGEST_WAIT_S: Final[Mapping[Priority, float]] = dict.fromkeys(Priority, 5.0)
"""ccxt gives a connection up after ten seconds; who gets none connects again later."""

_SWITCHED: Final = 101


class Sockets:
    """Opens websockets when the venue's limits have a place.

    Args:
        budget: Shared by all processes.
        own: This process's own address.
        monotonic: Seconds that only grow.
    """

    def __init__(self, budget: Budget, own: Egress, monotonic: Monotonic) -> None:
        self._budget = budget
        self._own = own
        self._gate = Gate(budget, sleep=asyncio.sleep, monotonic=monotonic, own=own, longest_wait_s=LONGEST_WAIT_S)

    async def open(self, request: Request, shape: Shape, sender: Sender, dial: Transport) -> None:
        """Take a place and dial.

        Raises:
            RateLimited: No place in time, or the venue refuses connections.
            Unavailable: No budget, or no way to the venue.
        """
        ours = replace(sender, only=self._own.name, pin=Pin.FREE, place=None, signs_again=False, signs_last=False)
        await Dispatcher(self._budget, self._gate, dial).send(request, shape, None, ours)


class Opening:
    """What `session.ws_connect(…)` gives: connects when entered, like aiohttp's own."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[aiohttp.ClientWebSocketResponse]],
        through: Callable[[Transport], Awaitable[None]],
    ) -> None:
        self._connect = connect
        self._through = through

    async def __aenter__(self) -> aiohttp.ClientWebSocketResponse:
        dial = _Dial(self._connect)
        await self._through(dial)
        return dial.socket

    async def __aexit__(self, *_: object) -> None:
        return None


class _Dial:
    """A `Transport` that connects a websocket and keeps it."""

    def __init__(self, connect: Callable[[], Awaitable[aiohttp.ClientWebSocketResponse]]) -> None:
        self._connect = connect
        self._made: aiohttp.ClientWebSocketResponse | aiohttp.WSServerHandshakeError | None = None

    @property
    def socket(self) -> aiohttp.ClientWebSocketResponse:
        """The websocket; raises the venue's refusal if that was its answer."""
        if isinstance(self._made, aiohttp.ClientWebSocketResponse):
            return self._made
        raise self._made or RuntimeError("nothing was dialled")

    async def send(self, grant: Grant, request: Request, body: bytes | None, timeout_s: float) -> Answer:
        """Connect; the handshake's answer."""
        del grant, request, body, timeout_s
        try:
            self._made = await self._connect()
        except aiohttp.WSServerHandshakeError as error:
            self._made = error
            headers = {name.lower(): value for name, value in (error.headers or {}).items()}
            return Answer(status=error.status, reason=error.message, headers=headers, body=b"")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent("no connection to the venue") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise AnswerLost("no answer from the venue") from error
        return Answer(status=_SWITCHED, reason="Switching Protocols", headers={}, body=b"")
