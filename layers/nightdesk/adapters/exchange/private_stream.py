"""What a venue's private stream says: the part that each venue has of its own.

A venue is spoken by a class with two methods: one has ccxt.pro connect and subscribe, the other reads one message.
Everything else (connecting in turn, watching for silence, reading the history, closing) is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from nightdesk.accounts.streaming import LookAgain, StreamEvent
from nightdesk.adapters.exchange.currency_codes import known_code
from nightdesk.adapters.exchange.venues.reading import Code
from nightdesk.kernel.assets import Instrument, VenueId
from nightdesk.kernel.errors import InvalidInput, NightdeskError

UNREADABLE: Final = (InvalidInput, LookupError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What reading a message of another form than the protocol says may raise."""


class StreamNotAllowed(Exception):
    """The key has no right to use the private stream: the account is followed by asking."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The venue refused a request; `venue.clock_skew` is tried again once, anything else ends the connection."""

    error: NightdeskError


@dataclass(frozen=True, slots=True)
class Ended:
    """The venue says that it tells nothing more on this connection."""


@dataclass(frozen=True, slots=True)
class BalancesStale:
    """Balances have changed, but the stream does not tell them whole: they are to be asked for."""


Told = StreamEvent | Refused | Ended | BalancesStale


@dataclass(frozen=True, slots=True)
class StreamClient:
    """What reading a venue's messages needs of the connection.

    Attributes:
        raw: ccxt.pro's client, signed in as the account.
        instrument: The spot market of a venue's raw id or of a unified symbol; None for one that is not known.
        doubt_markets: There is a market that is not known: it is looked for with the next refresh.
        now: Wall time.
    """

    raw: Any
    venue: VenueId
    instrument: Callable[[object], Instrument | None]
    doubt_markets: Callable[[], None]
    now: Callable[[], datetime]

    @property
    def code(self) -> Code:
        """How ccxt names the venue's currencies."""
        return known_code(self.raw)

    def turn(self) -> AbstractAsyncContextManager[None]:
        """The key's turn to sign, for venues that count nonces; what is signed is to be sent before it ends."""
        turn: AbstractAsyncContextManager[None] = self.raw.signing_turn()
        return turn


class PrivateStream(Protocol):
    """A venue's own part of one connection; made anew for each.

    Attributes:
        quiet_after_s: The venue sends something of its own at least this often, besides answering pings; None where
            it sends nothing while nothing happens.
        balances_every_s: How often balances may be asked for when the stream does not tell them whole.
        tells_trades: It tells every trade with its identity; otherwise it only says when to look into the history.
    """

    quiet_after_s: float | None
    balances_every_s: float
    tells_trades: bool

    async def subscribe(self) -> None:
        """Connect, sign in and subscribe through ccxt.pro; returns when the venue has acknowledged all of it.

        Raises:
            StreamNotAllowed: The key may read the account, but not hear its stream.
        """
        ...

    def hear(self, message: Any) -> Iterable[Told] | None:
        """Read one decoded message, its numbers with decimals as texts; called in the read loop.

        What can't be read may raise any of `UNREADABLE`: then the history is asked.

        Returns:
            What it tells; None for what is ccxt's own business.
        """
        ...


MakeStream = Callable[[StreamClient], PrivateStream]


def heard(stream: PrivateStream, message: Any) -> tuple[Told, ...] | None:
    """What a message tells; one that can't be read asks for the history."""
    try:
        told = stream.hear(message)
        return None if told is None else tuple(told)
    except UNREADABLE:
        return (LookAgain("message_unreadable"),)
