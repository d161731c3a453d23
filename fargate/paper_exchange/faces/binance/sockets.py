"""The websocket side."""

from __future__ import annotations

import asyncio

from aiohttp import web

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.faces.binance.limits import RateLimiter
from fargate.paper_exchange.faces.binance.symbols import Symbols
from fargate.paper_exchange.faults import FaultBoard
from fargate.paper_exchange.statistics import Statistics


class Sockets:
    """Not here yet: every websocket is refused."""

    def __init__(
        self, exchange: Exchange, symbols: Symbols, limiter: RateLimiter, faults: FaultBoard, statistics: Statistics
    ) -> None:
        self._parts = (exchange, symbols, limiter, faults, statistics)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPNotImplemented

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def drop_all(self) -> None:
        return

    def count(self) -> int:
        return 0
