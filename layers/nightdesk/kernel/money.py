"""Exact amounts.

An amount is a Decimal of at most 38 digits, 18 of them decimals (NUMERIC(38, 18) in PostgreSQL). Arithmetic
runs in `EXACT`, which refuses to round: a lost digit raises instead of passing unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import InvalidInput

DIGITS = 38
DECIMALS = 18
QUANTUM = Decimal(1).scaleb(-DECIMALS)
ZERO = Decimal(0)

EXACT = Context(prec=2 * DIGITS, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])
_ROUNDING = Context(prec=4 * DIGITS, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])


def parse_amount(text: str | int) -> Decimal:
    """The amount a decimal text means, digit for digit.

    Raises:
        InvalidInput: It is no finite decimal number, or needs more digits than an amount has.
    """
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise InvalidInput("amount.malformed", f"{str(text)[:60]!r} is not a decimal number.") from None
    return require_amount(amount)


def require_amount(amount: Decimal) -> Decimal:
    """The amount itself.

    Raises:
        InvalidInput: It is not finite, or needs more digits than an amount has.
    """
    if not amount.is_finite():
        raise InvalidInput("amount.not_finite", "An amount must be finite.")
    if amount.copy_abs() >= Decimal(10) ** (DIGITS - DECIMALS):
        raise InvalidInput("amount.too_large", f"An amount has at most {DIGITS - DECIMALS} digits before its point.")
    if quantize(amount) != amount:
        raise InvalidInput("amount.too_precise", f"An amount has at most {DECIMALS} decimals.")
    return amount


def quantize(amount: Decimal) -> Decimal:
    """The amount with exactly 18 decimals, half to even."""
    return amount.quantize(QUANTUM, context=_ROUNDING)


def add(left: Decimal, right: Decimal) -> Decimal:
    """The exact sum."""
    return EXACT.add(left, right)


def subtract(left: Decimal, right: Decimal) -> Decimal:
    """The exact difference."""
    return EXACT.subtract(left, right)


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """The product, rounded once, half to even, to 18 decimals."""
    return quantize(_ROUNDING.multiply(left, right))


def divide(numerator: Decimal, denominator: Decimal) -> Decimal:
    """The quotient, rounded once, half to even, to 18 decimals.

    Raises:
        decimal.DivisionByZero: The denominator is zero.
    """
    return quantize(_ROUNDING.divide(numerator, denominator))


def format_amount(amount: Decimal) -> str:
    """The shortest plain decimal text: no exponent, no trailing zeros, never `-0`."""
    if amount == 0:
        return "0"
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount of one asset."""

    amount: Decimal
    asset: AssetId

    def __add__(self, other: Money) -> Money:
        return Money(add(self.amount, self._same(other).amount), self.asset)

    def __sub__(self, other: Money) -> Money:
        return Money(subtract(self.amount, self._same(other).amount), self.asset)

    def __neg__(self) -> Money:
        return Money(self.amount.copy_negate(), self.asset)

    def __str__(self) -> str:
        return f"{format_amount(self.amount)} {self.asset}"

    def _same(self, other: Money) -> Money:
        if other.asset != self.asset:
            raise InvalidInput("money.other_asset", f"{self.asset} and {other.asset} can't be added.")
        return other
