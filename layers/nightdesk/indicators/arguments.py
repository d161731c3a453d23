"""Reads the numbers that a function or a formula is used with: by position, by name, or left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final, TypeVar

from nightdesk.indicators.building import parameter_value
from nightdesk.indicators.catalogue import Function, Parameter
from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.formula import Formula
from nightdesk.indicators.scanner import NAME, Scanner

Read = TypeVar("Read")
_NAMED: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?=\s*=)")


class Arguments:
    """What stands between the parentheses of one use, after its series or formulas.

    Args:
        scanner: Where the text is read.
        constant: Reads a number.
        begun: Whether something stands before them, so that a comma comes first.
    """

    def __init__(self, scanner: Scanner, constant: Callable[[], Decimal], *, begun: bool) -> None:
        self._scanner = scanner
        self._constant = constant
        self._begun = begun

    def parameters(self, function: Function) -> tuple[int | float, ...]:
        """The value of every parameter of the function, up to the closing parenthesis.

        Raises:
            ExpressionError: `indicators.parameters`, `indicators.parameter_range`.
        """
        known = {parameter.name: parameter for parameter in function.parameters}
        values = self._values(function.name, known, lambda name: self._value(known[name]))
        return tuple(values.get(name, parameter.default) for name, parameter in known.items())

    def numbers(self, formula: Formula) -> Mapping[str, Decimal]:
        """The number of every parameter of the formula, up to the closing parenthesis.

        Raises:
            ExpressionError: `indicators.parameters`.
        """
        defaults = {parameter.name: parameter.default for parameter in formula.parameters}
        return {**defaults, **self._values(formula.name, defaults, lambda _: self._constant())}

    def _values(self, owner: str, names: Iterable[str], read: Callable[[str], Read]) -> dict[str, Read]:
        order = list(names)
        values: dict[str, Read] = {}
        named = False
        while not self._scanner.takes(")"):
            if self._begun:
                self._scanner.expect(",")
            self._begun, position = True, self._scanner.position
            name = self._name()
            named = named or name is not None
            if name is None and not named and len(values) < len(order):
                name = order[len(values)]
            if name is None or name not in order or name in values:
                raise _unfitting(owner, order, position)
            values[name] = read(name)
        return values

    def _name(self) -> str | None:
        name = self._scanner.take(_NAMED)
        if name is not None:
            self._scanner.expect("=")
        return name

    def _value(self, parameter: Parameter) -> int | float:
        position = self._scanner.position
        word = self._scanner.sees(NAME) if parameter.choices else None
        if word is not None and word.upper() in parameter.choices:
            self._scanner.take(NAME)
            return parameter.choices.index(word.upper())
        return parameter_value(parameter, self._constant(), position)


def _unfitting(owner: str, names: list[str], position: int) -> ExpressionError:
    told = f"takes only {', '.join(names)}, each once, named ones last" if names else "takes no parameters"
    return ExpressionError("indicators.parameters", f"{owner} {told}", position)
