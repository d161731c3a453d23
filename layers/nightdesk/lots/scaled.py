"""The convention of `lots.average_cost` on whole numbers: for folding a million entries from the start.

An amount is a number of 10^-18ths, so additions are exact and a share is one division of whole numbers, rounded half to
even as `kernel.money.divide` does. Both give the same position for the same facts, digit for digit; that is tested.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import DECIMALS, EXACT
from nightdesk.lots.average_cost import Position

Scaled = dict[AssetId, int]
_ONE: Final = 10**DECIMALS


class ScaledPool:
    """A position being folded; quantities given to its methods are positive numbers of 10^-18ths."""

    __slots__ = ("cost", "quantity", "realised", "unproven")

    def __init__(self) -> None:
        self.quantity = 0
        self.unproven = 0
        self.cost: Scaled = {}
        self.realised: Scaled = {}

    def position(self) -> Position:
        """The pool as it stands, without zero amounts."""
        return Position(_amount(self.quantity), _amount(self.unproven), _amounts(self.cost), _amounts(self.realised))

    def pay(self, asset: AssetId, amount: int) -> None:
        """Cash or a fee of this pool's asset changes hands at par; the amount is signed."""
        if amount > 0:
            self.acquire(amount, {asset: amount})
        elif amount < 0:
            self.dispose(-amount, {asset: -amount})

    def trade(self, base: int, fees: int, consideration: Mapping[AssetId, int]) -> None:
        """The position is bought or sold; all amounts are signed."""
        if base > 0:
            self._buy(base, fees, {asset: -amount for asset, amount in consideration.items()})
        else:
            self._sell(-base, fees, consideration)

    def acquire(self, quantity: int, cost: Mapping[AssetId, int]) -> None:
        """Take in what was paid for; what fills a hole of missing history adds no cost."""
        filling = min(quantity, -self.unproven) if self.unproven < 0 else 0
        self.quantity += quantity
        self.unproven += filling
        _add_share(self.cost, cost, quantity - filling, quantity)

    def receive(self, quantity: int) -> None:
        """Take in what has no price."""
        self.quantity += quantity
        self.unproven += quantity

    def earn(self, asset: AssetId, quantity: int) -> None:
        """Take in this pool's asset as cash that was earned."""
        self.acquire(quantity, {asset: quantity})
        self.realised[asset] = self.realised.get(asset, 0) + quantity

    def dispose(self, quantity: int, proceeds: Mapping[AssetId, int]) -> None:
        """Give for a price: realise the proven share of it less what that share cost."""
        proven, relieved = self._take_out(quantity)
        _add_share(self.realised, proceeds, proven, quantity)
        for asset, amount in relieved.items():
            self.realised[asset] = self.realised.get(asset, 0) - amount

    def release(self, quantity: int) -> None:
        """Give without a price: the cost goes along, nothing is realised."""
        self._take_out(quantity)

    def _buy(self, quantity: int, fees: int, cost: Mapping[AssetId, int]) -> None:
        if quantity + fees > 0:
            self.acquire(quantity + fees, cost)
        else:
            self.acquire(quantity, cost)
            self.dispose(-fees, {})

    def _sell(self, quantity: int, fees: int, proceeds: Mapping[AssetId, int]) -> None:
        if quantity - fees > 0:
            self.dispose(quantity - fees, proceeds)
        else:
            self.dispose(quantity, proceeds)
            self.acquire(fees, {})

    def _take_out(self, quantity: int) -> tuple[int, Scaled]:
        held, proven = self.quantity, self.quantity - self.unproven
        self.quantity = held - quantity
        if quantity >= held:
            relieved, self.cost = self.cost, {}
            self.unproven = self.quantity
            return proven, relieved
        relieved = {asset: _share(amount, quantity, held) for asset, amount in self.cost.items()}
        for asset, amount in relieved.items():
            self.cost[asset] -= amount
        unproven = _share(self.unproven, quantity, held) if self.unproven else 0
        self.unproven -= unproven
        return quantity - unproven, relieved


def scaled(amount: Decimal) -> int:
    """An amount as a number of 10^-18ths."""
    return int(amount.scaleb(DECIMALS, EXACT))


def _share(amount: int, part: int, whole: int) -> int:
    """`amount * part / whole`, rounded once, half to even."""
    quotient, rest = divmod(amount * part, whole)
    return quotient + (2 * rest > whole or (2 * rest == whole and quotient & 1))


def _add_share(into: Scaled, amounts: Mapping[AssetId, int], part: int, whole: int) -> None:
    for asset, amount in amounts.items():
        share = amount if part == whole else _share(amount, part, whole)
        into[asset] = into.get(asset, 0) + share


def _amount(number: int) -> Decimal:
    return EXACT.divide(Decimal(number), Decimal(_ONE))


def _amounts(numbers: Scaled) -> dict[AssetId, Decimal]:
    return {asset: _amount(number) for asset, number in _present(numbers.items())}


def _present(items: Iterable[tuple[AssetId, int]]) -> Iterable[tuple[AssetId, int]]:
    return (item for item in items if item[1])
