"""Bitfinex's rates: requests a minute by endpoint and address, and a minute's block for those who pass them.

Source: https://docs.bitfinex.com/docs/requirements-and-limitations and the endpoints' pages, 2026-11. Between 10 and
90 a minute; where no figure is published, the least is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fargate.paper_exchange.engine.market.port import MINUTE_MS
from fargate.paper_exchange.faces.bitfinex.errors import limited
from fargate.paper_exchange.faces.limits import Rates

PERMILLE: Final = 1000
A_MINUTE: Final = {
    "/v2/conf": 90,
    "/v2/tickers": 90,
    "/v2/ticker": 90,
    "/v2/platform": 30,
    "/v2/candles": 30,
    "/v2/trades": 15,
    "/v2/book": 240,
    "/v2/auth/r/wallets": 90,
    "/v2/auth/r/orders": 90,
    "/v2/auth/r/trades": 90,
    "/v2/auth/r/movements": 90,
    "/v2/auth/r/ledgers": 90,
    "/v2/auth/r/permissions": 90,
    "/v2/auth/r/info": 90,
    "/v2/auth/r/positions": 90,
    "/v2/auth/w/order": 90,
}
_UNPUBLISHED: Final = 10


@dataclass(slots=True)
class Limits:
    """The limits in force; the operator may change them.

    Attributes:
        requests_permille: How much of every endpoint's rate is granted; 1000 is what Bitfinex publishes.
        block_s: How long who passed one is refused on it.
        channels_max: Subscriptions of one websocket.
    """

    requests_permille: int = 1000
    block_s: int = 60
    channels_max: int = 25


class RateLimiter:
    """Counts requests by endpoint and address."""

    def __init__(self, wall_ms: Callable[[], int]) -> None:
        self.limits = Limits()
        self._wall_ms = wall_ms
        self._rates = Rates()
        self._blocked_until_ms: dict[tuple[str, str], int] = {}

    def count(self, address: str, path: str) -> None:
        """Count a request.

        Raises:
            BitfinexError: 429, too many.
        """
        endpoint = _endpoint(path)
        key, now_ms = (address, endpoint), self._wall_ms()
        if now_ms < self._blocked_until_ms.get(key, 0):
            raise limited()
        most = max(1, A_MINUTE.get(endpoint, _UNPUBLISHED) * self.limits.requests_permille // PERMILLE)
        if not self._rates.add(key, most=most, period_ms=MINUTE_MS, now_ms=now_ms):
            self._blocked_until_ms[key] = now_ms + self.limits.block_s * 1000
            raise limited()

    def forgive(self) -> None:
        """Begin at zero and lift all blocks."""
        self._rates.forgive()
        self._blocked_until_ms.clear()


def _endpoint(path: str) -> str:
    """`/v2/candles` or `/v2/auth/r/trades`."""
    parts = path.split("/")
    return "/".join(parts[:5] if len(parts) > 2 and parts[2] == "auth" else parts[:3])  # noqa: PLR2004
