"""Longer bars from rows of a file, from the definitions alone; shares no code with the product."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from math import fsum
from pathlib import Path
from zoneinfo import ZoneInfo

Numbers = tuple[float, float, float, float, float]
Rows = dict[datetime, Numbers]
"""Open, high, low, close, volume by the start of the bar, oldest first."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def longer(rows: Rows, length: str, zone: ZoneInfo) -> Rows:
    """The bars of `90m`, `8h`, `3d`, `2w` or `6M`; days, weeks and months by the wall calendar of the zone."""
    number, unit = int(length[:-1]), length[-1]
    grouped: dict[datetime, list[Numbers]] = {}
    for at, numbers in rows.items():
        if unit in "mh":
            span = timedelta(minutes=number * (60 if unit == "h" else 1))
            start = EPOCH + (at - EPOCH) // span * span
        else:
            first = _first_day(at.astimezone(zone).date(), number, unit)
            start = datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)
        grouped.setdefault(start, []).append(numbers)
    return {start: _joined(parts) for start, parts in grouped.items()}


def _first_day(day: date, number: int, unit: str) -> date:
    if unit == "M":
        months = (day.year * 12 + day.month - 1 - 1970 * 12) // number * number
        return date(1970 + months // 12, months % 12 + 1, 1)
    if unit == "w":  # 5 January 1970 was a Monday
        weeks = ((day - date(1970, 1, 5)).days // 7) // number * number
        return date(1970, 1, 5) + timedelta(weeks=weeks)
    days = (day - date(1970, 1, 1)).days // number * number
    return date(1970, 1, 1) + timedelta(days=days)


def _joined(parts: list[Numbers]) -> Numbers:
    """Minutes in which nothing was traded say nothing as soon as one was."""
    traded = [part for part in parts if part[4] > 0] or parts
    return (
        traded[0][0],
        max(part[1] for part in traded),
        min(part[2] for part in traded),
        traded[-1][3],
        fsum(part[4] for part in traded),
    )


def csv_rows(path: Path, instant: Callable[[str], datetime]) -> Rows:
    """A CSV whose first column is the instant; without a sixth the volume is 0."""
    with path.open() as file:
        lines = list(csv.reader(file))[1:]
    return {instant(line[0]): _numbers(line[1:]) for line in lines}


def feather_rows(path: Path) -> Rows:
    """A feather file as freqtrade writes it."""
    import polars  # noqa: ICN001, PLC0415 - only what reads feather has it

    return {row[0].astimezone(UTC): _numbers(row[1:]) for row in polars.read_ipc(path).iter_rows()}


def utc(text: str) -> datetime:
    """An instant without an offset that is meant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def month(text: str) -> datetime:
    """The month of a date."""
    return utc(text).replace(day=1)


def _numbers(cells: Iterator[str] | list[str] | tuple[float, ...]) -> Numbers:
    numbers = [float(cell) for cell in cells] + [0.0]
    return numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
