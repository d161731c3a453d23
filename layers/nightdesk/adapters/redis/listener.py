"""Listening to Valkey's subjects by pattern, for processes that run an event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator

from redis.asyncio import Redis
from redis.exceptions import RedisError

from nightdesk.kernel.errors import Unavailable

PING_AFTER_S = 15.0


class ValkeyListener:
    """One connection that hears every subject of a pattern."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def messages(self, pattern: str) -> AsyncIterator[bytes | None]:
        """What is published, as it comes; None first, once nothing published from then on is missed.

        Raises:
            Unavailable: `cache.unavailable`: the connection is lost, and what is published meanwhile with it.
        """
        client = Redis.from_url(self._url, socket_connect_timeout=2.0, health_check_interval=PING_AFTER_S)
        try:
            async with client, client.pubsub() as subscription:
                await subscription.psubscribe(pattern)
                async for message in subscription.listen():
                    if message["type"] == "psubscribe":
                        yield None
                    elif message["type"] == "pmessage":
                        yield bytes(message["data"])
        except (RedisError, OSError) as error:
            raise Unavailable("cache.unavailable", "The cache does not answer.") from error
