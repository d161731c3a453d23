"""Which of two tellings of a bar stands: the one of the higher revision.

A revision of a live stream is when it was handed over: milliseconds since 1970, and a number within the
millisecond. History that was asked of a venue has the revision of the instant it was asked at, so that what the
stream told later stands. Bars of files have small numbers: nothing a venue told is ever replaced by a file, and of
two files the one that was loaded later stands.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from nightdesk.kernel.instants import to_ms

SEQUENCE_BITS: Final = 20
_SEQUENCE_MAX: Final = (1 << SEQUENCE_BITS) - 1


def live_revision(at_ms: int, sequence: int) -> int:
    """The revision of what a stream handed over; below 2^63 until the year 2248."""
    return (at_ms << SEQUENCE_BITS) + min(sequence, _SEQUENCE_MAX)


def history_revision(asked_at: datetime) -> int:
    """The revision of bars that a venue was asked for at this instant; take it before the question."""
    return live_revision(to_ms(asked_at), 0)


def file_revision(loaded_at: datetime) -> int:
    """The revision of bars of a file."""
    return to_ms(loaded_at)
