"""Coinbase's rates: by address where nobody signed, by key where somebody did; the App API by the hour.

Source: https://docs.cdp.coinbase.com/advanced-trade/docs/rest-api-rate-limits (public 10, private 30 a second) and
https://docs.cdp.coinbase.com/coinbase-app/api-architecture/rate-limiting (10,000 an hour and key), 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fargate.paper_exchange.engine.market.port import HOUR_MS
from fargate.paper_exchange.faces.coinbase.errors import too_many
from fargate.paper_exchange.faces.limits import Rates

_SECOND_MS = 1000


@dataclass(slots=True)
class Limits:
    """The limits in force; the operator may change them."""

    public_a_second: int = 10
    private_a_second: int = 30
    app_an_hour: int = 10_000


class RateLimiter:
    """Counts calls."""

    def __init__(self, wall_ms: Callable[[], int]) -> None:
        self.limits = Limits()
        self._wall_ms = wall_ms
        self._rates = Rates()

    def count_public(self, address: str) -> dict[str, str]:
        """Count an unsigned call; headers that tell what is left.

        Raises:
            CoinbaseError: 429, too many.
        """
        return self._count(("public", address), self.limits.public_a_second, _SECOND_MS)

    def count_private(self, key: str) -> dict[str, str]:
        """Count a signed call; headers that tell what is left.

        Raises:
            CoinbaseError: 429, too many.
        """
        return self._count(("private", key), self.limits.private_a_second, _SECOND_MS)

    def count_app(self, key: str) -> dict[str, str]:
        """Count a signed call of the App API; headers that tell what is left.

        Raises:
            CoinbaseError: 429, too many.
        """
        return self._count(("app", key), self.limits.app_an_hour, HOUR_MS)

    def forgive(self) -> None:
        """Begin at zero."""
        self._rates.forgive()

    def _count(self, key: tuple[str, str], most: int, period_ms: int) -> dict[str, str]:
        now_ms = self._wall_ms()
        if not self._rates.add(key, most=most, period_ms=period_ms, now_ms=now_ms):
            raise too_many()
        left, reset = str(self._rates.left(key, most)), str((now_ms + period_ms) // _SECOND_MS)
        return {"x-ratelimit-limit": str(most), "x-ratelimit-remaining": left, "x-ratelimit-reset": reset}
