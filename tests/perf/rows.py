"""Rows of the bench table: one measured figure each, beside the bar it must reach."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure.

    Attributes:
        bar: What must be reached, as written in the table: `>= 2000`, `<= 100`; empty where none is set.
        peer: What the figure is compared with in the same run, and `ratio` how many times better ours is.
    """

    name: str
    value: float
    unit: str
    bar: str = ""
    peer: str = ""
    ratio: float | None = None

    @property
    def ok(self) -> bool | None:
        """Whether the bar is reached; None where there is none."""
        if not self.bar:
            return None
        relation, limit = self.bar.split()
        return self.value >= float(limit) if relation == ">=" else self.value <= float(limit)


def percentile(values: list[float], ratio: float) -> float:
    """The smallest value that at least `ratio` of all values don't exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(ratio * len(ordered)) - 1))]
