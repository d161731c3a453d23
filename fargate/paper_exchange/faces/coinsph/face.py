"""Coins.ph's face: public market data over REST alone. There are no websockets, and no accounts are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import FeeTerms
from fargate.paper_exchange.faces.coinsph.limits import RateLimiter
from fargate.paper_exchange.faces.coinsph.market_rest import ROUTES, VENUE, Call, Refused
from fargate.paper_exchange.faces.limits import adjust, shown
from fargate.paper_exchange.faces.rest import Answer, Door, Request, Wording
from fargate.paper_exchange.faults import Fault, FaultBoard
from fargate.paper_exchange.hosts import VENUE_HOSTS
from fargate.paper_exchange.statistics import Statistics

_BAD_REQUEST, _NOT_FOUND, _TOO_MANY = 400, 404, 429


def _limited(fault: Fault | None = None) -> Answer:
    waits = {} if fault is None else {"Retry-After": str(fault.retry_after_s)}
    return Answer({"code": -1003, "msg": "Too many requests."}, _TOO_MANY, waits)


class CoinsphFace:
    """Speaks Coins.ph's public REST protocol."""

    venue = VENUE
    hosts = VENUE_HOSTS[VENUE]
    fee_terms = FeeTerms.QUOTE

    def __init__(self, exchange: Exchange, faults: FaultBoard, statistics: Statistics) -> None:
        self._exchange, self._limiter = exchange, RateLimiter(exchange.clock.wall_ms)
        self._door = Door(faults, statistics, Wording(_limited, _limited, lambda _request: False))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request; a websocket is not offered."""
        return await self._door.answer(request, self._answer)

    async def run(self) -> None:
        """There is nobody to push to."""
        await asyncio.Event().wait()

    async def drop_sockets(self) -> None:
        """There are none."""

    def new_key(self) -> tuple[str, str]:
        """A key and secret in the venue's form."""
        return token_hex(32), token_hex(32)

    def limit(self, settings: Mapping[str, int]) -> None:
        """Change limits by name and begin all counters at zero.

        Raises:
            ValueError: There is no such limit.
        """
        adjust(self._limiter.limits, settings)
        self._limiter.forgive()

    def state(self) -> Mapping[str, Any]:
        """Limits."""
        return {"sockets_open": 0, "limits": shown(self._limiter.limits)}

    def _answer(self, asked: Request) -> Answer:
        params = dict(parse_qsl(asked.query, keep_blank_values=True))
        route = ROUTES.get(asked.path) if asked.method == "GET" else None
        if route is None:
            return Answer({"code": -1, "msg": "Not found."}, _NOT_FOUND)
        if not self._limiter.count(asked.address, asked.path, names_one="symbol" in params):
            return _limited()
        try:
            return Answer(route(Call(self._exchange, params)))
        except Refused as refusal:
            return Answer(refusal.payload, _BAD_REQUEST)
