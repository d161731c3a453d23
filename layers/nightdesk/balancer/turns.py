"""Turns of a key: venues that want every nonce above the last are asked one thing after the other."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from nightdesk.balancer.model import KeyPrint
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Unavailable

NONCED: Final = frozenset({VenueId("bitfinex"), VenueId("kraken")})
"""Venues that refuse a nonce which is not above every one that the key has used before."""

LONGEST_WAIT_S: Final = 12.0
RETRY_S: Final = 2.0


class Turns(Protocol):
    """Gives each key one turn at a time, over all processes, with a nonce above all before it."""

    def turn(self, key: KeyPrint) -> AbstractAsyncContextManager[int]:
        """Wait for the key's turn; inside the block nobody else signs with it, so nothing overtakes the request.

        Raises:
            Unavailable: `venue.key_busy`: no turn in time; `venue.turns_unavailable`: nobody can say whose turn it is.
                Nothing was sent.
        """
        ...

    async def close(self) -> None:
        """Let go of what it holds open."""
        ...


def key_busy() -> Unavailable:
    """Others used the key all the time."""
    return Unavailable("venue.key_busy", "The account's key is in use. Try again in a moment.", retry_after_s=RETRY_S)


def turns_unavailable() -> Unavailable:
    """Whose turn it is can't be known, so nothing is signed."""
    message = "Requests of this account can't be put in order now. Nothing was sent."
    return Unavailable("venue.turns_unavailable", message, retry_after_s=RETRY_S)
