"""Waits for a place in the shared budget, politely and not for ever."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from nightdesk.balancer.errors import too_long
from nightdesk.balancer.model import Ask, Egress, Grant, Priority, Wait
from nightdesk.balancer.stream_ports import Budget
from nightdesk.kernel.errors import Unavailable

Sleep = Callable[[float], Awaitable[None]]
Monotonic = Callable[[], float]

LONGEST_WAIT_S: Mapping[Priority, float] = {
    Priority.ORDER: 5.0,
    Priority.STOP: 10.0,
    Priority.FILL: 15.0,
    Priority.HISTORY: 20.0,
}
"""A caller that can't wait so long gets RateLimited with the time that is left, and queues its work again."""

BOT_LONGEST_WAIT_S: Mapping[Priority, float] = {
    Priority.ORDER: 5.0,
    Priority.STOP: 5.0,
    Priority.FILL: 7.0,
    Priority.HISTORY: 7.0,
}
"""For foreign bots: they give up after ten seconds unless told otherwise."""

NAP_MAX_MS = 1_000
LOST_PATIENCE_S: Mapping[Priority, float] = {
    Priority.ORDER: 3.0,
    Priority.STOP: 3.0,
    Priority.FILL: 4.0,
    Priority.HISTORY: 15.0,
}
"""A budget that does not answer is asked again for so long: a store that changes hands is back by then."""

LOST_NAP_S = 0.2

OWN_LEASE_MS = 3_600_000
"""A process's own address needs no heartbeat: who asks is alive."""


class Gate:
    """The door every request to a venue passes.

    Args:
        own: This process's own address, offered when there is no other.
    """

    def __init__(
        self,
        budget: Budget,
        *,
        sleep: Sleep,
        monotonic: Monotonic,
        own: Egress | None = None,
        longest_wait_s: Mapping[Priority, float] = LONGEST_WAIT_S,
    ) -> None:
        self._budget = budget
        self._sleep = sleep
        self._monotonic = monotonic
        self._own = own
        self._longest_wait_s = longest_wait_s

    async def enter(self, ask: Ask) -> tuple[Grant, int]:
        """A place, and how many milliseconds it was waited for.

        Raises:
            RateLimited: `balancer.wait_too_long`, `venue.banned`: no place in time; `retry_after_s` says when.
            Unavailable: `balancer.unavailable`, `balancer.no_egress`.
        """
        started_s = self._monotonic()
        until_s = started_s + self._longest_wait_s[ask.priority]
        while True:
            outcome = await self._patiently(ask)
            now_s = self._monotonic()
            if isinstance(outcome, Grant):
                return outcome, int((now_s - started_s) * 1000)
            if now_s >= until_s or (outcome.reason == "banned" and now_s + outcome.wait_ms / 1000 > until_s):
                raise too_long(ask.venue, outcome.reason, outcome.wait_ms)
            if outcome.reason == "no_egress" and self._own:
                await self._budget.lease(ask.venue, self._own, OWN_LEASE_MS)
                continue
            nap_ms = min(outcome.wait_ms, NAP_MAX_MS, max(1, (until_s - now_s) * 1000))
            await self._sleep(nap_ms / 1000)

    async def _patiently(self, ask: Ask) -> Grant | Wait:
        """Ask, and ask again while the budget is away for a moment; nothing is sent meanwhile."""
        patience_s = min(LOST_PATIENCE_S[ask.priority], self._longest_wait_s[ask.priority])
        until_s = self._monotonic() + patience_s
        while True:
            try:
                return await self._budget.acquire(ask)
            except Unavailable:
                if self._monotonic() + LOST_NAP_S > until_s:
                    raise
                await self._sleep(LOST_NAP_S)
