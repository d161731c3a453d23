"""Lets one process through in a while, by a key that expires."""

from __future__ import annotations

from redis import Redis

from nightdesk.adapters.redis.errors import unavailable


class ValkeyTurnstile:
    """`Turnstile` over all processes."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    def enter(self, name: str, hold_s: int) -> bool:
        """Whether the caller is the first of that name within so many seconds.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        with unavailable():
            return bool(self._client.set(f"turnstile:{name}", b"1", nx=True, ex=hold_s))
