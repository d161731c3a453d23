"""Bars that venues told lately, and whose turn it is to ask them, in Valkey."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import uuid4

from redis import Redis

from nightdesk.adapters.redis.errors import unavailable
from nightdesk.candles.model import Candle
from nightdesk.kernel.instants import from_ms, to_ms

_GIVE_BACK: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class ValkeyBarsMemory:
    """`BarsMemory` that all processes share."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._script = client.register_script(_GIVE_BACK)

    def known(self, key: str) -> Sequence[Candle] | None:
        """What was told, while it is kept.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        with unavailable():
            told = self._client.get(f"proxy:bars:{key}")
        rows = None if told is None else json.loads(told)
        return None if rows is None else [Candle(from_ms(row[0]), *row[1:]) for row in rows]

    def keep(self, key: str, candles: Sequence[Candle], span: timedelta) -> None:
        """Keep it so long.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        rows = [(to_ms(bar.at), bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in candles]
        with unavailable():
            self._client.set(f"proxy:bars:{key}", json.dumps(rows), px=span)

    def take(self, what: str, lease: timedelta) -> str | None:
        """A token for what nobody has taken.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        token = uuid4().hex
        with unavailable():
            is_ours = self._client.set(f"proxy:turn:{what}", token, nx=True, px=lease)
        return token if is_ours else None

    def give_back(self, what: str, token: str) -> None:
        """Let others take it.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        with unavailable():
            self._script(keys=[f"proxy:turn:{what}"], args=[token])
