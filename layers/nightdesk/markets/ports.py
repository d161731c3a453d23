"""What markets need from outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from nightdesk.kernel.assets import VenueId
from nightdesk.markets.model import Price


class PriceBook(Protocol):
    """Last known prices by venue, shared by all processes (Valkey hash `prices:<venue>`)."""

    def put(self, prices: Iterable[Price]) -> None:
        """Keep the prices; an older one never replaces a newer one."""
        ...

    def all(self, venue: VenueId) -> tuple[Price, ...]:
        """Every price known at the venue."""
        ...
