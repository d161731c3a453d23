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
    """

    instrument: Instrument
    last: Decimal
    at: datetime
