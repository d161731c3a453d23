"""How fast the machine itself is while others are measured on it.

A machine that is shared slows down and speeds up by a half within minutes. A fixed loop of Python is timed before each
part and after the last; figures that were taken while it was slow say more of the machine than of the product.
"""

from __future__ import annotations

import time
from typing import Final

from tests.perf.rows import Row, percentile

ROUNDS: Final = 40
STEPS: Final = 100_000


class Pace:
    """The loop's times so far, in milliseconds."""

    def __init__(self) -> None:
        self.medians_ms: list[float] = []
        self.worst_ms: list[float] = []

    def take(self) -> float:
        """Time the loop some rounds, a third of a second in all; how many times slower than at best it is now."""
        took_ms = [_round_ms() for _ in range(ROUNDS)]
        self.medians_ms.append(percentile(took_ms, 0.5))
        self.worst_ms.append(percentile(took_ms, 0.95))
        return self.medians_ms[-1] / min(self.medians_ms)

    def rows(self) -> list[Row]:
        """What to hold beside the other figures; the ratio is to the best median."""
        best_ms = min(self.medians_ms)
        named = {
            "the machine itself: a fixed loop, slowest median between parts": max(self.medians_ms),
            "the machine itself: a fixed loop, p95 in the worst of these": max(self.worst_ms),
        }
        return [
            Row(name=name, value=value, unit="ms", peer="the best median", ratio=value / best_ms)
            for name, value in named.items()
        ]


def _round_ms() -> float:
    started_s = time.perf_counter()
    total = 0
    for step in range(STEPS):
        total += step
    return (time.perf_counter() - started_s) * 1000
