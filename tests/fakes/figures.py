"""Live figures in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan

from nightdesk.indicators.model import Metric


@dataclass(slots=True)
class FakeFigures:
    """What is set; the others are not known."""

    values: dict[Metric, float] = field(default_factory=dict)

    def value(self, metric: Metric) -> float:
        return self.values.get(metric, nan)
