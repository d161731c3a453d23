"""What a hot venue's messages look like where they are decoded here, without ccxt: `venues/<venue>_raw.py`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from nightdesk.candles.model import Trade
from nightdesk.kernel.assets import VenueId

_VENUES: Final = "nightdesk.adapters.exchange.venues"

Traded = Callable[[str, Trade], None]
"""Takes a trade of the market with this name at the venue."""

Quoted = Callable[[str, str, str], None]
"""Takes the best bid and ask of the market with this name, as texts."""

Reader = Callable[[str], None]
"""Takes a message; raises ValueError where it can't be read, Unavailable where the venue refuses."""


class RawVenue(Protocol):
    """A venue's public streams, spoken without ccxt."""

    url: str
    markets_a_connection: int

    def subscription(self, names: Sequence[str]) -> str:
        """What is sent to hear the trades and quotes of these markets."""
        ...

    def reader(self, traded: Traded, quoted: Quoted) -> Reader:
        """What reads a connection's messages."""
        ...


def raw_venue(venue: VenueId) -> RawVenue | None:
    """How the venue is spoken here; None where only ccxt speaks it."""
    try:
        module = importlib.import_module(f"{_VENUES}.{venue}_raw")
    except ModuleNotFoundError:
        return None
    found: RawVenue = module.RAW
    return found
