"""The one text of an expression."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from nightdesk.indicators.catalogue import Function, Parameter, catalogue
from nightdesk.indicators.model import (
    Arithmetic,
    Call,
    Lag,
    Leaf,
    Metric,
    Negation,
    Node,
    Number,
    Operator,
    Price,
)

_SUM, _PRODUCT, _SIGN, _ATOM = range(4)
_BINDS: Final = {
    Operator.ADD: _SUM,
    Operator.SUBTRACT: _SUM,
    Operator.MULTIPLY: _PRODUCT,
    Operator.DIVIDE: _PRODUCT,
}


def canonical(node: Node) -> str:
    """The text that equal trees share, and that is read as this tree again."""
    return _written(node)[0]


def plain(value: Decimal) -> str:
    """The number without exponent and trailing zeros; zero has no sign."""
    text = f"{value or Decimal(0):f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _written(node: Node) -> tuple[str, int]:
    """The text, and how tightly it holds together."""
    match node:
        case Number(value=value):
            return plain(value), _SIGN if value < 0 else _ATOM
        case Negation(of=of):
            return f"-{_within(of, _ATOM)}", _SIGN
        case Arithmetic(operator=operator, left=left, right=right):
            binds = _BINDS[operator]
            return f"{_within(left, binds)} {operator} {_within(right, binds + 1)}", binds
        case _:
            return _leaf(node), _ATOM


def _leaf(leaf: Leaf) -> str:
    match leaf:
        case Price(series=series, resolution=resolution, field=field):
            return f"{field}({series},{resolution})"
        case Lag(of=of, bars=bars):
            return f"lag({canonical(of)},{bars})"
        case Metric(name=name, target=target, asset=asset):
            return f"{name}({target}{'' if asset is None else f',{asset}'})"
        case Call():
            return _call(leaf)


def _within(node: Node, least: int) -> str:
    text, binds = _written(node)
    return text if binds >= least else f"({text})"


def _call(call: Call) -> str:
    function = catalogue()[call.function]
    parameters = [_parameter(value, each) for value, each in zip(call.parameters, function.parameters, strict=True)]
    output = f".{call.output}" if len(function.outputs) > 1 else ""
    return f"{call.function}({','.join([*_inputs(call, function), *parameters])}){output}"


def _inputs(call: Call, function: Function) -> list[str]:
    """The series and its resolution where the function is computed over its own columns of one series' bars."""
    first = call.inputs[0]
    if isinstance(first, Price):
        own = tuple(
            Price(first.series, first.resolution, each.field) if each.field else None for each in function.inputs
        )
        if own == call.inputs:
            return [str(first.series), str(first.resolution)]
    return [canonical(node) for node in call.inputs]


def _parameter(value: float, parameter: Parameter) -> str:
    if parameter.choices:
        return parameter.choices[int(value)]
    return plain(Decimal(repr(value)))
