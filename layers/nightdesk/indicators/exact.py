"""Expressions at one instant, in decimals: for deciding, where live figures are exact."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal
from typing import Final

from nightdesk.indicators.model import Arithmetic, Expression, Leaf, Negation, Node, Number, Operator

_CONTEXT: Final = Context(prec=38)
Reading = Callable[[Leaf], Decimal | None]
"""What a leaf is worth; None if it is not known."""


def exact(expression: Expression, read: Reading) -> Decimal | None:
    """What the expression is worth; None if something in it is not known, or divides by zero."""
    return _exact(expression.root, read)


def _exact(node: Node, read: Reading) -> Decimal | None:
    match node:
        case Number(value=value):
            return value
        case Negation(of=of):
            inner = _exact(of, read)
            return None if inner is None else -inner
        case Arithmetic(operator=kind, left=left, right=right):
            return _joined(kind, _exact(left, read), _exact(right, read))
        case _:
            return read(node)


def _joined(kind: Operator, left: Decimal | None, right: Decimal | None) -> Decimal | None:
    if left is None or right is None:
        return None
    match kind:
        case Operator.ADD:
            return _CONTEXT.add(left, right)
        case Operator.SUBTRACT:
            return _CONTEXT.subtract(left, right)
        case Operator.MULTIPLY:
            return _CONTEXT.multiply(left, right)
        case Operator.DIVIDE:
            return _CONTEXT.divide(left, right) if right else None
