"""The egress itself: on lease while it lives, silent while a venue has shut it out."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from nightdesk.balancer.model import Egress, Grant
from nightdesk.balancer.reading import address_ban_ms
from nightdesk.balancer.request import Request
from nightdesk.balancer.stream_ports import Answer, Budget, NotSent, Transport
from nightdesk.balancer.tables import VENUES
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import NightdeskError

LEASE_MS: Final = 3_000
HEARTBEAT_S: Final = 1.0
_log = logging.getLogger(__name__)


class WayOut:
    """A `Transport` over one address."""

    def __init__(self, egress: Egress, budget: Budget, transport: Transport, monotonic: Callable[[], float]) -> None:
        self.egress = egress
        self._budget = budget
        self._transport = transport
        self._monotonic = monotonic
        self._banned_until_s: dict[VenueId, float] = {}
        self._leaving = False
        self.counts: Counter[str] = Counter()

    async def keep_lease(self, stopping: asyncio.Event) -> None:
        """Be among the egresses that may be chosen, until told to stop."""
        try:
            while not stopping.is_set():
                await self._each(lambda venue: self._budget.lease(venue, self.egress, LEASE_MS))
                try:
                    await asyncio.wait_for(stopping.wait(), HEARTBEAT_S)
                except TimeoutError:
                    continue
        finally:
            self._leaving = stopping.is_set()
            await self._each(lambda venue: self._budget.release(venue, self.egress.name))

    async def send(self, grant: Grant, request: Request, body: bytes | None, timeout_s: float) -> Answer:
        """Send, unless it is known that the venue has shut this address out.

        Raises:
            NotSent: It has, or this forwarder is leaving, or the venue can't be reached.
            AnswerLost: It may have left.
        """
        if self._leaving or self._monotonic() < self._banned_until_s.get(request.venue, 0.0):
            self.counts["refused"] += 1
            raise NotSent("this egress is leaving or banned")
        answer = await self._transport.send(grant, request, body, timeout_s)
        self.counts["sent"] += 1
        ban_ms = address_ban_ms(request, answer)
        if ban_ms:
            self.counts[f"answered_{answer.status}"] += 1
            self._banned_until_s[request.venue] = self._monotonic() + ban_ms / 1000
        return answer

    async def _each(self, do: Callable[[VenueId], Awaitable[None]]) -> None:
        try:
            for venue in VENUES:
                await do(venue)
        except NightdeskError as error:
            _log.warning("lease not renewed or given back", extra={"code": error.code})
