"""Exchange rates of currencies, as one source tells them at one instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.money import divide


@dataclass(frozen=True, slots=True, kw_only=True)
class FxRates:
    """One table of rates.

    Attributes:
        base: The currency that one unit of is priced.
        at: When the source says the rates were made.
        rates: Units of each currency that one unit of `base` buys; positive; holds the base itself as 1.
    """

    source: str
    base: AssetId
    at: datetime
    rates: Mapping[AssetId, Decimal]

    def cross(self, base: AssetId, quote: AssetId) -> Decimal:
        """Units of `quote` that one unit of `base` buys, rounded once to 18 decimals.

        Raises:
            NotFound: One of them is not in the table.
        """
        if missing := [currency for currency in (base, quote) if currency not in self.rates]:
            raise NotFound("fx.unknown_currency", f"{self.source} tells no rate of {missing[0]}.")
        return divide(self.rates[quote], self.rates[base])


class FxSource(Protocol):
    """Where rates come from."""

    def latest(self) -> FxRates:
        """The present table.

        Raises:
            Unavailable: The source does not answer, or answers what can't be rates.
        """
        ...


class FxTable(Protocol):
    """Tells the rates that are known."""

    def latest(self) -> FxRates | None:
        """The newest table."""
        ...


class FxStore(FxTable, Protocol):
    """Where rates are kept; the history is never rewritten."""

    def put(self, rates: FxRates) -> None:
        """Keep a table; the same table again changes nothing."""
        ...
