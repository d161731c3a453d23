"""Binance's face: host names, keys, faults, REST and websockets behind one port."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Mapping
from dataclasses import fields
from secrets import choice
from typing import Any

import orjson
from aiohttp import web

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import FeeTerms
from fargate.paper_exchange.faces.binance.limits import RateLimiter
from fargate.paper_exchange.faces.binance.rest import RestAnswer, RestApi, RestRequest
from fargate.paper_exchange.faces.binance.signing import VENUE
from fargate.paper_exchange.faces.binance.sockets import Sockets
from fargate.paper_exchange.faces.binance.symbols import Symbols
from fargate.paper_exchange.faces.listing import listed
from fargate.paper_exchange.faults import Fault, FaultBoard, FaultKind
from fargate.paper_exchange.hosts import VENUE_HOSTS
from fargate.paper_exchange.statistics import Statistics

_DOWN = b"<html><body><h1>503 Service Unavailable</h1></body></html>"
"""A venue that is down answers from its border, not from its API."""

_ALPHABET = string.ascii_letters + string.digits


class BinanceFace:
    """Speaks Binance spot."""

    venue = VENUE
    hosts = VENUE_HOSTS[VENUE]
    fee_terms = FeeTerms.DISCOUNT

    def __init__(self, exchange: Exchange, faults: FaultBoard, statistics: Statistics) -> None:
        symbols = Symbols(listed(exchange.markets.symbols, without={"USD"}))
        self._faults, self._statistics = faults, statistics
        self._limiter = RateLimiter(exchange.clock.wall_ms)
        self._rest = RestApi(exchange, symbols, self._limiter)
        self._sockets = Sockets(exchange, symbols, self._rest, self._limiter, faults=faults, statistics=statistics)

    def new_key(self) -> tuple[str, str]:
        """A key and secret of 64 letters and digits each."""
        return _token(), _token()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, or hold a websocket."""
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._sockets.handle(request)
        if fault := self._faults.strike(FaultKind.REST_LATENCY, request.path):
            await asyncio.sleep(fault.delay_ms / 1000)
        answer = self._forced(request.path)
        if answer is None:
            asked = await _read(request)
            answer = self._order(asked, request) if _is_order(request) else self._rest.answer(asked)
        self._statistics.count_request(f"{request.method} {request.path}", answer.status, answer.weight)
        if used := answer.headers.get("X-MBX-USED-WEIGHT-1M"):
            self._statistics.note_minute_weight(int(used))
        if isinstance(answer.payload, bytes):
            return web.Response(body=answer.payload, status=answer.status, content_type="text/html")
        body = orjson.dumps(answer.payload)
        return web.Response(body=body, status=answer.status, headers=answer.headers, content_type="application/json")

    async def run(self) -> None:
        """Push to the websockets until cancelled."""
        await self._sockets.run()

    async def drop_sockets(self) -> None:
        """Cut every websocket."""
        await self._sockets.drop_all()

    def limit(self, settings: Mapping[str, int]) -> None:
        """Change limits by name and lift all bans.

        Raises:
            ValueError: There is no such limit.
        """
        known = {field.name for field in fields(self._limiter.limits)}
        if unknown := settings.keys() - known:
            raise ValueError(f"There is no limit {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}.")
        if any(value < 1 for value in settings.values()):
            raise ValueError("A limit is at least one.")
        for name, value in settings.items():
            setattr(self._limiter.limits, name, value)
        self._limiter.forgive()

    def state(self) -> Mapping[str, Any]:
        """Open websockets and limits."""
        limits = {field.name: getattr(self._limiter.limits, field.name) for field in fields(self._limiter.limits)}
        return {"sockets_open": self._sockets.count(), "limits": limits}

    def _forced(self, path: str) -> RestAnswer | None:
        """What a fault answers instead of the exchange."""
        if fault := self._faults.strike(FaultKind.REST_DOWN, path):
            return RestAnswer(fault.status, _DOWN, {})
        for kind, status in ((FaultKind.BANNED, 418), (FaultKind.RATE_LIMITED, 429)):
            if fault := self._faults.strike(kind, path):
                payload = {
                    "code": -1003,
                    "msg": "Too many requests; current limit is 6000 request weight per 1 MINUTE.",
                }
                return RestAnswer(status, payload, {"Retry-After": str(fault.retry_after_s)})
        return None

    def _order(self, asked: RestRequest, request: web.Request) -> RestAnswer:
        """An order, unless it gets lost on its way to the exchange, or its answer on the way back."""
        if fault := self._faults.strike(FaultKind.ORDER_LOST):
            return self._unknown(fault, RestAnswer(fault.status, {}, {}))
        answer = self._rest.answer(asked)
        if answer.status != 200:  # noqa: PLR2004
            return answer
        if self._faults.strike(FaultKind.ORDER_CUT) and request.transport is not None:
            request.transport.abort()
        fault = self._faults.strike(FaultKind.ORDER_UNKNOWN)
        return answer if fault is None else self._unknown(fault, answer)

    def _unknown(self, fault: Fault, answer: RestAnswer) -> RestAnswer:
        message = "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
        return RestAnswer(fault.status, {"code": -1007, "msg": message}, answer.headers, answer.weight)


def _is_order(request: web.Request) -> bool:
    return request.method == "POST" and request.path == "/api/v3/order"


async def _read(request: web.Request) -> RestRequest:
    body = await request.text() if request.can_read_body else ""
    key = request.headers.get("X-MBX-APIKEY")
    query = request.raw_path.partition("?")[2]
    return RestRequest(request.method, request.path, query, body, key, request.remote or "")


def _token() -> str:
    return "".join(choice(_ALPHABET) for _ in range(64))
