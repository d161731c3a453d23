"""How long it stays what was refused of prices, and what valuations rest on.

What a 15-minute valuation rests on is kept whole for two years and the month that runs: a year's report is made in the
year after it and corrected until that ends. Of older valuations the end of each day in UTC stays for ever, since
balances of past years are asked for in audits. A value at any other instant can be computed again from the ledger and
the minutes; only which venue told what is gone then. Counts of what was refused are looked at for a month.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from nightdesk.candles.model import EARLIEST
from nightdesk.candles.resolutions import Resolution, bar_start
from nightdesk.kernel.instants import Clock

AT_ONCE: Final = 20_000
"""So many rows of a table go in one run, so that nobody waits long for it."""

_log = logging.getLogger(__name__)


class RecordKeeping(Protocol):
    """The store's own upkeep."""

    def expire(self, policy: RecordPolicy, market_at: datetime, now: datetime) -> Mapping[str, int]:
        """Let go of what is too old, at most `AT_ONCE` rows of each table, or only tell; how many of each.

        Raises:
            Unavailable: Others are in the way; the next run goes on.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPolicy:
    """How long records stay.

    Attributes:
        valuation_months: What valuations rest on is whole for so many months before the present one; 0: for ever.
        refusal_days: Counts of refused prices; 0: for ever.
        dry_run: Tell what would go, and let nothing go.
    """

    valuation_months: int
    refusal_days: int
    dry_run: bool

    def valuations_from(self, market_at: datetime) -> datetime:
        """Valuations within days before it may go."""
        if not self.valuation_months:
            return EARLIEST
        month = bar_start(market_at, Resolution.MONTH)
        for _ in range(self.valuation_months):
            month = bar_start(month - timedelta(days=1), Resolution.MONTH)
        return month

    def refusals_from(self, now: datetime) -> datetime:
        """Counts of hours before it may go."""
        return now - timedelta(days=self.refusal_days) if self.refusal_days else EARLIEST


class RecordKeeper:
    """Runs on a schedule."""

    def __init__(self, store: RecordKeeping, policy: RecordPolicy, clock: Clock) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock

    def run(self, market_at: datetime | None) -> int:
        """Let go of what is too old by the market's clock, of refusals by ours; how many rows that were."""
        if market_at is None:
            return 0
        gone = {name: count for name, count in self._expired(market_at).items() if count}
        if gone:
            said = "records would be dropped" if self._policy.dry_run else "records dropped"
            _log.warning(said, extra={**gone, "dry_run": self._policy.dry_run})
        return sum(gone.values())

    def _expired(self, market_at: datetime) -> Mapping[str, int]:
        return self._store.expire(self._policy, market_at, self._clock.now())
