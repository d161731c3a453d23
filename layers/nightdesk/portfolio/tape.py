"""Prices put in the order of the market's time, so that a boundary sees exactly what was made before it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from nightdesk.kernel.instants import EPOCH
from nightdesk.markets.model import Price

SECOND = timedelta(seconds=1)


class PriceTape:
    """Holds prices back until what comes late had time to come, then gives them second by second.

    Args:
        patience: How long a price may be under way and still take its place, in wall time.
    """

    def __init__(self, patience: timedelta) -> None:
        self._patience = patience
        self._waiting: list[tuple[datetime, int, Price]] = []
        self._arrivals = count()
        self._marks: deque[tuple[datetime, datetime]] = deque()
        self._newest: datetime | None = None
        self._horizon: datetime | None = None

    def add(self, price: Price, heard_at: datetime) -> None:
        """Take a price that was heard at this wall time."""
        heappush(self._waiting, (price.at, next(self._arrivals), price))
        if self._newest is None or price.at > self._newest:
            self._newest = price.at
            self._marks.append((heard_at, price.at))

    def horizon(self, wall_now: datetime) -> datetime | None:
        """The last whole second of market time before which everything should have come; None at first."""
        while self._marks and self._marks[0][0] <= wall_now - self._patience:
            self._horizon = whole_second(self._marks.popleft()[1])
        return self._horizon

    def seconds(self, until: datetime) -> Iterator[tuple[datetime, list[Price]]]:
        """The prices made before `until`, by the whole second at whose end each is known, oldest first.

        Args:
            until: A whole second.
        """
        while self._waiting and self._waiting[0][0] < until:
            end = end_of_second(self._waiting[0][0])
            prices = []
            while self._waiting and self._waiting[0][0] < end:
                prices.append(heappop(self._waiting)[2])
            yield end, prices


def whole_second(at: datetime) -> datetime:
    """The instant rounded down to a whole second."""
    return at.replace(microsecond=0)


def end_of_second(at: datetime) -> datetime:
    """The first whole second that is later than the instant: a price counts before the end of its second."""
    return whole_second(at) + SECOND


def bar_end_after(at: datetime, span: timedelta) -> datetime:
    """The first multiple of `span` since 1970 that is later than the instant."""
    return EPOCH + ((at - EPOCH) // span + 1) * span
