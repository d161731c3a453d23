"""Figures over a run of bars as floats, each with a bound on how far it may be from the exact one.

A bound of zero says that comparing the floats is comparing the exact figures, for these are read from the same floats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

import numpy as np

from nightdesk.candles.model import PortfolioSeries
from nightdesk.execution.scope import Scope
from nightdesk.indicators.bars import Floats
from nightdesk.indicators.model import (
    CAP_METRICS,
    AccountTarget,
    Arithmetic,
    Expression,
    Leaf,
    Metric,
    MetricName,
    Negation,
    Node,
    Number,
    Operator,
)
from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.money import add
from nightdesk.lots.average_cost import Amounts, Position
from nightdesk.rules.model import Operand
from nightdesk.rules.reading import expression_of
from nightdesk.rules.replay_account import Holdings, Key, SimulatedAccount
from nightdesk.rules.replay_caps import weighed
from nightdesk.rules.replay_tape import Tape
from nightdesk.rules.replay_truths import Flags

SLACK: Final = 1e-12
"""Relative error of valuing, with much to spare."""

TINY: Final = 1e-12
"""Absolute error of rounding rates and products to 18 decimals, with much to spare for sums of many."""

_ULP: Final = 4e-16
_QUANTUM: Final = 1e-18


@dataclass(frozen=True, slots=True)
class Column:
    """A figure bar by bar.

    Attributes:
        values: NaN is not known.
        bounds: Infinite where floats can't tell.
    """

    values: Floats
    bounds: Floats

    @property
    def is_constant(self) -> bool:
        """Whether it is laid out as one number for all bars."""
        return not any((*self.values.strides, *self.bounds.strides))

    def cut(self, begin: int, end: int) -> Column:
        """Some of the bars."""
        return Column(self.values[begin:end], self.bounds[begin:end])

    @property
    def is_exact(self) -> bool:
        """Whether comparing the floats is comparing the exact figures, at every bar, and that is seen at once."""
        return not self.bounds.strides[0] and not self.bounds[0]

    @property
    def first(self) -> Column:
        """Its first bar."""
        return Column(self.values[:1], self.bounds[:1])


@dataclass(frozen=True, slots=True)
class Worth:
    """What a scope is worth bar by bar.

    Attributes:
        repriced: Where something in it gets its first price, or has none any more: compared with the bar before, that
            before the first one too.
    """

    column: Column
    repriced: Flags


def is_of_account(expression: Expression) -> bool:
    """Whether the figure changes with what is held."""
    return any(not isinstance(metric.target, Instrument) for metric in expression.metrics)


class Figures:
    """Figures of the bars from `begin` until before `end`, between which nothing is bought or sold."""

    def __init__(self, tape: Tape, account: SimulatedAccount, begin: int, end: int) -> None:
        self._tape = tape
        self._account = account
        self._cut = slice(begin, end)
        self._length = end - begin
        self._holdings: Holdings = account.at(begin)

    def of(self, operand: Operand) -> Column:
        """An operand bar by bar."""
        return self._of(expression_of(operand).root)

    def worth(self, scope: Scope) -> Worth:
        """What the scope is worth, without what has no price."""
        total, size = np.zeros(self._length), 0.0
        repriced: Flags = np.zeros(self._length, dtype=np.bool_)
        for key, each in self._holdings.positions.items():
            if each.quantity and scope.covers(*key):
                value = float(each.quantity) * self._rate(key[1])
                if not self._tape.is_always_priced(key[1], self._account.base_asset):
                    repriced |= self._repriced(key[1])
                    value = np.nan_to_num(value)
                total += value
                size += float(np.max(np.abs(value), initial=0.0))
        bound = SLACK * size + TINY if size else 0.0  # what is worth nothing for nothing is held is exactly that
        return Worth(Column(total, _repeated(bound, self._length)), repriced)

    def _repriced(self, asset: AssetId) -> Flags:
        """Where the asset has a price and had none at the bar before, or the other way round."""
        begin = max(self._cut.start - 1, 0)
        known = ~np.isnan(self._tape.rate(asset, self._account.base_asset)[begin : self._cut.stop])
        first = known[:1] if self._cut.start == 0 else known[:0]
        return np.diff(np.concatenate([first, known]))

    def _of(self, node: Node) -> Column:
        match node:
            case Number(value=value):
                return self._filled(*_as_float(value))
            case Negation(of=of):
                column = self._of(of)
                return Column(-column.values, column.bounds)
            case Arithmetic(operator=kind, left=left, right=right):
                with np.errstate(all="ignore"):
                    return _JOINED[kind](self._of(left), self._of(right))
            case _:
                return self._leaf(node)

    def _leaf(self, leaf: Leaf) -> Column:
        if isinstance(leaf, Metric) and not isinstance(leaf.target, Instrument):
            return self._metric(leaf)
        if isinstance(leaf, Metric) and leaf.name in CAP_METRICS and isinstance(leaf.target, Instrument):
            told = self._tape.coins.coin(leaf.name, leaf.target.base)[self._cut]
            return Column(told, _ULP * np.abs(told))
        return Column(self._tape.leaf(leaf)[self._cut], _repeated(0.0, self._length))

    def _metric(self, metric: Metric) -> Column:
        rows = {key: each for key, each in self._holdings.positions.items() if self._covers(metric, key)}
        match metric.name:
            case MetricName.BALANCE:
                quantity = sum((each.quantity for each in rows.values()), Decimal(0))
                return self._filled(float(quantity), _ULP * abs(float(quantity)))
            case MetricName.ALLOCATION:
                whole = Metric(MetricName.VALUE, metric.target)
                with np.errstate(all="ignore"):
                    return _divided(self._summed(rows, self._value), self._metric(whole))
            case MetricName.VALUE:
                return self._summed(rows, self._value)
            case _ if metric.name in CAP_METRICS:
                return self._of_coins(metric.name, rows)
            case _ if metric.name in _GAINS:
                return self._gained(rows, _GAINS[metric.name])
            case _:
                return self._filled(np.nan, 0.0)

    def _of_coins(self, name: MetricName, rows: Mapping[Key, Position]) -> Column:
        """Each asset once over all accounts, as it is valued."""
        quantities: dict[AssetId, Decimal] = {}
        for (_, asset), each in rows.items():
            quantities[asset] = add(quantities.get(asset, Decimal(0)), each.quantity)
        values = {asset: float(quantity) * self._rate(asset) for asset, quantity in quantities.items() if quantity}
        found = weighed(self._tape.coins, name, values, self._cut)
        with np.errstate(all="ignore"):
            column = _divided(Column(*found.total), Column(*found.whole))
        bounds = column.bounds + _QUANTUM * (column.values != 0)
        known = np.where(found.unknown, np.nan, np.where(found.unclear, 0.0, column.values))
        return Column(known, np.where(found.unknown, 0.0, np.where(found.unclear, np.inf, bounds)))

    def _gained(self, rows: Mapping[Key, Position], names: tuple[str, ...]) -> Column:
        parts = [
            part
            for key, each in rows.items()
            for part in (self._realised(each), self._unrealised(key[1], each))[slice(*_PARTS[names])]
        ]
        known = [~np.isnan(values) for values, _ in parts]
        total = np.sum([np.where(is_known, values, 0.0) for is_known, (values, _) in zip(known, parts, strict=True)], 0)
        size = np.sum([np.where(is_known, sizes, 0.0) for is_known, (_, sizes) in zip(known, parts, strict=True)], 0)
        nothing = ~np.any(known, axis=0) if parts else True
        values = np.where(nothing, np.nan, total + np.zeros(self._length))
        return Column(values, _valuing_bound(size + np.zeros(self._length)))

    def _realised(self, position: Position) -> tuple[Floats, Floats]:
        return self._worth_of(position.realised)

    def _unrealised(self, asset: AssetId, position: Position) -> tuple[Floats, Floats]:
        value = float(position.proven) * self._rate(asset)
        cost, size = self._worth_of(position.cost)
        return value - cost, np.abs(value) + size

    def _worth_of(self, amounts: Amounts) -> tuple[Floats, Floats]:
        """The amounts' worth, NaN when one of them has no price; and the sum of their sizes."""
        total, size = np.zeros(self._length), np.zeros(self._length)
        for asset, amount in amounts.items():
            part = float(amount) * self._rate(asset)
            total, size = total + part, size + np.abs(part)
        return total, size

    def _summed(self, rows: Mapping[Key, Position], part: Callable[[Key, Position], Floats]) -> Column:
        parts = [part(key, each) for key, each in rows.items()]
        total = np.zeros(self._length) + sum(np.nan_to_num(each) for each in parts)
        return Column(
            total, _valuing_bound(np.zeros(self._length) + sum(np.abs(np.nan_to_num(each)) for each in parts))
        )

    def _value(self, key: Key, position: Position) -> Floats:
        return float(position.quantity) * self._rate(key[1])

    def _covers(self, metric: Metric, key: Key) -> bool:
        if metric.asset not in {None, key[1]}:
            return False
        if isinstance(metric.target, AccountTarget):
            return metric.target.account_id == key[0]
        return str(metric.target) == str(PortfolioSeries(self._account.portfolio_id))

    def _rate(self, asset: AssetId) -> Floats:
        return self._tape.rate(asset, self._account.base_asset)[self._cut]

    def _filled(self, value: float, bound: float) -> Column:
        return Column(_repeated(value, self._length), _repeated(bound, self._length))


_GAINS: Final[Mapping[MetricName, tuple[str, ...]]] = {
    MetricName.REALISED_PNL: ("realised",),
    MetricName.UNREALISED_PNL: ("unrealised",),
    MetricName.PNL: ("realised", "unrealised"),
}
_PARTS: Final = {("realised",): (0, 1), ("unrealised",): (1, 2), ("realised", "unrealised"): (0, 2)}


@lru_cache(maxsize=1024)
def _as_float(value: Decimal) -> tuple[float, float]:
    """The number, and how far from it the float may be."""
    number = float(value)
    return number, 0.0 if Decimal(repr(number)) == value else _ULP * abs(number)


def _repeated(value: float, length: int) -> Floats:
    """One number for all bars, laid out once."""
    return np.ndarray((length,), np.float64, np.array([value]), strides=(0,))


def _valuing_bound(size: Floats) -> Floats:
    """What is worth nothing for nothing is held is exactly that."""
    return np.asarray(SLACK * size + TINY * (size > 0))


def _added(left: Column, right: Column) -> Column:
    return _rounded(left.values + right.values, left.bounds + right.bounds)


def _subtracted(left: Column, right: Column) -> Column:
    return _rounded(left.values - right.values, left.bounds + right.bounds)


def _multiplied(left: Column, right: Column) -> Column:
    for factor, other in ((left, right), (right, left)):
        if factor.is_constant and factor.values[0] == factor.bounds[0] == 0.0 and np.isfinite(other.values).all():
            return factor  # nothing of anything is nothing
        if factor.is_constant and factor.values[0] and other.is_exact:
            values = factor.values[0] * other.values
            return Column(values, np.abs(values) * (factor.bounds[0] / abs(factor.values[0]) + _ULP))
    bounds = np.abs(left.values) * right.bounds + np.abs(right.values) * left.bounds + left.bounds * right.bounds
    return _rounded(left.values * right.values, bounds)


def _divided(left: Column, right: Column) -> Column:
    """Divided by what may be zero, floats can't tell; by what is zero, it has no value."""
    room = np.abs(right.values) - right.bounds
    values = left.values / right.values
    bounds = (left.bounds + np.abs(values) * right.bounds) / room
    unclear = (room <= 0) & (right.bounds > 0) & ~np.isnan(left.values + right.values)
    joined = _rounded(
        np.where(right.values == 0, np.nan, values), np.where(right.bounds > 0, bounds, left.bounds / room)
    )
    return Column(np.where(unclear, 0.0, joined.values), np.where(unclear, np.inf, joined.bounds))


def _rounded(values: Floats, bounds: Floats) -> Column:
    return Column(np.where(np.isfinite(values), values, np.nan), bounds + _ULP * np.abs(values))


_JOINED: Final[Mapping[Operator, Callable[[Column, Column], Column]]] = {
    Operator.ADD: _added,
    Operator.SUBTRACT: _subtracted,
    Operator.MULTIPLY: _multiplied,
    Operator.DIVIDE: _divided,
}
