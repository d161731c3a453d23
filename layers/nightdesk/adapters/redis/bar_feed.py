"""Bars of chosen series as they form and close, over Valkey."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

from nightdesk.adapters.redis.errors import unavailable as translated
from nightdesk.candles.model import Candle
from nightdesk.kernel.instants import from_ms

WAIT_S: Final = 0.2
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ToldBar:
    """A bar in its series' own resolution."""

    series: str
    candle: Candle
    is_closed: bool


class ValkeyBarFeed:
    """Hears `candle.<series>` of those series that are wanted at the moment."""

    def __init__(self, valkey: Redis) -> None:
        self._valkey = valkey

    async def hear(self, wanted: Callable[[], Collection[str]]) -> AsyncIterator[ToldBar | None]:
        """Every bar of the wanted series; None whenever there was none for a moment.

        Raises:
            Unavailable: The connection broke.
        """
        heard: set[str] = set()
        with translated():
            async with self._valkey.pubsub(ignore_subscribe_messages=True) as listener:
                while True:
                    heard = await _follow(listener, heard, set(wanted()))
                    if not heard:
                        yield None
                        continue
                    message = await listener.get_message(timeout=WAIT_S)
                    yield None if message is None else _read(message["data"])


async def _follow(listener: Any, heard: set[str], wanted: set[str]) -> set[str]:
    if wanted - heard:
        await listener.subscribe(*(f"candle.{series}" for series in wanted - heard))
    if heard - wanted:
        await listener.unsubscribe(*(f"candle.{series}" for series in heard - wanted))
    return wanted


def _read(data: bytes) -> ToldBar | None:
    try:
        told = json.loads(data)
        columns = (told[name] for name in ("open", "high", "low", "close", "volume"))
        candle = Candle(from_ms(told["at_ms"]), *map(float, columns))
        return ToldBar(told["series"], candle, bool(told["closed"]))
    except (ValueError, KeyError, TypeError):
        _log.warning("a bar can't be read")
        return None
