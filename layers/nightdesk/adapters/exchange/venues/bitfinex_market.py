"""Bitfinex's public channels: `trades` and `ticker`, each for one market and at most 25 a connection.

Trades are numbered over all markets, so that a market's numbers rise with holes. Messages are numbered by connection
where a flag asks for it; ccxt does not know the number and is given messages without it. A channel beats every 15
seconds.

Source: https://docs.bitfinex.com/docs/ws-general (…/ws-public, …/requirements-and-limitations), 2026-11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

from nightdesk.adapters.exchange.market_venue import MarketVenue

CHANNELS_A_CONNECTION: Final = 25
NUMBERED: Final = 65_536
_LEAVING: Final = frozenset({20_051, 20_060})
"""Reconnect, maintenance begins."""

_NUMBERED_LENGTH: Final = 3


class BitfinexMarket(MarketVenue):
    """Bitfinex spot."""

    markets_a_connection: ClassVar[int] = CHANNELS_A_CONNECTION // 2
    begins_with_trades: ClassVar[bool] = True
    beat_s: ClassVar[float | None] = 15.0

    def subscribe(self, raw: Any, symbols: Sequence[str]) -> Iterator[asyncio.Future[Any]]:
        """Have messages numbered; then two channels a market."""
        flags = {"event": "conf", "flags": NUMBERED}
        yield asyncio.ensure_future(raw.watch(raw.urls["api"]["ws"]["public"], "nightdesk:conf", flags, "conf"))
        for symbol in symbols:
            yield asyncio.ensure_future(raw.watch_trades(symbol))
            yield asyncio.ensure_future(raw.watch_ticker(symbol))

    def refusal(self, message: Any) -> str | None:
        """An event of its own, which ccxt lets pass."""
        is_refused = isinstance(message, dict) and message.get("event") == "error"
        return str(message.get("msg")) if is_refused else None

    def is_farewell(self, message: Any) -> bool:
        """A code among the information that comes unasked."""
        return isinstance(message, dict) and message.get("event") == "info" and message.get("code") in _LEAVING

    def take_number(self, message: Any) -> tuple[int | None, Any]:
        """The last element of a channel's message: nothing else that stands there is a whole number."""
        if isinstance(message, list) and len(message) >= _NUMBERED_LENGTH and isinstance(message[-1], int):
            return message[-1], message[:-1]
        return None, message


MARKET: Final = BitfinexMarket()
