"""Leases in Valkey, and a stream of bars that only a lease's holder can add to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from redis.asyncio import Redis

from nightdesk.adapters.redis.candle_stream import ROWS_PER_ENTRY, STREAM, VERSION, ValkeyCandleSink, encode_rows
from nightdesk.adapters.redis.errors import unavailable
from nightdesk.candles.model import CandleRow
from nightdesk.candles.sharing import Share
from nightdesk.kernel.errors import Unavailable

MEMBERS: Final = "streams:members"
_SCRIPTS: Final = Path(__file__).parent / "scripts"


class ValkeyLeases:
    """`Leases` over all processes; the server's clock counts.

    Args:
        member: This process's name; a process that is started again under it takes over what it held.
        life: Higher in each life of the member: milliseconds since 1970 when it began.
        lease_s: So long a lease lasts after its holder died.
    """

    def __init__(self, valkey: Redis, member: str, life: int, *, lease_s: float) -> None:
        self._valkey = valkey
        self._member = member
        self._life = life
        self._lease_ms = int(lease_s * 1000)
        self._attend = valkey.register_script((_SCRIPTS / "lease_attend.lua").read_text())
        self._take = valkey.register_script((_SCRIPTS / "lease_take.lua").read_text())
        self._release = valkey.register_script((_SCRIPTS / "lease_release.lua").read_text())

    @property
    def member(self) -> str:
        """This process's name."""
        return self._member

    @property
    def holder(self) -> str:
        """What this life's leases hold."""
        return f"{self._member}|{self._life}"

    async def attend(self) -> frozenset[str]:
        """Say that this process lives; everybody who does."""
        with unavailable():
            members = await self._attend(keys=[MEMBERS], args=[self._member, self._lease_ms])
        return frozenset(member.decode() for member in members)

    async def take(self, share: Share) -> bool:
        """Take the share, or keep it."""
        with unavailable():
            return bool(await self._take(keys=[lease_of(share)], args=[self._member, self._life, self._lease_ms]))

    async def release(self, share: Share) -> None:
        """Let somebody else have the share at once."""
        with unavailable():
            await self._release(keys=[lease_of(share)], args=[self.holder])

    async def leave(self) -> None:
        """Say that this process ends."""
        with unavailable():
            await self._valkey.zrem(MEMBERS, self._member)


class LeasedCandleSink(ValkeyCandleSink):
    """The producers' end, shut to whoever lost the lease: what he still holds may be older than what is stored.

    Args:
        holder: As `ValkeyLeases` tells it.
    """

    def __init__(self, valkey: Redis, share: Share, holder: str) -> None:
        super().__init__(valkey)
        self._lease = lease_of(share)
        self._holder = holder
        self._append = valkey.register_script((_SCRIPTS / "lease_append.lua").read_text())

    async def append(self, rows: Sequence[CandleRow]) -> None:
        """Add the rows to the stream while the lease is held.

        Raises:
            Unavailable: They may not have arrived; `streams.lease_lost` if they did not for want of the lease.
        """
        batches = [rows[index : index + ROWS_PER_ENTRY] for index in range(0, len(rows), ROWS_PER_ENTRY)]
        arguments: list[str | bytes] = [self._holder, VERSION, *map(encode_rows, batches)]
        with unavailable():
            is_held = await self._append(keys=[self._lease, STREAM], args=arguments)
        if not is_held:
            raise Unavailable("streams.lease_lost", "Another process streams these markets now.")


def lease_of(share: Share) -> str:
    """The lease's key."""
    return f"streams:lease:{share.name}"
