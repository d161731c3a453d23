"""Writes `catalogue.json` from TA-Lib's abstract interface: `python -m nightdesk.indicators.describe`.

The interface tells names, inputs, defaults and outputs. It keeps the ranges of parameters to itself, so they are
found by asking which values it refuses; so is how many bars a function needs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from math import ceil
from pathlib import Path
from typing import Any

import talib
from talib.abstract import Function

from nightdesk.indicators.catalogue import PERIOD_MAX

_REAL_MAX = 1_000_000.0
_DIGITS = 6
_OVERLAY = "Output scale same as input"
_PATTERN = "Output is a candlestick"
_PERIODS_TRIED = (1, 2, 3, 7, 30, 200, PERIOD_MAX)
Parameters = Mapping[str, int | float]


def describe() -> list[dict[str, Any]]:
    """Every function, as `catalogue.json` has it, by name."""
    return [row_of(name) for name in sorted(talib.get_functions())]


def row_of(name: str, warm_up: Sequence[int] | None = None) -> dict[str, Any]:
    """One function; its warm-up is measured, which takes long, unless it is given."""
    info = Function(name).info
    flags = info["function_flags"] or ()
    parameters = [_parameter(name, parameter, info["parameters"]) for parameter in info["parameters"]]
    return {
        "name": name,
        "title": info["display_name"],
        "group": info["group"],
        "inputs": list(_inputs(info["input_names"])),
        "parameters": parameters,
        "outputs": info["output_names"],
        "styles": [_style(info["output_flags"][output]) for output in info["output_names"]],
        "overlay": _OVERLAY in flags,
        "pattern": _PATTERN in flags,
        "warm_up": _warm_up(name, parameters) if warm_up is None else list(warm_up),
    }


def lookback(name: str, parameters: Parameters) -> int | None:
    """How many bars come before the function's first value; None when it refuses the parameters."""
    function = Function(name)
    function.parameters = dict(parameters)
    bars = int(function.lookback)
    return None if bars < 0 else bars


def _inputs(names: Mapping[str, str | list[str]]) -> Iterator[Mapping[str, str | None]]:
    for name, fields in names.items():
        if isinstance(fields, list):
            yield from ({"name": field, "field": field} for field in fields)
        else:
            yield {"name": name, "field": None if fields == "periods" else fields}


def _style(flags: list[str]) -> str:
    if "Histogram" in flags:
        return "histogram"
    return "dashed" if "Dashed Line" in flags else "line"


def _parameter(name: str, parameter: str, defaults: Parameters) -> dict[str, Any]:
    default = defaults[parameter]
    lowest, highest = _range(lambda value: lookback(name, {**defaults, parameter: value}) is not None, default)
    row = {"name": parameter, "whole": isinstance(default, int), "default": default}
    if parameter.endswith("matype"):
        kinds = {getattr(talib.MA_Type, kind): kind for kind in dir(talib.MA_Type) if kind.isupper()}
        return {**row, "lowest": 0, "highest": highest, "choices": [kinds[value] for value in range(int(highest) + 1)]}
    return {**row, "lowest": lowest, "highest": highest}


def _range(takes: Callable[[int | float], bool], default: float) -> tuple[int | float, int | float]:
    """The lowest and the highest value that is taken, within our own limits."""
    if isinstance(default, int):
        return _last(takes, default, -PERIOD_MAX), _last(takes, default, PERIOD_MAX)
    return _last_real(takes, default, -_REAL_MAX), _last_real(takes, default, _REAL_MAX)


def _last(takes: Callable[[int | float], bool], good: int, bad: int) -> int:
    if takes(bad):
        return bad
    while abs(bad - good) > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if takes(middle) else (good, middle)
    return good


def _last_real(takes: Callable[[int | float], bool], good: float, bad: float) -> float:
    if takes(bad):
        return bad
    while abs(bad - good) > 10**-_DIGITS / 4:
        middle = (good + bad) / 2
        good, bad = (middle, bad) if takes(middle) else (good, middle)
    return round(good, _DIGITS) + 0.0


def _warm_up(name: str, parameters: list[dict[str, Any]]) -> list[int]:
    """A constant and a factor that together are never less than what the function needs."""
    measured = list(_measured(name, parameters))
    shortest = min(total for total, _ in measured)
    constant = max(bars for total, bars in measured if total == shortest)
    factors = (ceil((bars - constant) / total) for total, bars in measured if total)
    return [constant, max(factors, default=0)]


def _measured(name: str, parameters: list[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    periods = [row["name"] for row in parameters if row["whole"] and "choices" not in row]
    kinds = [row for row in parameters if "choices" in row]
    for index in product(*(range(len(row["choices"])) for row in kinds)) if len(kinds) <= 2 else _alike(kinds):  # noqa: PLR2004
        chosen = {row["name"]: value for row, value in zip(kinds, index, strict=True)}
        for values in product(*(_tried(row) for row in parameters if row["name"] in periods)):
            tried = (
                {row["name"]: row["default"] for row in parameters} | chosen | dict(zip(periods, values, strict=True))
            )
            bars = lookback(name, tried)
            if bars is not None:
                yield sum(values), bars


def _alike(kinds: list[dict[str, Any]]) -> Iterator[tuple[int, ...]]:
    """Every kind for all of them at once: enough, and few."""
    return ((number,) * len(kinds) for number in range(len(kinds[0]["choices"])))


def _tried(row: Mapping[str, Any]) -> list[int]:
    return [period for period in _PERIODS_TRIED if row["lowest"] <= period <= row["highest"]]


def main() -> None:
    """Write the file."""
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in describe())
    Path(__file__).with_name("catalogue.json").write_text(f"[\n{rows}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
