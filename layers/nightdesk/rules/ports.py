"""What the engine reads: exact figures of one instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nightdesk.rules.model import Operand, TrailingStop
from nightdesk.rules.state import Ledgered, Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeReading:
    """What a scope is worth.

    Attributes:
        value: In the portfolio's base asset, without what has no price.
        flow: What came in less what went out since `Ledgered` of the trail, at the present prices: deposits,
            withdrawals, trades of before the trail began, and assets that got their first price.
        ledgered: Up to where that was looked at.
    """

    value: Decimal
    flow: Decimal
    ledgered: Ledgered


class Readings(Protocol):
    """Exact figures of one instant; None is not known."""

    def value(self, operand: Operand) -> Decimal | None:
        """The operand's value."""
        ...

    def past(self, operand: Operand, at: datetime) -> Decimal | None:
        """The operand's value at the last instant seen at or before this whole step."""
        ...

    def scope(self, stop: TrailingStop, trail: Trail | None) -> ScopeReading | None:
        """What the stop's scope is worth, and what flowed since the trail was last looked at."""
        ...
