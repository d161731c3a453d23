"""Places in the tracker's array of figures: each figure that any rule reads has one, however many rules read it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from nightdesk.execution.scope import Scope
from nightdesk.kernel.ids import TenantId
from nightdesk.rules.model import Operand


@dataclass(frozen=True, slots=True)
class Present:
    """An operand's value now; whose portfolios it may name is checked when a rule set is made.

    Attributes:
        whose: Of an operand that means another thing for each tenant, as signals do; None of others.
    """

    operand: Operand
    whose: TenantId | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """An operand's value a window ago."""

    operand: Operand
    window: timedelta


@dataclass(frozen=True, slots=True)
class Worth:
    """What a scope of a portfolio, or a bot, is worth."""

    portfolio_id: TenantId
    scope: Scope
    bot_id: str | None


SlotKey = Present | Past | Worth


class SlotTable:
    """Gives each figure a place as long as somebody wants it.

    Attributes:
        revision: Rises when a place is given or taken.
    """

    def __init__(self) -> None:
        self._places: dict[Hashable, int] = {}
        self._wanted: list[int] = []
        self._keys: list[SlotKey | None] = []
        self._free: list[int] = []
        self.revision = 0

    def __len__(self) -> int:
        """How many places there are, also those that nobody wants now."""
        return len(self._keys)

    @property
    def keys(self) -> Sequence[SlotKey | None]:
        """What is in each place; None where nobody wants it."""
        return self._keys

    def take(self, key: SlotKey) -> int:
        """The figure's place, wanted once more."""
        place = self._places.get(key)
        if place is None:
            place = self._new(key)
        self._wanted[place] += 1
        return place

    def give_back(self, place: int) -> None:
        """The place is wanted once less."""
        self._wanted[place] -= 1
        if not self._wanted[place]:
            del self._places[self._keys[place]]
            self._keys[place] = None
            self._free.append(place)
            self.revision += 1

    def _new(self, key: SlotKey) -> int:
        self.revision += 1
        if self._free:
            place = self._free.pop()
            self._keys[place] = key
        else:
            place = len(self._keys)
            self._keys.append(key)
            self._wanted.append(0)
        self._places[key] = place
        return place
