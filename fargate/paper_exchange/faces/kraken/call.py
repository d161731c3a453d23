"""One request as its handler sees it, and readers of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Account
from fargate.paper_exchange.faces.kraken.errors import UNKNOWN_PAIR, KrakenError, invalid
from fargate.paper_exchange.faces.kraken.limits import RateLimiter
from fargate.paper_exchange.faces.kraken.names import Pair, Pairs
from fargate.paper_exchange.faces.kraken.tokens import Tokens
from fargate.paper_exchange.faces.numbers import positive

_DIGITS_MAX = 19


@dataclass(frozen=True, slots=True)
class Venue:
    """What every handler may use."""

    exchange: Exchange
    pairs: Pairs
    limiter: RateLimiter
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked and by whom."""

    venue: Venue
    params: Mapping[str, str]
    signer: Account | None = None

    @property
    def exchange(self) -> Exchange:
        """The engine."""
        return self.venue.exchange

    @property
    def pairs(self) -> Pairs:
        """The listed pairs."""
        return self.venue.pairs

    @property
    def account(self) -> Account:
        """Who signed.

        Raises:
            KrakenError: Nobody did.
        """
        if self.signer is None:
            raise KrakenError("EAPI:Invalid key")
        return self.signer

    def now_ms(self) -> int:
        """Market time."""
        return self.exchange.clock.now_ms()

    def pair(self) -> Pair:
        """The mandatory pair.

        Raises:
            KrakenError: It is missing or not listed.
        """
        name = self.params.get("pair", "")
        if not name:
            raise invalid("pair")
        pair = self.pairs.find(name)
        if pair is None:
            raise KrakenError(UNKNOWN_PAIR)
        return pair

    def number(self, name: str, default: int) -> int:
        """A whole number.

        Raises:
            KrakenError: It is of another form.
        """
        text = self.params.get(name, str(default))
        if not text.isdecimal() or len(text) > _DIGITS_MAX:
            raise invalid(name)
        return int(text)

    def amount(self, name: str) -> Decimal:
        """A mandatory positive amount.

        Raises:
            KrakenError: It is missing or of another form.
        """
        amount = positive(self.params.get(name, ""))
        if amount is None:
            raise invalid(name)
        return amount

    def flag(self, name: str) -> bool:
        """A truth value, false where not sent."""
        return self.params.get(name, "").lower() == "true"
