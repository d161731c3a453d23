"""The convention of average cost once more, in exact fractions and without any rounding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from nightdesk.ledger.model import EntryKind, Fact, LegRole


def zeros() -> defaultdict[str, Fraction]:
    return defaultdict(Fraction)


@dataclass(slots=True)
class Oracle:
    """A pool of one asset: what is proven, what is not, and what is missing, each for itself."""

    asset: str
    proven: Fraction = Fraction(0)
    unproven: Fraction = Fraction(0)
    missing: Fraction = Fraction(0)
    cost: defaultdict[str, Fraction] = field(default_factory=zeros)
    realised: defaultdict[str, Fraction] = field(default_factory=zeros)

    def run(self, facts: Iterable[Fact]) -> Oracle:
        for fact in facts:
            self._take(fact)
        return self

    def _take(self, fact: Fact) -> None:
        changes: defaultdict[str, Fraction] = zeros()
        for leg in fact.legs:
            changes[leg.asset] += Fraction(leg.amount)
        base = fact.legs[0]
        if fact.kind is not EntryKind.TRADE:
            self._move(fact)
        elif base.asset != self.asset:
            self._exchange(changes[self.asset], {self.asset: -changes[self.asset]})
        else:
            own = changes.pop(self.asset)
            if own * Fraction(base.amount) > 0:
                self._exchange(own, changes)
            else:  # fees outweigh the base leg: the trade as such, then the fees for nothing
                self._exchange(Fraction(base.amount), changes)
                self._exchange(own - Fraction(base.amount), {})

    def _move(self, fact: Fact) -> None:
        for leg in fact.legs:
            amount = Fraction(leg.amount)
            if leg.asset != self.asset:
                continue
            if amount > 0:
                filling = min(amount, self.missing)
                self.missing -= filling
                self.unproven += amount - filling
            else:
                self._exchange(amount, {}, realise=leg.role is LegRole.FEE)

    def _exchange(self, amount: Fraction, changes: dict[str, Fraction], *, realise: bool = True) -> None:
        """Take in (positive) or give (negative) an amount while other balances change."""
        if amount > 0:
            filling = min(amount, self.missing)
            self.missing -= filling
            self.proven += amount - filling
            for asset, change in changes.items():
                self.cost[asset] -= change * (amount - filling) / amount
        elif amount < 0:
            self._give(-amount, changes, realise=realise)

    def _give(self, amount: Fraction, changes: dict[str, Fraction], *, realise: bool) -> None:
        held = self.proven + self.unproven
        part = min(amount / held, Fraction(1)) if held else Fraction(0)
        for asset in list(self.cost):
            self.realised[asset] -= self.cost[asset] * part if realise else 0
            self.cost[asset] *= 1 - part
        for asset, change in changes.items():
            self.realised[asset] += change * self.proven * part / amount
        self.missing += max(amount - held, Fraction(0))
        self.proven *= 1 - part
        self.unproven *= 1 - part
