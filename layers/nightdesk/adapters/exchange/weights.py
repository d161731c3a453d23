"""A venue's request weights, counted by calendar minute.

Those of the address are shared by every session of the process; some requests weigh on their account instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Final

from nightdesk.adapters.exchange.errors import BAN_CODE, banned, rate_limited
from nightdesk.kernel.errors import RateLimited
from nightdesk.kernel.instants import EPOCH, Clock

MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class Weights:
    """The two windows a request counts in: its address's and its account's."""

    address: WeightWindow
    account: WeightWindow

    def spend(self, address: int, account: int) -> None:
        """Count a request that is about to be sent.

        Raises:
            RateLimited: `venue.rate_limited` or `venue.banned`: not sent; with the time to wait.
        """
        if account:
            self.account.spend(account)
        self.address.spend(address)


class WeightWindow:
    """Refuses what would pass the limit, before it is sent.

    What the venue says was used counts more than our own sum: other processes use the same address.
    """

    def __init__(self, clock: Clock, limit: int, *, used_header: str | None = None) -> None:
        self._clock = clock
        self._limit = limit
        self._used_header = used_header
        self._minute = 0
        self._used = 0
        self._shut_until_s = 0.0
        self._is_banned = False

    def spend(self, weight: int) -> None:
        """Count a request that is about to be sent.

        Raises:
            RateLimited: `venue.rate_limited` or `venue.banned`: not sent; with the time to wait.
        """
        now_s = self._now_s()
        self._turn(now_s)
        if now_s < self._shut_until_s:
            refuse = banned if self._is_banned else rate_limited
            raise refuse(ceil(self._shut_until_s - now_s))
        if self._used + weight > self._limit:
            raise rate_limited(ceil(MINUTE_S - now_s % MINUTE_S) + 1)
        self._used += weight

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer's headers, names in lower case."""
        said = headers.get(self._used_header, "") if self._used_header else ""
        self._turn(self._now_s())
        if said.isdigit():
            self._used = max(self._used, int(said))

    def shut(self, error: RateLimited) -> None:
        """Send nothing before the venue's own limit or ban has passed."""
        now_s = self._now_s()
        self._is_banned = error.code == BAN_CODE or (self._is_banned and now_s < self._shut_until_s)
        self._shut_until_s = max(self._shut_until_s, now_s + (error.retry_after_s or MINUTE_S))

    def _turn(self, now_s: float) -> None:
        minute = int(now_s // MINUTE_S)
        if minute != self._minute:
            self._minute, self._used = minute, 0

    def _now_s(self) -> float:
        return (self._clock.now() - EPOCH) / timedelta(seconds=1)
