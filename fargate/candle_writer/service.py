"""The writer's loop: read, store in one transaction, acknowledge after the commit.

Dying between the commit and the acknowledgement only means that the same rows are stored again, which changes
nothing; dying before means that another writer, or the next life of this one, takes the delivery over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from nightdesk.candles.ports import Batch, CandleStore
from nightdesk.candles.stream_ports import CandleInbox, Delivery
from nightdesk.kernel.errors import InvalidInput, NightdeskError
from nightdesk.kernel.instants import Clock

BACKOFF_FIRST_S: Final = 0.1
BACKOFF_MAX_S: Final = 5.0
AHEAD_EVERY_S: Final = 3600.0
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Counts:
    """What this process did since it started."""

    rows: int = 0
    batches: int = 0
    refused: int = 0


class CandleWriter:
    """Moves candles from the inbox to the store until it is told to stop."""

    def __init__(self, inbox: CandleInbox, store: CandleStore, clock: Clock) -> None:
        self._inbox = inbox
        self._store = store
        self._clock = clock
        self.counts = Counts()

    async def write(self, stopping: asyncio.Event) -> None:
        """Store what comes; retries while a server is away, and never loses its place."""
        backoff_s = BACKOFF_FIRST_S
        while not stopping.is_set():
            try:
                await self._inbox.open()
                while not stopping.is_set():
                    await self._turn()
                    backoff_s = BACKOFF_FIRST_S
            except NightdeskError as error:
                if not error.retryable:
                    raise
                _log.warning("candles wait", extra={"code": error.code, "retry_s": backoff_s})
                await asyncio.sleep(backoff_s)
                backoff_s = min(2 * backoff_s, BACKOFF_MAX_S)

    async def make_room(self, stopping: asyncio.Event) -> None:
        """Make the partitions of this and the next two months, every hour."""
        while not stopping.is_set():
            now = self._clock.now()
            await asyncio.to_thread(self._store.prepare, now - timedelta(days=31), now)
            try:
                await asyncio.wait_for(stopping.wait(), AHEAD_EVERY_S)
            except TimeoutError:
                continue

    def health(self) -> dict[str, Any]:
        """Counts for the health page."""
        return {"rows": self.counts.rows, "batches": self.counts.batches, "refused": self.counts.refused}

    async def _turn(self) -> None:
        deliveries = await self._inbox.receive()
        for delivery in (one for one in deliveries if one.batch is None):
            await self._refuse(delivery, "unreadable")
        readable = [one for one in deliveries if one.batch is not None]
        if readable:
            await self._keep(readable)

    async def _keep(self, deliveries: Sequence[Delivery]) -> None:
        """Store all at once; when a value does not fit, one by one, so that only the bad one is put aside.

        Any other refusal means that the database or we are wrong, not the rows: they stay in the stream.
        """
        batches = [one.batch for one in deliveries if one.batch is not None]
        try:
            await self._upsert(batches)
        except InvalidInput as error:
            if len(deliveries) == 1:
                await self._refuse(deliveries[0], error.code)
                return
            for delivery in deliveries:
                await self._keep([delivery])
            return
        await self._inbox.acknowledge([one.delivery_id for one in deliveries])

    async def _upsert(self, batches: Sequence[Batch]) -> None:
        refused = await asyncio.to_thread(self._store.upsert, batches)
        self.counts.batches += len(batches)
        self.counts.rows += sum(len(batch.rows) for batch in batches) - len(refused)
        self.counts.refused += len(refused)
        for one in refused:
            _log.error("candle refused", extra={"series": one.row.series, "reason": one.reason})

    async def _refuse(self, delivery: Delivery, reason: str) -> None:
        _log.error("batch of candles put aside", extra={"delivery_id": delivery.delivery_id, "reason": reason})
        self.counts.refused += 1
        await self._inbox.refuse(delivery, reason)
