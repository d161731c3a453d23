"""Formulas that a user named, to be used in expressions like functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from nightdesk.indicators.catalogue import catalogue
from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.model import Field, MetricName

SERIES: Final = "series"
RESOLUTION: Final = "resolution"
LAG: Final = "lag"
PARAMETERS_MAX: Final = 12
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")
_TAKEN: Final = frozenset({SERIES, RESOLUTION, LAG, "market", "portfolio", "account", *MetricName, *Field})


@dataclass(frozen=True, slots=True)
class FormulaParameter:
    """A number of a formula that each use may set."""

    name: str
    default: Decimal


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression with a name: `trend(BINANCE:BTC/USDT,1h,fast=8)`.

    Attributes:
        name: Lower case; none of the words that expressions have already.
        text: The expression. `series` and `resolution` stand for those that it is used on, a parameter's name for
            its number.
    """

    name: str
    text: str
    parameters: tuple[FormulaParameter, ...] = ()


Formulas = Mapping[str, Formula]
"""The formulas that may be used, by name."""


def require_named(formula: Formula) -> Formula:
    """The formula itself.

    Raises:
        ExpressionError: `indicators.formula_name`: a name can't be used, or stands twice.
    """
    names = [parameter.name for parameter in formula.parameters]
    for name in (formula.name, *names):
        if not _NAME.fullmatch(name) or is_taken(name):
            message = f"{name[:40]!r} can't be a name: lower-case letters, digits and _, and no word that has a meaning"
            raise ExpressionError("indicators.formula_name", message)
    if len(set(names)) < len(names) or len(names) > PARAMETERS_MAX:
        message = f"A formula has at most {PARAMETERS_MAX} parameters, each with a name of its own"
        raise ExpressionError("indicators.formula_name", message)
    return formula


def is_taken(name: str) -> bool:
    """Whether the name has a meaning in expressions already."""
    return name in _TAKEN or name.upper() in catalogue()
