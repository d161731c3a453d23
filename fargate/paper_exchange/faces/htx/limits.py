"""HTX's rates: market data and other public calls by address, private ones by key.

Source: https://huobiapi.github.io/docs/spot/v1/en/#rate-limiting-rule (market data 800 a second, other public calls 120
in three seconds, private calls 10 a second), 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fargate.paper_exchange.faces.htx.errors import too_many
from fargate.paper_exchange.faces.limits import Rates

_SECOND_MS, _THREE_SECONDS_MS = 1_000, 3_000


@dataclass(slots=True)
class Limits:
    """The limits in force; the operator may change them."""

    market_a_second: int = 800
    public_in_3s: int = 120
    private_a_second: int = 10


class RateLimiter:
    """Counts calls."""

    def __init__(self, wall_ms: Callable[[], int]) -> None:
        self.limits = Limits()
        self._wall_ms = wall_ms
        self._rates = Rates()

    def count_public(self, address: str, path: str) -> None:
        """Count an unsigned call.

        Raises:
            HtxError: 429, too many.
        """
        if path.startswith("/market/"):
            self._count(("market", address), self.limits.market_a_second, _SECOND_MS)
        else:
            self._count(("public", address), self.limits.public_in_3s, _THREE_SECONDS_MS)

    def count_private(self, key: str) -> dict[str, str]:
        """Count a signed call; headers that tell what is left.

        Raises:
            HtxError: 429, too many.
        """
        return self._count(("private", key), self.limits.private_a_second, _SECOND_MS)

    def forgive(self) -> None:
        """Begin at zero."""
        self._rates.forgive()

    def _count(self, key: tuple[str, str], most: int, period_ms: int) -> dict[str, str]:
        now_ms = self._wall_ms()
        if not self._rates.add(key, most=most, period_ms=period_ms, now_ms=now_ms):
            raise too_many()
        left = str(self._rates.left(key, most))
        return {"X-HB-RateLimit-Requests-Remain": left, "X-HB-RateLimit-Requests-Expire": str(now_ms + period_ms)}
