"""The catalogue of functions: every function of TA-Lib, as its own interface describes it.

`catalogue.json` is made by `python -m nightdesk.indicators.describe`, so that an expression can be read and checked
without loading TA-Lib; a test compares the two. Settings that TA-Lib keeps for a whole process (unstable periods,
candle settings, compatibility) are none of an expression's business: they stay at TA-Lib's own values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nightdesk.indicators.model import Field

PERIOD_MAX = 1000
"""TA-Lib takes periods up to 100,000 bars; warm-up is limited, so periods are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What a function is computed over.

    Attributes:
        field: The column of bars that is taken when a series is given; None if there must be a formula.
    """

    name: str
    field: Field | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number that a function is set with.

    Attributes:
        whole: Whether it takes whole numbers only.
        choices: Names of the numbers from `lowest` on, for those that choose a kind of moving average.
    """

    name: str
    whole: bool
    default: int | float
    lowest: int | float
    highest: int | float
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of TA-Lib.

    Attributes:
        outputs: At least one; where there are several, the first is meant unless another is named.
        styles: How each output is drawn: `line`, `dashed` or `histogram`.
        overlay: Whether its outputs are on the scale of its input, so that they are drawn over the price.
        pattern: Whether it tells a candlestick pattern: 100, 0 or -100.
        warm_up: It needs `warm_up[0] + warm_up[1] * sum of whole parameters` bars at most before the first value.
    """

    name: str
    title: str
    group: str
    inputs: tuple[Input, ...]
    parameters: tuple[Parameter, ...]
    outputs: tuple[str, ...]
    styles: tuple[str, ...]
    overlay: bool
    pattern: bool
    warm_up: tuple[int, int]


@cache
def catalogue() -> Mapping[str, Function]:
    """Every function, by name."""
    rows = json.loads(Path(__file__).with_name("catalogue.json").read_text(encoding="utf-8"))
    return {row["name"]: _function(row) for row in rows}


def _function(row: Mapping[str, Any]) -> Function:
    inputs = tuple(Input(name=each["name"], field=_field(each["field"])) for each in row["inputs"])
    parameters = tuple(Parameter(**{**each, "choices": tuple(each.get("choices", ()))}) for each in row["parameters"])
    sequences = {key: tuple(row[key]) for key in ("outputs", "styles", "warm_up")}
    return Function(**{**row, **sequences, "inputs": inputs, "parameters": parameters})


def _field(name: str | None) -> Field | None:
    return None if name is None else Field(name)
