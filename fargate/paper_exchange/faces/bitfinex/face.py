"""Bitfinex's face: host names, keys, faults, REST and websockets behind one port."""

from __future__ import annotations

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import FeeTerms
from fargate.paper_exchange.faces.bitfinex import signing
from fargate.paper_exchange.faces.bitfinex.dialect import BitfinexDialect
from fargate.paper_exchange.faces.bitfinex.errors import limited
from fargate.paper_exchange.faces.bitfinex.limits import RateLimiter
from fargate.paper_exchange.faces.bitfinex.names import VENUE, Pairs
from fargate.paper_exchange.faces.bitfinex.rest import RestApi
from fargate.paper_exchange.faces.bitfinex.signing import Signatures
from fargate.paper_exchange.faces.connection import Connection
from fargate.paper_exchange.faces.face import SpotFace
from fargate.paper_exchange.faces.rest import Answer, Door, Wording
from fargate.paper_exchange.faces.sockets import Sockets
from fargate.paper_exchange.faces.topics import Topics
from fargate.paper_exchange.faults import FaultBoard
from fargate.paper_exchange.hosts import VENUE_HOSTS
from fargate.paper_exchange.statistics import Statistics

WORDING = Wording(
    limited=lambda fault: Answer(limited().payload, 429, {"Retry-After": str(fault.retry_after_s)}),
    banned=lambda fault: Answer(limited().payload, 429, {"Retry-After": str(fault.retry_after_s)}),
    places_order=lambda request: request.path == "/v2/auth/w/order/submit",
)


class BitfinexFace(SpotFace):
    """Speaks Bitfinex v2."""

    venue = VENUE
    hosts = VENUE_HOSTS[VENUE]
    fee_terms = FeeTerms.RECEIVED

    def __init__(self, exchange: Exchange, faults: FaultBoard, statistics: Statistics) -> None:
        self._limiter = RateLimiter(exchange.clock.wall_ms)
        pairs, signatures, topics = Pairs(exchange.markets), Signatures(exchange.store), Topics()
        self._rest = RestApi(exchange, pairs, self._limiter, signatures)
        self._door = Door(faults, statistics, WORDING)
        self._sockets = Sockets(
            BitfinexDialect(exchange, pairs, signatures, self._limiter, topics),
            topics,
            statistics,
            lambda request: Connection(request, faults, statistics),
        )

    def new_key(self) -> tuple[str, str]:
        """A key and secret in Bitfinex's form."""
        return signing.new_key()
