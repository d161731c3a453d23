"""The page computes studies by itself; what it is held to must be what the analyser tells."""

import json
from math import nan

import pytest

from tests.unit.indicators.browser_values import FIXTURE, values


def test_the_browser_is_held_to_what_the_analyser_tells() -> None:
    kept, told = json.loads(FIXTURE.read_text()), values()
    assert {**kept, "values": None} == {**told, "values": None}
    for text, known in told["values"].items():
        assert _numbers(kept["values"][text]) == pytest.approx(_numbers(known), rel=1e-12, abs=1e-9, nan_ok=True), text


def _numbers(values: list[float | None]) -> list[float]:
    return [nan if value is None else value for value in values]
