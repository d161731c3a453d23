"""How long a replay may take: whoever asked is answered while they still listen, or told what to shorten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Final

from nightdesk.kernel.errors import TooLarge

TOO_LARGE: Final = "replay.too_large"


@dataclass(frozen=True, slots=True)
class Patience:
    """Runs out at an instant of a clock that only rises.

    Attributes:
        until_s: Of that clock.
        now_s: Reads it.
    """

    until_s: float
    now_s: Callable[[], float]

    def check(self, reached: int, bars: int) -> None:
        """Go on, if there is time.

        Args:
            reached: The bar that is at work.
            bars: How many there are.

        Raises:
            TooLarge: `replay.too_large`.
        """
        if self.now_s() > self.until_s:
            raise too_large(f"bar {reached} of {bars} was reached")

    def check_reading(self) -> None:
        """Likewise, while bars are read.

        Raises:
            TooLarge: `replay.too_large`.
        """
        if self.now_s() > self.until_s:
            raise too_large("its bars were not yet read")


ENDLESS: Final = Patience(inf, lambda: 0.0)
"""Where nobody waits."""


def patient(seconds: float, now_s: Callable[[], float]) -> Patience:
    """Runs out after so many seconds."""
    return Patience(now_s() + seconds, now_s)


def too_large(reached: str) -> TooLarge:
    """The refusal, with how far it came."""
    message = f"This takes longer than anybody waits for an answer: {reached}."
    return TooLarge(TOO_LARGE, f"{message} Ask for less time, longer bars, or fewer rule sets or combinations.")
