"""Coins.ph's request weight by address.

Source: https://docs.coins.ph/rest-api/#limits, 2026-11: 1,200 a minute; weights stand at each endpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fargate.paper_exchange.faces.limits import Counters

WEIGHTS: Final = {"/openapi/v1/exchangeInfo": 10, "/openapi/quote/v1/ticker/24hr": 40}
"""All tickers at once; one symbol's weighs one, as everything else does."""

_MINUTE_S: Final = 60


@dataclass(slots=True)
class Limits:
    """The limit in force; the operator may change it."""

    weight_a_minute: int = 1_200


class RateLimiter:
    """Counts weight."""

    def __init__(self, wall_ms: Callable[[], int]) -> None:
        self.limits = Limits()
        self._wall_ms, self._counters = wall_ms, Counters()

    def count(self, address: str, path: str, *, names_one: bool) -> bool:
        """Whether the request fits."""
        most = self.limits.weight_a_minute
        cost = 1 if names_one else WEIGHTS.get(path, 1)
        decay = most * 1000 // _MINUTE_S
        return self._counters.add(address, cost, most=most, decay_milli_per_s=decay, now_ms=self._wall_ms())

    def forgive(self) -> None:
        """Begin at zero."""
        self._counters.forgive()
