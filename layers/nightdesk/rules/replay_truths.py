"""What is true over a run of bars: pairs of arrays, joined by three-valued logic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from nightdesk.rules.state import NodeState

Flags = npt.NDArray[np.bool_]
Memory = Callable[[int], NodeState | None]
"""What a condition remembers after a bar of a run."""


@dataclass(frozen=True, slots=True)
class Truths:
    """Whether something may be true, and may be false, at each bar."""

    may: Flags
    may_not: Flags

    def cut(self, begin: int, end: int) -> Truths:
        """Some of the bars."""
        return Truths(self.may[begin:end], self.may_not[begin:end])


@dataclass(frozen=True, slots=True)
class Branch:
    """A condition over all bars.

    Attributes:
        memories: Of the condition and those in it, by their number from the condition on.
        size: How many conditions that are.
    """

    truths: Truths
    memories: Sequence[tuple[int, Memory]]
    size: int


def latest_of(flags: Flags) -> npt.NDArray[np.int64]:
    """The last place at or before each at which it is so; -1 where there is none."""
    places = np.where(flags, np.arange(len(flags)), -1)
    latest: npt.NDArray[np.int64] = np.maximum.accumulate(places)
    return latest


def all_of(parts: Sequence[Truths]) -> Truths:
    """Whether all are true, not known where that depends on what is not known."""
    return Truths(_every([each.may for each in parts]), _some([each.may_not for each in parts]))


def any_of(parts: Sequence[Truths]) -> Truths:
    """Whether at least one is true, likewise."""
    return Truths(_some([each.may for each in parts]), _every([each.may_not for each in parts]))


def _every(flags: Sequence[Flags]) -> Flags:
    """Where all are; where one is nowhere so, the same for all bars."""
    nowhere = next((each for each in flags if not each.strides[0] and not each[0]), None)
    joined: Flags = reduce(np.logical_and, flags) if nowhere is None else nowhere
    return joined


def _some(flags: Sequence[Flags]) -> Flags:
    joined: Flags = reduce(np.logical_or, flags)
    return joined
