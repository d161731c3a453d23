"""A REST request and its answer as faces see them, and the door that both go through: faults, counts, JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from fargate.paper_exchange.faults import Fault, FaultBoard, FaultKind
from fargate.paper_exchange.statistics import Statistics

_OK = 200
_DOWN = b"<html><body><h1>503 Service Unavailable</h1></body></html>"
"""A venue that is down answers from its border, not from its API."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came, unparsed where a signature covers it; header names are lower case."""

    method: str
    path: str
    query: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    host: str = ""
    address: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """Method and path."""
        return self.method, self.path


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; bytes are a page, a text is plain, anything else is JSON."""

    payload: Any
    status: int = _OK
    headers: Mapping[str, str] = field(default_factory=dict)
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Wording:
    """How the venue says what faults make it say."""

    limited: Callable[[Fault], Answer]
    banned: Callable[[Fault], Answer]
    places_order: Callable[[Request], bool]


class Door:
    """What every request passes before and after the face answers it."""

    def __init__(self, faults: FaultBoard, statistics: Statistics, wording: Wording) -> None:
        self._faults, self._statistics, self._wording = faults, statistics, wording

    async def answer(self, request: web.Request, ask: Callable[[Request], Answer]) -> web.Response:
        """The face's answer, or what a fault makes of it."""
        if fault := self._faults.strike(FaultKind.REST_LATENCY, request.path):
            await asyncio.sleep(fault.delay_ms / 1000)
        answer = self._forced(request.path)
        if answer is None:
            answer = self._asked(request, await _read(request), ask)
        self._statistics.count_request(f"{request.method} {request.path}", answer.status, answer.weight)
        return _response(answer)

    def _forced(self, path: str) -> Answer | None:
        if fault := self._faults.strike(FaultKind.REST_DOWN, path):
            return Answer(_DOWN, fault.status, weight=0)
        for kind, word in ((FaultKind.BANNED, self._wording.banned), (FaultKind.RATE_LIMITED, self._wording.limited)):
            if fault := self._faults.strike(kind, path):
                return word(fault)
        return None

    def _asked(self, request: web.Request, asked: Request, ask: Callable[[Request], Answer]) -> Answer:
        """An order may get lost on its way to the exchange, or its answer on the way back."""
        if not self._wording.places_order(asked):
            return ask(asked)
        if fault := self._faults.strike(FaultKind.ORDER_LOST):
            return Answer(_DOWN, fault.status)
        answer = ask(asked)
        if answer.status != _OK:
            return answer
        if self._faults.strike(FaultKind.ORDER_CUT) and request.transport is not None:
            request.transport.abort()
        fault = self._faults.strike(FaultKind.ORDER_UNKNOWN)
        return Answer(_DOWN, fault.status) if fault else answer


async def _read(request: web.Request) -> Request:
    return Request(
        request.method,
        request.path,
        request.raw_path.partition("?")[2],
        await request.text() if request.can_read_body else "",
        {name.lower(): value for name, value in request.headers.items()},
        request.host.partition(":")[0].lower(),
        request.remote or "",
    )


def _response(answer: Answer) -> web.Response:
    if isinstance(answer.payload, bytes):
        return web.Response(body=answer.payload, status=answer.status, content_type="text/html")
    if isinstance(answer.payload, str):
        return web.Response(text=answer.payload, status=answer.status, headers=answer.headers)
    body = orjson.dumps(answer.payload)
    return web.Response(body=body, status=answer.status, headers=answer.headers, content_type="application/json")
