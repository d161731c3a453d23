"""Sends again what a queue lost: firings that nobody is at work on and that are not finished."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final, Protocol

from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.instants import Clock, format_instant
from nightdesk.rules.action_ports import FiringRef

SILENT_AFTER: Final = timedelta(seconds=20)
"""A process that is at work has noted something more lately, unless it waits for one venue call."""

FIRINGS_A_SWEEP: Final = 500
_log = logging.getLogger(__name__)


class SilentFirings(Protocol):
    """Firings of every tenant."""

    def silent(self, silent_since: datetime, limit: int) -> tuple[FiringRef, ...]:
        """Open firings without a sign of life since then, the oldest first."""
        ...


class ActionResender(Protocol):
    """Where firings wait to be run."""

    def resend(self, ref: FiringRef, sweep: str) -> None:
        """Hand it over once more.

        Raises:
            Unavailable: `queue.unavailable`.
        """
        ...


class ActionSweeper:
    """Runs each minute, over all tenants."""

    def __init__(self, firings: SilentFirings, queue: ActionResender, clock: Clock) -> None:
        self._firings = firings
        self._queue = queue
        self._clock = clock

    def sweep(self) -> int:
        """Send silent firings again; how many were sent.

        Raises:
            Unavailable: The database does not answer; the next sweep goes on.
        """
        now = self._clock.now()
        silent = self._firings.silent(now - SILENT_AFTER, FIRINGS_A_SWEEP)
        return sum(self._resend(ref, format_instant(now)) for ref in silent)

    def _resend(self, ref: FiringRef, sweep: str) -> bool:
        try:
            self._queue.resend(ref, sweep)
        except Unavailable as error:
            _log.warning("firing not sent again", extra={"firing_id": str(ref.firing_id), "error_code": error.code})
            return False
        return True
