"""Figures of coins over bars: what was listed when each of them ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

import numpy as np

from nightdesk.indicators.bars import Floats
from nightdesk.indicators.listed import coin_figure
from nightdesk.indicators.model import COIN_METRICS, Expression, Metric
from nightdesk.kernel.assets import Instrument
from nightdesk.markets.caps_history import FRESH_FOR, CapHistoryReads


def past_figures(
    reads: CapHistoryReads, expressions: Iterable[Expression], ends: Sequence[datetime]
) -> dict[Metric, Floats]:
    """Of every market's coin that the expressions name, what was listed at each of these ends; NaN: not known."""
    wanted = {
        metric: metric.target.base
        for expression in expressions
        for metric in expression.metrics
        if metric.name in COIN_METRICS and isinstance(metric.target, Instrument)
    }
    if not wanted or not ends:
        return {}
    history = reads.listed(ends[0] - FRESH_FOR, ends[-1], set(wanted.values()))
    listings = [history.at(end) for end in ends]
    return {
        metric: np.array([_number(coin_figure(each, metric.name, asset)) for each in listings])
        for metric, asset in wanted.items()
    }


def _number(figure: Decimal | None) -> float:
    return np.nan if figure is None else float(figure)
