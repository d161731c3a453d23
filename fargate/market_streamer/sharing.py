"""Streams the shares that fall to this process, and hands over those that fall to another.

Every beat this process says that it lives, renews its leases, and looks who else lives; from that everybody comes to
the same spread. While Valkey does not answer everything goes on: whoever lost a lease meanwhile can't add bars.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from nightdesk.candles.sharing import Share, spread
from nightdesk.candles.sharing_ports import Leases
from nightdesk.kernel.errors import Unavailable
from nightdesk.runtime.service import Part, Supervisor

BEATS_A_LEASE: Final = 4
"""So often a lease is renewed while it lasts."""

END_WITHIN_S: Final = 5.0

_log = logging.getLogger(__name__)


class Streamer(Protocol):
    """Streams one share."""

    def parts(self) -> Sequence[Part]:
        """What has to run."""
        ...

    def health(self) -> Mapping[str, Any]:
        """How it is."""
        ...


@dataclass(slots=True)
class _Running:
    streamer: Streamer
    supervisor: Supervisor = field(init=False)
    task: asyncio.Task[None] = field(init=False)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.streamer.parts(), stop_within_s=END_WITHIN_S)
        self.task = asyncio.create_task(self.supervisor.keep())


class SharedStreams:
    """Runs a streamer for each share that this process holds.

    Args:
        shares: All there are.
        leases: Tells who holds which.
        make: Makes a share's streamer.
        lease_s: How long a lease lasts.
    """

    def __init__(
        self, shares: Sequence[Share], leases: Leases, make: Callable[[Share], Streamer], *, lease_s: float
    ) -> None:
        self._shares = shares
        self._leases = leases
        self._make = make
        self._lease_s = lease_s
        self._running: dict[Share, _Running] = {}
        self._ending: set[Share] = set()
        self._giving: set[asyncio.Task[None]] = set()
        self._patient_until_s = 0.0

    async def run(self, stopping: asyncio.Event) -> None:
        """Stream until the event is set; then let the others go on."""
        try:
            while not stopping.is_set():
                await self._beat()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), self._lease_s / BEATS_A_LEASE)
        finally:
            await self._hand_over()

    def health(self) -> dict[str, Any]:
        """Each share's streamer."""
        shares = {
            share.name: {**running.supervisor.health(), **running.streamer.health()}
            for share, running in self._running.items()
        }
        return {"member": self._leases.member, "shares": shares}

    async def _beat(self) -> None:
        try:
            owners = spread(self._shares, await self._leases.attend())
            for share, owner in owners.items():
                await self._settle(share, is_mine=owner == self._leases.member)
        except Unavailable as error:
            # Everybody was away: whoever comes back first must not take what the others still stream.
            self._patient_until_s = asyncio.get_running_loop().time() + self._lease_s
            _log.warning("leases wait", extra={"code": error.code})

    async def _settle(self, share: Share, *, is_mine: bool) -> None:
        """Renew what runs, begin what is free and ours, end what is not ours any more."""
        is_patient = asyncio.get_running_loop().time() < self._patient_until_s
        if share not in self._running and (is_patient or not is_mine):
            return
        is_held = await self._leases.take(share)
        if share in self._running and not (is_held and is_mine):
            self._end(share, "handed over" if is_held else "lost")
        elif share not in self._running and is_held:
            self._running[share] = _Running(self._make(share))
            _log.info("share taken", extra={"share": share.name})

    def _end(self, share: Share, why: str) -> None:
        """Have it end beside the beats, which keep its lease until then."""
        if share in self._ending:
            return
        _log.info("share ends", extra={"share": share.name, "reason": why})
        self._ending.add(share)
        running = self._running[share]
        running.supervisor.stop()
        running.task.add_done_callback(lambda _: self._ended(share))

    def _ended(self, share: Share) -> None:
        self._ending.discard(share)
        del self._running[share]
        giving = asyncio.create_task(self._give_back(share))
        self._giving.add(giving)
        giving.add_done_callback(self._giving.discard)

    async def _give_back(self, share: Share) -> None:
        with suppress(Unavailable):  # then it ends by itself
            await self._leases.release(share)

    async def _hand_over(self) -> None:
        """End everything, publish what it holds, and give all back."""
        shares = list(self._running)
        with suppress(Unavailable):
            await self._leases.leave()
        for share in shares:
            self._running[share].supervisor.stop()
        await asyncio.gather(*(self._running[share].task for share in shares), return_exceptions=True)
        for share in shares:
            await self._give_back(share)
