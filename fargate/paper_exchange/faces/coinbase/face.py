"""Coinbase's face: host names, keys, faults, REST and websockets behind one port."""

from __future__ import annotations

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import FeeTerms
from fargate.paper_exchange.faces.coinbase import signing
from fargate.paper_exchange.faces.coinbase.dialect import CoinbaseDialect
from fargate.paper_exchange.faces.coinbase.errors import too_many
from fargate.paper_exchange.faces.coinbase.limits import RateLimiter
from fargate.paper_exchange.faces.coinbase.names import VENUE, Products
from fargate.paper_exchange.faces.coinbase.rest import RestApi
from fargate.paper_exchange.faces.coinbase.signing import Tokens
from fargate.paper_exchange.faces.connection import Connection
from fargate.paper_exchange.faces.face import SpotFace
from fargate.paper_exchange.faces.rest import Answer, Door, Wording
from fargate.paper_exchange.faces.sockets import Sockets
from fargate.paper_exchange.faces.topics import Topics
from fargate.paper_exchange.faults import FaultBoard
from fargate.paper_exchange.hosts import VENUE_HOSTS
from fargate.paper_exchange.statistics import Statistics

WORDING = Wording(
    limited=lambda fault: Answer(too_many().payload, 429, {"Retry-After": str(fault.retry_after_s)}),
    banned=lambda fault: Answer("Forbidden\n", 403, {"Retry-After": str(fault.retry_after_s)}),
    places_order=lambda request: request.place == ("POST", "/api/v3/brokerage/orders"),
)


class CoinbaseFace(SpotFace):
    """Speaks Coinbase Advanced Trade."""

    venue = VENUE
    hosts = VENUE_HOSTS[VENUE]
    fee_terms = FeeTerms.QUOTE

    def __init__(self, exchange: Exchange, faults: FaultBoard, statistics: Statistics) -> None:
        self._limiter = RateLimiter(exchange.clock.wall_ms)
        products, tokens, topics = Products(exchange.markets), Tokens(exchange.store.accounts), Topics()
        self._rest = RestApi(exchange, products, self._limiter, tokens)
        self._door = Door(faults, statistics, WORDING)
        self._sockets = Sockets(
            CoinbaseDialect(exchange, products, tokens, topics),
            topics,
            statistics,
            lambda request: Connection(request, faults, statistics),
        )

    def new_key(self) -> tuple[str, str]:
        """A key and secret in Coinbase's form."""
        return signing.new_key()
