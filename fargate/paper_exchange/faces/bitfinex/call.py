"""One request as its handler sees it, and readers of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Account, Instrument
from fargate.paper_exchange.engine.store.history import FOREVER_MS
from fargate.paper_exchange.faces.bitfinex.errors import KEY, BitfinexError, denied, invalid
from fargate.paper_exchange.faces.bitfinex.names import Pairs


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked and by whom.

    Attributes:
        params: Of the query where public, of the JSON body where private.
        parts: What stands in the places of `{}` in the path.
    """

    exchange: Exchange
    pairs: Pairs
    params: Mapping[str, Any]
    parts: tuple[str, ...] = ()
    signer: Account | None = None

    @property
    def account(self) -> Account:
        """Who signed.

        Raises:
            BitfinexError: Nobody did.
        """
        if self.signer is None:
            raise BitfinexError(KEY, "apikey: invalid")
        return self.signer

    def now_ms(self) -> int:
        """Market time."""
        return self.exchange.clock.now_ms()

    def number(self, name: str, default: int) -> int:
        """A whole number, also where it came as a text.

        Raises:
            BitfinexError: It is of another form.
        """
        value = self.params.get(name, default)
        if isinstance(value, bool) or not str(value).lstrip("-").isdecimal():
            raise invalid(name)
        return int(value)

    def window(self) -> tuple[int, int]:
        """From `start` until `end`, both included, in milliseconds."""
        return self.number("start", 0), self.number("end", FOREVER_MS)

    def newest_first(self) -> bool:
        """Unless `sort` says otherwise."""
        return self.number("sort", -1) != 1

    def pair(self, name: str) -> Instrument:
        """The instrument of `tBTCUSD`.

        Raises:
            BitfinexError: It is not listed.
        """
        found = self.pairs.find(name)
        if found is None:
            raise invalid("symbol")
        return found

    def part_pair(self) -> Instrument | None:
        """The instrument that the path names, if any."""
        return self.pair(self.parts[0]) if self.parts else None

    def require_trading(self) -> None:
        """Refuse keys that may not trade.

        Raises:
            BitfinexError: This one may not.
        """
        if not self.account.permissions.trade:
            raise denied()
