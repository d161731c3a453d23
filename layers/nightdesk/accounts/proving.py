"""Since when and until when a balance is proven: the longest stretch whose every checkpoint agrees with the ledger."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate
from typing import Final

from nightdesk.kernel.money import ZERO, add, subtract

TOLERANCE: Final = Decimal("0.00000001")
"""Venues tell balances with eight decimals or more; what is less than their last digit is no difference."""


class CheckpointSource(StrEnum):
    """Where a checkpoint's balance is from."""

    BALANCES = "balances"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was held at an instant, all of that instant included.

    Attributes:
        source: `balances`: the venue was asked. `running`: a balance beside one event, told by the venue or read from
            the ledger when the venue last agreed with it; the event itself happened at exactly this instant.
    """

    at: datetime
    balance: Decimal
    source: CheckpointSource


@dataclass(frozen=True, slots=True)
class Move:
    """All that changed a balance in one instant."""

    at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in which a balance is proven, both ends included; `until` alone is not where it breaks.

    Attributes:
        broken: Whether something after it speaks against the ledger.
    """

    since: datetime
    until: datetime
    broken: bool


@dataclass(frozen=True, slots=True)
class _Judged:
    checkpoint: Checkpoint
    difference: Decimal

    @property
    def agrees(self) -> bool:
        return self.difference.copy_abs() < TOLERANCE


def prove(moves: Sequence[Move], checkpoints: Sequence[Checkpoint], *, is_complete: bool) -> Stretch | None:
    """The longest proven stretch; None where nothing is proven.

    The line ends at exactly the event that is missing or too much where that can be told: at the first running balance
    that disagrees, or at the one event of the ledger that explains the difference. Else it ends at the last checkpoint
    that agrees.

    Args:
        moves: Of one balance, by instant, each instant once.
        checkpoints: Of the same balance, by instant.
        is_complete: The venue tells all history, so that nothing was held before its first event.
    """
    judged = list(_judged(moves, checkpoints))
    if not judged:
        return None
    first = min([judged[0].checkpoint.at, *(move.at for move in moves[:1])])
    stretches = [
        Stretch(
            first if is_complete and run[0] is judged[0] else run[0].checkpoint.at,
            run[-1].checkpoint.at if after is None else _broken_at(after, moves, run[-1].checkpoint.at),
            broken=after is not None,
        )
        for run, after in _runs(judged)
    ]
    if is_complete and not judged[0].agrees:
        stretches.append(Stretch(first, _broken_at(judged[0], moves, first), broken=True))
    return max(stretches, key=_length, default=None)


def _judged(moves: Sequence[Move], checkpoints: Sequence[Checkpoint]) -> Iterator[_Judged]:
    instants = [move.at for move in moves]
    balances = [ZERO, *accumulate((move.amount for move in moves), add)]
    for checkpoint in checkpoints:
        derived = balances[bisect_right(instants, checkpoint.at)]
        yield _Judged(checkpoint, subtract(checkpoint.balance, derived))


def _runs(judged: Sequence[_Judged]) -> Iterator[tuple[list[_Judged], _Judged | None]]:
    """Checkpoints that agree one after the other, each time with the first after them that does not."""
    run: list[_Judged] = []
    for each in judged:
        if each.agrees:
            run.append(each)
        elif run:
            yield run, each
            run = []
    if run:
        yield run, None


def _length(stretch: Stretch) -> tuple[timedelta, datetime]:
    return stretch.until - stretch.since, stretch.until


def _broken_at(after: _Judged, moves: Sequence[Move], last: datetime) -> datetime:
    """Where the ledger goes wrong: at a running balance that disagrees, or at the one event that the venue lacks."""
    if after.checkpoint.source is CheckpointSource.RUNNING:
        return after.checkpoint.at
    told = [move.at for move in moves if add(move.amount, after.difference) == 0 and move.at <= after.checkpoint.at]
    later = [at for at in told if at > last]
    return next((found[0] for found in (later, told) if len(found) == 1), last)
