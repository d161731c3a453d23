"""Bars of the recorded trades, computed from the file alone; shares no code with the product."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path

Bar = tuple[float, float, float, float, float]


def recorded_bars(path: Path, span_ms: int, *, whole_until_ms: int | None = None) -> dict[int, Bar]:
    """Open, high, low, close, volume by start of bar in ms; bars without trades repeat the close before."""
    trades = [
        (int(row["timestamp"]), int(row["id"]), Decimal(row["info"]["p"]), Decimal(row["info"]["q"]))
        for row in json.loads(gzip.decompress(path.read_bytes()))
    ]
    trades.sort()
    grouped: dict[int, list[tuple[Decimal, Decimal]]] = {}
    for at_ms, _, price, quantity in trades:
        grouped.setdefault(at_ms - at_ms % span_ms, []).append((price, quantity))
    bars: dict[int, Bar] = {}
    start, last = min(grouped), whole_until_ms or max(grouped)
    while start <= last:
        if start in grouped:
            prices = [price for price, _ in grouped[start]]
            volume = sum((quantity for _, quantity in grouped[start]), Decimal(0))
            bars[start] = (float(prices[0]), float(max(prices)), float(min(prices)), float(prices[-1]), float(volume))
        else:
            close = bars[start - span_ms][3]
            bars[start] = (close, close, close, close, 0.0)
        start += span_ms
    return bars
