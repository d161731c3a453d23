"""Kraken's face: host names, keys, faults, REST and websockets behind one port."""

from __future__ import annotations

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import FeeTerms
from fargate.paper_exchange.faces.connection import Connection
from fargate.paper_exchange.faces.face import SpotFace
from fargate.paper_exchange.faces.kraken import errors, signing
from fargate.paper_exchange.faces.kraken.call import Venue
from fargate.paper_exchange.faces.kraken.dialect import KrakenDialect
from fargate.paper_exchange.faces.kraken.limits import RateLimiter
from fargate.paper_exchange.faces.kraken.names import VENUE, Pairs
from fargate.paper_exchange.faces.kraken.rest import RestApi
from fargate.paper_exchange.faces.kraken.tokens import Tokens
from fargate.paper_exchange.faces.rest import Answer, Door, Wording
from fargate.paper_exchange.faces.sockets import Sockets
from fargate.paper_exchange.faces.topics import Topics
from fargate.paper_exchange.faults import FaultBoard
from fargate.paper_exchange.hosts import VENUE_HOSTS
from fargate.paper_exchange.statistics import Statistics

WORDING = Wording(
    limited=lambda _fault: Answer({"error": [errors.RATE_LIMITED]}),
    banned=lambda _fault: Answer({"error": [errors.LOCKED_OUT]}),
    places_order=lambda request: request.path == "/0/private/AddOrder",
)


class KrakenFace(SpotFace):
    """Speaks Kraken spot."""

    venue = VENUE
    hosts = VENUE_HOSTS[VENUE]
    fee_terms = FeeTerms.QUOTE

    def __init__(self, exchange: Exchange, faults: FaultBoard, statistics: Statistics) -> None:
        self._limiter = RateLimiter(exchange.clock.wall_ms)
        venue = Venue(exchange, Pairs(exchange.markets), self._limiter, Tokens(exchange.clock.wall_ms))
        self._rest, self._door, topics = RestApi(exchange, venue), Door(faults, statistics, WORDING), Topics()
        self._sockets = Sockets(
            KrakenDialect(exchange, venue, topics),
            topics,
            statistics,
            lambda request: Connection(request, faults, statistics),
        )

    def new_key(self) -> tuple[str, str]:
        """A key and secret in Kraken's form."""
        return signing.new_key()
