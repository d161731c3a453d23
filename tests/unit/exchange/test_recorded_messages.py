"""Every recorded message, and what the desk's adapters make of it: entries, orders, balances, prices, digit for digit.

`tests/golden/messages.json` names each file and what came out of it, or why nothing reads it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.exchange.recorded import came_of, paths

GOLDEN: dict[str, list[str]] = json.loads((Path(__file__).parents[2] / "golden" / "messages.json").read_text())
UNREAD = "not read: "


@pytest.mark.usefixtures("recorded")
def test_every_file_is_named() -> None:
    assert paths() == sorted(GOLDEN)


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    "path", [path for path, came in GOLDEN.items() if not came[:1] or not came[0].startswith(UNREAD)]
)
def test_a_file_comes_to(path: str) -> None:
    assert came_of(path) == GOLDEN[path]


@pytest.mark.usefixtures("recorded")
def test_a_file_that_nothing_reads_says_why() -> None:
    unread = {path: came for path, came in GOLDEN.items() if came[:1] and came[0].startswith(UNREAD)}
    assert {path: came_of(path) for path in unread} == unread
