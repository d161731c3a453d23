"""One request as its handler sees it, and readers of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Account, Instrument
from fargate.paper_exchange.faces.htx.errors import HtxError, denied, invalid, unknown_symbol, unsigned
from fargate.paper_exchange.faces.htx.names import Symbols
from fargate.paper_exchange.faces.numbers import positive

HOUR_MS = 3_600_000
WINDOW_MAX_MS = 48 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked and by whom.

    Attributes:
        params: Of the query, or of the JSON body of a POST.
        part: What stands in the place of `{}` in the path.
    """

    exchange: Exchange
    symbols: Symbols
    params: Mapping[str, Any]
    part: str = ""
    signer: Account | None = None

    @property
    def account(self) -> Account:
        """Who signed.

        Raises:
            HtxError: Nobody did.
        """
        if self.signer is None:
            raise unsigned("Incorrect Access key [Access key错误]")
        return self.signer

    def now_ms(self) -> int:
        """Market time."""
        return self.exchange.clock.now_ms()

    def text(self, name: str) -> str:
        """A parameter, empty where not sent."""
        return str(self.params.get(name, ""))

    def number(self, name: str, default: int, *, most: int | None = None) -> int:
        """A whole number.

        Raises:
            HtxError: It is of another form, or more than allowed.
        """
        text = self.text(name) or str(default)
        if not text.isdecimal() or (most is not None and int(text) > most):
            raise invalid(name)
        return int(text)

    def amount(self, name: str) -> Decimal:
        """A mandatory positive amount.

        Raises:
            HtxError: It is missing or of another form.
        """
        amount = positive(self.params.get(name))
        if amount is None:
            raise HtxError("invalid-amount", f"Paramemter `{name}` is invalid.")
        return amount

    def symbol(self) -> Instrument:
        """The mandatory symbol's instrument.

        Raises:
            HtxError: It is missing or not listed.
        """
        found = self.symbols.find(self.text("symbol"))
        if found is None:
            raise unknown_symbol()
        return found

    def window(self, horizon_days: int) -> tuple[int, int]:
        """From `start-time` until `end-time`, at most 48 hours of the last so many days; the last 48 hours if unsaid.

        Raises:
            HtxError: It is wider, or reaches further back.
        """
        now_ms = self.now_ms()
        since, until = self.text("start-time"), self.text("end-time")
        until_ms = int(until) if until.isdecimal() else min(now_ms, int(since or now_ms) + WINDOW_MAX_MS)
        since_ms = int(since) if since.isdecimal() else until_ms - WINDOW_MAX_MS
        if since_ms > until_ms or until_ms - since_ms > WINDOW_MAX_MS:
            raise HtxError("invalid_interval", "Invalid query window: it is at most 48 hours.")
        if since_ms < now_ms - horizon_days * 24 * HOUR_MS - WINDOW_MAX_MS:
            raise HtxError("invalid_start_date", "Invalid start date.")
        return since_ms, until_ms

    def require_trading(self) -> None:
        """Refuse keys that may not trade.

        Raises:
            HtxError: This one may not.
        """
        if not self.account.permissions.trade:
            raise denied()
