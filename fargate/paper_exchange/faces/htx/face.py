"""HTX's face: host names, keys, faults, REST and websockets behind one port."""

from __future__ import annotations

import gzip

from aiohttp import web

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import FeeTerms
from fargate.paper_exchange.faces.connection import Connection
from fargate.paper_exchange.faces.face import SpotFace
from fargate.paper_exchange.faces.htx import signing
from fargate.paper_exchange.faces.htx.dialect import OWN_PATH, HtxDialect
from fargate.paper_exchange.faces.htx.errors import too_many
from fargate.paper_exchange.faces.htx.limits import RateLimiter
from fargate.paper_exchange.faces.htx.names import VENUE, Symbols
from fargate.paper_exchange.faces.htx.rest import RestApi
from fargate.paper_exchange.faces.htx.signing import Signatures
from fargate.paper_exchange.faces.rest import Answer, Door, Wording
from fargate.paper_exchange.faces.sockets import Sockets
from fargate.paper_exchange.faces.topics import Topics
from fargate.paper_exchange.faults import FaultBoard
from fargate.paper_exchange.hosts import VENUE_HOSTS
from fargate.paper_exchange.statistics import Statistics

WORDING = Wording(
    limited=lambda fault: Answer(too_many().payload(""), 429, {"Retry-After": str(fault.retry_after_s)}),
    banned=lambda fault: Answer("Forbidden\n", 403, {"Retry-After": str(fault.retry_after_s)}),
    places_order=lambda request: request.path == "/v1/order/orders/place",
)


class HtxFace(SpotFace):
    """Speaks HTX spot."""

    venue = VENUE
    hosts = VENUE_HOSTS[VENUE]
    fee_terms = FeeTerms.RECEIVED

    def __init__(self, exchange: Exchange, faults: FaultBoard, statistics: Statistics) -> None:
        self._limiter = RateLimiter(exchange.clock.wall_ms)
        symbols, signatures, topics = Symbols(exchange.markets), Signatures(exchange.store.accounts), Topics()
        self._rest = RestApi(exchange, symbols, self._limiter, signatures)
        self._door = Door(faults, statistics, WORDING)

        def opened(request: web.Request) -> Connection:
            encode = bytes.decode if request.path == OWN_PATH else gzip.compress
            return Connection(request, faults, statistics, encode)

        self._sockets = Sockets(HtxDialect(exchange, symbols, signatures, topics), topics, statistics, opened)

    def new_key(self) -> tuple[str, str]:
        """A key and secret in HTX's form."""
        return signing.new_key()
