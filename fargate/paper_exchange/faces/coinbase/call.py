"""One request as its handler sees it, and readers of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Account, Instrument
from fargate.paper_exchange.faces.coinbase.errors import denied, invalid, unauthorized
from fargate.paper_exchange.faces.coinbase.names import Products
from nightdesk.kernel.instants import to_ms

_DIGITS_MAX = 18


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked and by whom.

    Attributes:
        params: Every value of each parameter of the query.
        body: The JSON body of a POST.
        part: What stands in the place of `{}` in the path.
    """

    exchange: Exchange
    products: Products
    params: Mapping[str, Sequence[str]]
    body: Mapping[str, Any] = field(default_factory=dict)
    part: str = ""
    signer: Account | None = None

    @property
    def account(self) -> Account:
        """Who signed.

        Raises:
            CoinbaseError: 401, nobody did.
        """
        if self.signer is None:
            raise unauthorized()
        return self.signer

    def now_ms(self) -> int:
        """Market time."""
        return self.exchange.clock.now_ms()

    def text(self, name: str, default: str = "") -> str:
        """A parameter's first value."""
        return next(iter(self.params.get(name, ())), default)

    def number(self, name: str, default: int) -> int:
        """A whole number.

        Raises:
            CoinbaseError: It is of another form.
        """
        text = self.text(name, str(default))
        if not text.isdecimal() or len(text) > _DIGITS_MAX:
            raise invalid(f"{name} must be a number")
        return int(text)

    def instant(self, name: str) -> int | None:
        """An instant in RFC 3339, as milliseconds, where sent.

        Raises:
            CoinbaseError: It is of another form.
        """
        text = self.text(name)
        if not text:
            return None
        try:
            return to_ms(datetime.fromisoformat(text))
        except (ValueError, TypeError):
            raise invalid(f"{name} must be a timestamp") from None

    def product(self, name: str) -> Instrument:
        """The instrument of a product.

        Raises:
            CoinbaseError: It is not listed.
        """
        found = self.products.find(name)
        if found is None:
            raise invalid("valid product_id is required")
        return found

    def require_trading(self) -> None:
        """Refuse keys that may not trade.

        Raises:
            CoinbaseError: 403, this one may not.
        """
        if not self.account.permissions.trade:
            raise denied()
