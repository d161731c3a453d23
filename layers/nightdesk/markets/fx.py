"""Exchange rates of currencies, as one source tells them at one instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Protocol

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.money import divide

DOLLAR: Final = AssetId("USD")
"""What every table is kept and compared in."""


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

    def priced_in(self, base: AssetId) -> FxRates:
        """The same table for one unit of another base; what would round to nothing is left out.

        Raises:
            NotFound: The base is not in the table.
        """
        if base == self.base:
            return self
        crossed = {currency: self.cross(base, currency) for currency in self.rates}
        told = {currency: rate for currency, rate in crossed.items() if rate > 0}
        return FxRates(source=self.source, base=base, at=self.at, rates={**told, base: Decimal(1)})


@dataclass(frozen=True, slots=True, kw_only=True)
class FxAnswer:
    """What a source answered.

    Attributes:
        rates: None: the table is still the one that `mark` was given with.
        mark: Handed back with the next question, so that an unchanged table is not sent again.
    """

    rates: FxRates | None
    mark: str | None = None


class FxSource(Protocol):
    """Where rates come from."""

    @property
    def name(self) -> str:
        """Its stable name, as each rate tells it."""
        ...

    def latest(self, mark: str | None = None) -> FxAnswer:
        """The present table.

        Raises:
            RateLimited: It was asked too often.
            Unavailable: The source does not answer, or answers what can't be rates.
        """
        ...

    def on_day(self, day: date) -> FxRates:
        """The table that held at the end of a past day in UTC; where none was made that day, the last before.

        Raises:
            NotFound: It tells no table for so early a day.
            RateLimited: It was asked too often.
            Unavailable: The source does not answer, or answers what can't be rates.
        """
        ...


class FxTable(Protocol):
    """Tells the rates that are known."""

    def latest(self) -> FxRates | None:
        """The rates to value with, as they were compared last."""
        ...


class FxStore(FxTable, Protocol):
    """Where rates are kept; the history is never rewritten."""

    def put(self, rates: FxRates) -> None:
        """Keep a table; the same table again changes nothing."""
        ...
