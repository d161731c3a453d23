"""One request as its handler sees it, and readers of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Account
from fargate.paper_exchange.faces.binance.errors import BinanceError, illegal, key_refused, missing
from fargate.paper_exchange.faces.binance.limits import RateLimiter
from fargate.paper_exchange.faces.binance.symbols import Symbols
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.money import parse_amount

_AMOUNT_MAX = Decimal(10) ** 15
_NUMBER_DIGITS_MAX = 18


@dataclass(slots=True)
class Call:
    """What was asked, by whom, and the engine to answer it with.

    Attributes:
        account: Set where the endpoint is signed.
        headers: Headers to add to the answer.
    """

    exchange: Exchange
    symbols: Symbols
    limiter: RateLimiter
    params: Mapping[str, str]
    address: str
    signer: Account | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        """Who signed.

        Raises:
            BinanceError: Nobody did.
        """
        if self.signer is None:
            raise key_refused()
        return self.signer

    def now_ms(self) -> int:
        """Market time."""
        return self.exchange.clock.now_ms()

    def text(self, name: str) -> str:
        """A mandatory parameter."""
        value = self.params.get(name, "")
        if not value:
            raise missing(name)
        return value

    def symbol(self) -> str:
        """The mandatory symbol, as the engine names it."""
        return self.symbols.of(self.text("symbol"))

    def number(self, name: str) -> int | None:
        """A whole number, where sent."""
        text = self.params.get(name)
        if text is None:
            return None
        if not text.isdecimal() or len(text) > _NUMBER_DIGITS_MAX:
            raise illegal(name)
        return int(text)

    def limit(self, *, default: int, most: int) -> int:
        """How many rows are asked for; more than allowed counts as the most."""
        asked = self.number("limit")
        if asked == 0:
            raise BinanceError(-1130, "Data sent for parameter 'limit' is not valid.", HTTPStatus.BAD_REQUEST)
        return min(asked or default, most)

    def amount(self, name: str) -> Decimal | None:
        """A positive amount, where sent."""
        text = self.params.get(name)
        if text is None:
            return None
        try:
            amount = parse_amount(text)
        except InvalidInput as error:
            if error.code == "amount.too_precise":
                raise BinanceError(-1111, f"Parameter '{name}' has too much precision.") from None
            raise illegal(name) from None
        if not 0 < amount < _AMOUNT_MAX:
            raise BinanceError(-1100, f"Illegal characters found in parameter '{name}'; legal range is positive.")
        return amount

    def flag(self, name: str) -> bool:
        """A truth value, false where not sent."""
        return self.params.get(name, "").lower() == "true"
