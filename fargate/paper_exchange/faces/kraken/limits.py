"""Kraken's counters: one that calls raise and time lowers, another for the matching engine, one for public calls.

Source: https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits, …/spot-ratelimits (trading) and
https://support.kraken.com/articles/206548367 (public), 2026-11. The figures are those of the lowest tier. Kraken says
only that one public call a second is safe; how many it bears at once is taken as 15.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fargate.paper_exchange.faces.kraken.errors import ORDERS_LIMITED, RATE_LIMITED, TOO_MANY, KrakenError
from fargate.paper_exchange.faces.limits import Counters

COSTS: Final = {"Ledgers": 2, "QueryLedgers": 2, "TradesHistory": 2, "QueryTrades": 2, "ClosedOrders": 2}
"""What calls raise the counter by; others by one."""

ENGINE: Final = {"AddOrder": 1, "CancelOrder": 1, "CancelAll": 1}
"""What raises the matching engine's counter instead."""

_YOUNG_ORDERS: Final = ((5_000, 8), (10_000, 6), (15_000, 5), (45_000, 4), (90_000, 2), (300_000, 1))
"""What cancelling an order costs that is younger than so many milliseconds."""


@dataclass(slots=True)
class Limits:
    """The limits in force; the operator may change them."""

    counter_max: int = 15
    counter_decay_milli_per_s: int = 330
    engine_max: int = 60
    engine_decay_milli_per_s: int = 1_000
    public_max: int = 15
    public_decay_milli_per_s: int = 1_000


class RateLimiter:
    """Counts calls by address, key and pair."""

    def __init__(self, wall_ms: Callable[[], int]) -> None:
        self.limits = Limits()
        self._wall_ms = wall_ms
        self._public, self._private, self._engine = Counters(), Counters(), Counters()

    def count_public(self, address: str, call: str, pair: str) -> None:
        """Count a public call; bars and trades by pair.

        Raises:
            KrakenError: Too many.
        """
        key = (address, call, pair) if call in {"OHLC", "Trades"} else (address, "", "")
        most, decay = self.limits.public_max, self.limits.public_decay_milli_per_s
        if not self._public.add(key, 1, most=most, decay_milli_per_s=decay, now_ms=self._wall_ms()):
            raise KrakenError(TOO_MANY)

    def count_private(self, key: str, call: str) -> None:
        """Count a private call.

        Raises:
            KrakenError: Too many.
        """
        if call in ENGINE:
            return
        most, decay = self.limits.counter_max, self.limits.counter_decay_milli_per_s
        cost = COSTS.get(call, 1)
        if not self._private.add(key, cost, most=most, decay_milli_per_s=decay, now_ms=self._wall_ms()):
            raise KrakenError(RATE_LIMITED)

    def count_order(self, account_id: int, pair: str, cost: int = 1) -> None:
        """Count an order or a cancellation on the pair's own counter.

        Raises:
            KrakenError: Too many.
        """
        most, decay = self.limits.engine_max, self.limits.engine_decay_milli_per_s
        key = (account_id, pair)
        if not self._engine.add(key, cost, most=most, decay_milli_per_s=decay, now_ms=self._wall_ms()):
            raise KrakenError(ORDERS_LIMITED)

    def forgive(self) -> None:
        """Begin at zero."""
        for counters in (self._public, self._private, self._engine):
            counters.forgive()


def cancel_cost(age_ms: int) -> int:
    """What cancelling an order of this age costs."""
    return next((cost for most_ms, cost in _YOUNG_ORDERS if age_ms < most_ms), 0)
