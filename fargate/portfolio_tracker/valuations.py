"""Keeps what the closes of portfolio candles rest on, beside the candles; what can't be kept now waits."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Final

from nightdesk.kernel.errors import Unavailable
from nightdesk.portfolio.provenance import Provenance, ValuationLog

WRITE_EVERY_S: Final = 1.0
A_TIME: Final = 20
WAITING_MAX: Final = 5_000
"""Of so many bars the provenance waits at most: beyond, that of the oldest is given up, the bars are not."""

_log = logging.getLogger(__name__)


class ValuationKeeper:
    """Writes beside the tracker's loops, so that nothing waits for it."""

    def __init__(self, log: ValuationLog) -> None:
        self._log = log
        self._waiting: deque[Provenance] = deque(maxlen=WAITING_MAX)

    def tell(self, told: Sequence[Provenance]) -> None:
        """Have it kept."""
        self._waiting.extend(told)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def run(self, stopping: asyncio.Event) -> None:
        """Write until stopped, and then what is left."""
        while not stopping.is_set():
            await self.write()
            try:
                await asyncio.wait_for(stopping.wait(), WRITE_EVERY_S)
            except TimeoutError:
                continue
        await self.write()

    async def write(self) -> None:
        """Write what waits, some at a time."""
        while self._waiting:
            told = [self._waiting[number] for number in range(min(A_TIME, len(self._waiting)))]
            try:
                await asyncio.to_thread(self._log.write, told)
            except Unavailable as error:
                _log.warning("provenance waits", extra={"code": error.code, "waiting": len(self._waiting)})
                return
            for each in told:
                if self._waiting and self._waiting[0] is each:
                    self._waiting.popleft()
