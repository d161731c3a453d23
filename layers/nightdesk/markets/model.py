"""Prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.kernel.assets import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The last price of an instrument.

    Attributes:
        last: In quote per base.
        at: When the venue says it was made.
        number: The venue's number of its trade, which orders trades of one instant; -1 where it is not known.
        bid: The best bid when it was told; None where the venue tells none.
        ask: Likewise the best ask.
    """

    instrument: Instrument
    last: Decimal
    at: datetime
    number: int = -1
    bid: Decimal | None = None
    ask: Decimal | None = None

    @property
    def place(self) -> tuple[datetime, int]:
        """Where it stands in the order of its market's prices."""
        return self.at, self.number
