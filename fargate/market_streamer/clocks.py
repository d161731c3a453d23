"""Whether a venue's clock can be true: compared with the other venues' clocks and ours. Knows no network."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from nightdesk.kernel.assets import VenueId

AHEAD_MAX_S: Final = 300.0
"""Further ahead of every other clock it would close bars that have not begun; times the market's speed, which is 1
but in a replay. Some venues only tell when they last traded, so the others' may lag a little."""

BEHIND_MAX_S: Final = 900.0
TOLD_FOR_S: Final = 30.0
SPEED_OVER_S: Final = 10.0
SPEED_LEAST_S: Final = 0.5
CLOCKS_LEAST: Final = 3
"""Of two clocks nobody can say which is wrong."""


@dataclass(slots=True)
class _Told:
    times: deque[tuple[datetime, float]] = field(default_factory=deque)

    def tell(self, at: datetime, now_s: float) -> None:
        self.times.append((at, now_s))
        while len(self.times) > 2 and now_s - self.times[1][1] > SPEED_OVER_S:  # noqa: PLR2004 a speed needs two
            self.times.popleft()

    @property
    def told_s(self) -> float:
        return self.times[-1][1]

    def speed(self) -> float | None:
        """How fast it runs; None while that is not known."""
        (first, first_s), (last, last_s) = self.times[0], self.times[-1]
        if last_s - first_s < SPEED_LEAST_S:
            return None
        return (last - first).total_seconds() / (last_s - first_s)

    def by(self, now_s: float, speed: float) -> datetime:
        at, told_s = self.times[-1]
        return at + timedelta(seconds=(now_s - told_s) * speed)


class MarketClocks:
    """What the venues' clocks said last, over all venues of the process.

    Args:
        present: Our clock; None where the market's is another, as in a replay.
    """

    def __init__(self, present: Callable[[], datetime] | None = None) -> None:
        self._present = present
        self._told: dict[VenueId, _Told] = {}

    def tell(self, venue: VenueId, at: datetime, now_s: float) -> None:
        """A venue told its time."""
        self._told.setdefault(venue, _Told()).tell(at, now_s)

    def doubt(self, venue: VenueId, now_s: float) -> str | None:
        """What is wrong with a venue's clock, for people; None while it can be true or nobody can say."""
        own = self._told.get(venue)
        fresh = (told for name, told in self._told.items() if name != venue and now_s - told.told_s <= TOLD_FOR_S)
        others = [(told, speed) for told in fresh if (speed := told.speed()) is not None]
        if own is None:
            return None
        # Its own speed may be part of the lie.
        speed = 1.0 if self._present is not None else max([1.0, *(known for _, known in others)])
        times = [told.by(now_s, speed) for told, _ in others]
        times += [self._present()] if self._present is not None else []
        return _doubt(own.by(now_s, speed), times, speed) if len(times) + 1 >= CLOCKS_LEAST else None


def _doubt(own: datetime, others: list[datetime], speed: float) -> str | None:
    """It alone is ahead of all, or most are ahead of it."""
    ahead_s = (own - max(others)).total_seconds()
    if ahead_s > AHEAD_MAX_S * speed:
        return f"its clock is {ahead_s:.0f} s ahead of every other"
    middle_s = statistics.median((other - own).total_seconds() for other in [own, *others])
    if middle_s > BEHIND_MAX_S * speed:
        return f"its clock is {middle_s:.0f} s behind the others"
    return None
