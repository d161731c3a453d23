"""What happened, put on the bars of a chart."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

PER_BAR_MAX: Final = 10
"""More on one bar a charting library does not draw."""


class MarkKind(StrEnum):
    """What happened."""

    BUY = "buy"
    SELL = "sell"
    FIRING = "firing"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    MORE = "more"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartMark:
    """Something that happened, and when.

    Attributes:
        key: The same for the same happening.
        at: When it happened; once it is put on a bar, where the bar begins.
    """

    key: str
    at: datetime
    kind: MarkKind
    text: str


def put_on_bars(marks: Iterable[ChartMark], starts: Sequence[datetime]) -> Iterator[ChartMark]:
    """Each mark at the begin of its bar, oldest first; what is older than the first bar is left out.

    Where more happened in one bar than can be drawn, the last mark of the bar says how much more.

    Args:
        marks: In any order.
        starts: Of the bars that are drawn, rising.
    """
    by_bar: dict[datetime, list[ChartMark]] = defaultdict(list)
    for mark in sorted(marks, key=lambda each: (each.at, each.key)):
        index = bisect_right(starts, mark.at)
        if index:
            by_bar[starts[index - 1]].append(mark)
    for start in sorted(by_bar):
        yield from _on_bar(start, by_bar[start])


def _on_bar(start: datetime, marks: Sequence[ChartMark]) -> Iterator[ChartMark]:
    shown = marks if len(marks) <= PER_BAR_MAX else marks[: PER_BAR_MAX - 1]
    for mark in shown:
        yield ChartMark(key=mark.key, at=start, kind=mark.kind, text=mark.text)
    if rest := len(marks) - len(shown):
        more = f"{rest} more happened in this bar"
        yield ChartMark(key=f"{marks[len(shown)].key}+{rest}", at=start, kind=MarkKind.MORE, text=more)
