"""The market's time: wall time, moved and stretched."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from nightdesk.kernel.instants import Clock, to_ms


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """`market = market_at_ms + (wall - wall_at_ms) * speed`."""

    wall_at_ms: int
    market_at_ms: int
    speed: Fraction = Fraction(1)

    def at(self, wall_ms: int) -> int:
        """Market time at a wall time."""
        if self.speed == 1:
            return self.market_at_ms + wall_ms - self.wall_at_ms
        return self.market_at_ms + int((wall_ms - self.wall_at_ms) * self.speed)


class MarketClock:
    """Tells market time from wall time; never runs backwards."""

    def __init__(self, clock: Clock, setting: ClockSetting) -> None:
        self._clock = clock
        self._setting = setting

    @property
    def setting(self) -> ClockSetting:
        """The present mapping, to be kept over restarts."""
        return self._setting

    def wall_ms(self) -> int:
        """Wall time, for signatures and limits."""
        return to_ms(self._clock.now())

    def now_ms(self) -> int:
        """Market time, for prices and history."""
        return self._setting.at(self.wall_ms())

    def run_at(self, speed: Fraction) -> None:
        """Go on from the present market time at another speed; zero stands still.

        Raises:
            ValueError: The speed is negative.
        """
        if speed < 0:
            raise ValueError("The market clock does not run backwards.")
        self._setting = ClockSetting(self.wall_ms(), self.now_ms(), speed)

    def advance(self, milliseconds: int) -> None:
        """Jump forwards.

        Raises:
            ValueError: The jump is negative.
        """
        if milliseconds < 0:
            raise ValueError("The market clock does not run backwards.")
        self._setting = ClockSetting(self.wall_ms(), self.now_ms() + milliseconds, self._setting.speed)
