"""Which trades were seen: tells doubles, and finds holes in the venue's numbering."""

from __future__ import annotations

from bisect import bisect_right


class TradeIds:
    """The numbers seen so far, kept as ranges: an unbroken run of a million costs as much as one.

    Venues that number without holes need one range. For others the oldest ranges are joined beyond `ranges_max`,
    after which a number inside the joined range counts as seen.
    """

    def __init__(self, *, ranges_max: int = 10_000) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []  # inclusive
        self._ranges_max = ranges_max

    @property
    def highest(self) -> int | None:
        """The highest number seen."""
        return self._ends[-1] if self._ends else None

    def add(self, identity: int) -> bool:
        """Take note of a number; False when it was there already."""
        if self._holds(identity):
            return False
        self.mark(identity, identity)
        return True

    def mark(self, first: int, last: int) -> None:
        """Take every number from first to last as seen, for instance when the venue says there are no such trades."""
        low = bisect_right(self._ends, first - 2)  # ranges from here on end at first - 1 or later
        high = bisect_right(self._starts, last + 1)
        touched = low < high
        start = min(first, self._starts[low]) if touched else first
        end = max(last, self._ends[high - 1]) if touched else last
        self._starts[low:high] = [start]
        self._ends[low:high] = [end]
        if len(self._starts) > self._ranges_max:
            del self._ends[0], self._starts[1]

    def holes(self) -> list[tuple[int, int]]:
        """First and last number of every run that was left out, lowest first."""
        return [(end + 1, start - 1) for end, start in zip(self._ends, self._starts[1:], strict=False)]

    def _holds(self, identity: int) -> bool:
        index = bisect_right(self._starts, identity) - 1
        return index >= 0 and identity <= self._ends[index]
