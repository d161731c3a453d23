"""Turns of keys in Valkey, kept by the key's fingerprint; neither key nor secret is ever there."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from nightdesk.balancer.model import KeyPrint
from nightdesk.balancer.turns import LONGEST_WAIT_S, key_busy, turns_unavailable

LEASE_MS: Final = 8_000
"""So long a turn lasts after its process died; one that lives renews it."""

RENEW_EVERY_S: Final = 2.0
LOOK_FIRST_S: Final = 0.004
LOOK_MOST_S: Final = 0.05
_SCRIPTS: Final = Path(__file__).parent / "scripts"


class ValkeyTurns:
    """`Turns` over all processes.

    Args:
        longest_wait_s: Whoever has no turn by then is told to come back.
    """

    def __init__(self, client: Redis, *, longest_wait_s: float = LONGEST_WAIT_S) -> None:
        self._client = client
        self._longest_wait_s = longest_wait_s
        self._take = client.register_script((_SCRIPTS / "turn_take.lua").read_text())
        self._keep = client.register_script((_SCRIPTS / "turn_keep.lua").read_text())

    @asynccontextmanager
    async def turn(self, key: KeyPrint) -> AsyncIterator[int]:
        """Wait for the key's turn."""
        holder = uuid4().hex
        nonce = await self._wait(key, holder)
        renewing = asyncio.create_task(self._renew(key, holder))
        try:
            yield nonce
        finally:
            renewing.cancel()
            with suppress(RedisError, OSError):  # then it ends by itself
                await self._keep(keys=[_turn(key)], args=[holder, "0"])

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _wait(self, key: KeyPrint, holder: str) -> int:
        loop, pause_s = asyncio.get_running_loop(), LOOK_FIRST_S
        until_s = loop.time() + self._longest_wait_s
        while True:
            taken = await self._ask(key, holder)
            if taken is not None:
                return int(taken)
            if loop.time() >= until_s:
                raise key_busy()
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - nothing hangs on it
            pause_s = min(2 * pause_s, LOOK_MOST_S)

    async def _ask(self, key: KeyPrint, holder: str) -> Any:
        try:
            return await self._take(keys=[_turn(key), f"{_place(key)}:last"], args=[holder, LEASE_MS])
        except (RedisError, OSError):
            raise turns_unavailable() from None

    async def _renew(self, key: KeyPrint, holder: str) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            with suppress(RedisError, OSError):
                await self._keep(keys=[_turn(key)], args=[holder, LEASE_MS])


def _place(key: KeyPrint) -> str:
    """The braces keep both of a key's entries in one slot of a cluster."""
    return f"nonces:{{{key}}}"


def _turn(key: KeyPrint) -> str:
    return f"{_place(key)}:turn"
