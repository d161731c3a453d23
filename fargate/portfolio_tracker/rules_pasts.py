"""What operands were worth a while ago: sampled at whole steps, for changes over a window."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nightdesk.kernel.instants import EPOCH
from nightdesk.rules.model import Operand, change_step
from nightdesk.rules.slots import Past

Read = Callable[[Operand], Decimal | None]


@dataclass(frozen=True, slots=True)
class Unseen:
    """An operand whose past was not looked up.

    Attributes:
        step: Between its samples.
        reach: How far back somebody looks.
    """

    operand: Operand
    step: timedelta
    reach: timedelta

    def steps(self, span: timedelta) -> list[timedelta]:
        """The steps within a span, from its begin on."""
        return [number * self.step for number in range(max(1, span // self.step))]


class PastValues:
    """Samples of operands, as long as a window wants them."""

    def __init__(self) -> None:
        self._warmed: set[tuple[Operand, timedelta]] = set()
        self._wanted: set[tuple[Operand, timedelta]] = set()
        self._reach: dict[Operand, timedelta] = {}
        self._samples: dict[Operand, dict[datetime, Decimal | None]] = {}

    def want(self, pasts: Iterable[Past]) -> None:
        """From now on these are asked for; samples of others are forgotten."""
        self._wanted, self._reach = set(), {}
        for past in pasts:
            step = change_step(past.window)
            self._wanted.add((past.operand, step))
            self._reach[past.operand] = max(past.window + 2 * step, self._reach.get(past.operand, step))
        self._samples = {operand: self._samples.get(operand, {}) for operand in self._reach}
        self._warmed &= self._wanted

    def unseen(self) -> list[Unseen]:
        """Operands whose past nobody has looked up since they are wanted."""
        return [Unseen(operand, step, self._reach[operand]) for operand, step in self._wanted - self._warmed]

    def warmed(self, unseen: Unseen) -> None:
        """The operand's past was looked up."""
        self._warmed.add((unseen.operand, unseen.step))

    def at(self, operand: Operand, instant: datetime) -> Decimal | None:
        """The operand's value at the last instant seen at or before a whole step; None if nobody saw it."""
        return self._samples.get(operand, {}).get(instant)

    def put(self, operand: Operand, instant: datetime, value: Decimal | None) -> None:
        """Keep a value of the past, such as the close of a stored bar, unless it was seen."""
        if operand in self._samples and self._samples[operand].get(instant) is None:
            self._samples[operand][instant] = value

    def correct(self, operand: Operand, instant: datetime, value: Decimal | None) -> None:
        """Keep what the bar that ended then closed at, which is the truth, whatever was seen."""
        steps = (step for wanted, step in self._wanted if wanted == operand)
        if value is not None and any(instant == _floor(instant, step) for step in steps):
            self._samples[operand][instant] = value

    def pass_over(self, before: datetime | None, now: datetime, read_before: Read) -> bool:
        """Sample what was known at each whole step since the instant before, up to but not at this one.

        Returns:
            Whether a step was passed.
        """
        passed = False
        for operand, step in self._wanted:
            newest = _floor(now - timedelta(microseconds=1), step)
            if before is not None and before <= newest:
                self._fill(operand, (_floor_up(before, step), newest, step), read_before(operand))
                self._trim(operand, now - self._reach[operand])
                passed = True
        return passed

    def _fill(self, operand: Operand, steps: tuple[datetime, datetime, timedelta], value: Decimal | None) -> None:
        at, newest, step = steps
        while at <= newest:
            self._samples[operand][at] = value
            at += step

    def _trim(self, operand: Operand, oldest: datetime) -> None:
        samples = self._samples[operand]
        if samples and min(samples) < oldest:
            self._samples[operand] = {at: value for at, value in samples.items() if at >= oldest}


def _floor(at: datetime, step: timedelta) -> datetime:
    return at - (at - EPOCH) % step


def _floor_up(at: datetime, step: timedelta) -> datetime:
    floor = _floor(at, step)
    return floor if floor == at else floor + step
