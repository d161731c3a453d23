"""What a venue's face must be able to do, and what anything must that answers for a host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from aiohttp import web

from fargate.paper_exchange.engine.model import FeeTerms


class Host(Protocol):
    """Answers for real host names."""

    @property
    def hosts(self) -> frozenset[str]:
        """The real host names that it answers for."""
        ...

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, or hold a websocket."""
        ...


class Face(Host, Protocol):
    """One venue's protocol over the engine."""

    @property
    def venue(self) -> str:
        """The venue's name, lower case."""
        ...

    @property
    def fee_terms(self) -> FeeTerms:
        """What it takes its fees in."""
        ...

    def new_key(self) -> tuple[str, str]:
        """A key and secret in the venue's own form."""
        ...

    async def run(self) -> None:
        """Push to the websockets until cancelled."""
        ...

    def limit(self, settings: Mapping[str, int]) -> None:
        """Change request limits."""
        ...

    def state(self) -> Mapping[str, Any]:
        """What the operator may want to know."""
        ...

    async def drop_sockets(self) -> None:
        """Cut every websocket."""
        ...
