"""Figures of a position in the base asset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import ZERO, add, divide, multiply, subtract
from nightdesk.lots.average_cost import Amounts, Position
from nightdesk.portfolio.valuation import PriceGraph, Rate


@dataclass(frozen=True, slots=True)
class Figures:
    """What a position is worth and what came of it; None where a rate is not known or a fold is awaited."""

    price: Decimal | None
    priced_at: datetime | None
    value: Decimal | None
    average_cost: Decimal | None
    realised: Decimal | None
    unrealised: Decimal | None


class Valuer:
    """Converts into one base asset, each rate looked up once."""

    def __init__(self, graph: PriceGraph, base_asset: AssetId) -> None:
        self._graph = graph
        self._base_asset = base_asset
        self._rates: dict[AssetId, Rate | None] = {}

    def rate(self, asset: AssetId) -> Rate | None:
        """The base asset per unit."""
        if asset not in self._rates:
            self._rates[asset] = self._graph.rate(asset, self._base_asset)
        return self._rates[asset]

    def worth(self, amounts: Amounts) -> Decimal | None:
        """The amounts together; None when one of them has no price."""
        total = ZERO
        for asset, amount in amounts.items():
            rate = self.rate(asset)
            if rate is None:
                return None
            total = add(total, multiply(amount, rate.value))
        return total

    def figures(self, asset: AssetId, position: Position, *, stale: bool) -> Figures:
        """The position's figures; those that rest on its cost are None while it is stale."""
        rate = self.rate(asset)
        cost = None if stale else self.worth(position.cost)
        return Figures(
            price=None if rate is None else rate.value,
            priced_at=None if rate is None else rate.at,
            value=None if rate is None else multiply(position.quantity, rate.value),
            average_cost=divide(cost, position.proven) if cost is not None and position.proven else None,
            realised=self.worth(position.realised),
            unrealised=None if rate is None or cost is None else subtract(multiply(position.proven, rate.value), cost),
        )


def together(positions: Iterable[Position]) -> Position:
    """Several accounts' positions of one asset as one."""
    quantity, unproven = ZERO, ZERO
    cost: dict[AssetId, Decimal] = {}
    realised: dict[AssetId, Decimal] = {}
    for position in positions:
        quantity, unproven = add(quantity, position.quantity), add(unproven, position.unproven)
        _add_to(cost, position.cost)
        _add_to(realised, position.realised)
    return Position(quantity, unproven, cost, realised)


def known_sum(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what is known; None when nothing is."""
    total: Decimal | None = None
    for value in values:
        if value is not None:
            total = add(total or ZERO, value)
    return total


def _add_to(into: dict[AssetId, Decimal], amounts: Amounts) -> None:
    for asset, amount in amounts.items():
        into[asset] = add(into.get(asset, ZERO), amount)
