"""Which events of two sources are the same: by counting, never by set.

Inside one file a row is what it is by its line. Across files, and against what a venue's API told, two events are
equal when the same assets moved by the same amounts in the same second; of n equal events on one side and m on the
other, min(n, m) are the same. So ten equal fills stay ten, and the same file in another cut adds nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import EXACT
from nightdesk.ledger.model import Fact, Leg

Moved = tuple[tuple[AssetId, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two tellings of one event have in common, whoever tells them.

    Attributes:
        second: When, without the fraction that files leave out.
        moved: By how much each asset changed in all, fees included: tellers differ in what they call a fee.
    """

    second: datetime
    moved: Moved


def likeness(fact: Fact) -> Likeness:
    """What makes another telling equal to this one."""
    return Likeness(fact.occurred_at.replace(microsecond=0), moved(fact.legs))


def moved(legs: Iterable[Leg]) -> Moved:
    """By how much each asset changed, by name; what comes to nothing is left out."""
    sums: dict[AssetId, Decimal] = {}
    for leg in legs:
        sums[leg.asset] = EXACT.add(sums.get(leg.asset, Decimal(0)), leg.amount)
    return tuple(sorted((asset, amount.normalize(EXACT)) for asset, amount in sums.items() if amount))


def counted(facts: Iterable[Fact]) -> Counter[Likeness]:
    """How often each event is told."""
    return Counter(likeness(fact) for fact in facts)


def is_known(fact: Fact, rank: int, known: Mapping[Likeness, int]) -> bool:
    """Whether the rank-th of equal facts of one source is among those that others told already."""
    return rank <= known.get(likeness(fact), 0)


class Ranks:
    """Numbers equal facts of one source in their order, from 1."""

    def __init__(self) -> None:
        self._seen: Counter[Likeness] = Counter()

    def of(self, fact: Fact) -> int:
        """The next number of facts equal to this one."""
        like = likeness(fact)
        self._seen[like] += 1
        return self._seen[like]
