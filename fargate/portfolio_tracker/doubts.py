"""Stored bars that may be wrong, until they have been compared with the ledger and the markets' minutes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from nightdesk.kernel.ids import TenantId


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something came late for the bars between two instants.

    Attributes:
        portfolio_id: Whose; None for everybody's.
    """

    since: datetime
    until: datetime
    portfolio_id: TenantId | None = None


class Doubts:
    """For each portfolio the one stretch of time whose bars are in doubt."""

    def __init__(self) -> None:
        self._spans: dict[TenantId, tuple[datetime, datetime]] = {}

    def add(self, doubt: Doubt, portfolios: Iterable[TenantId]) -> None:
        """Take a doubt, together with what was in doubt before."""
        for portfolio_id in portfolios if doubt.portfolio_id is None else (doubt.portfolio_id,):
            since, until = self._spans.get(portfolio_id, (doubt.since, doubt.until))
            self._spans[portfolio_id] = min(since, doubt.since), max(until, doubt.until)

    def span(self, portfolio_id: TenantId) -> tuple[datetime, datetime] | None:
        """From when until when the portfolio's bars are in doubt."""
        return self._spans.get(portfolio_id)

    def settle(self, portfolio_id: TenantId, compared_until: datetime, doubtful: Iterable[datetime]) -> None:
        """Bars up to an instant were compared; those that begin at these instants can't be told yet."""
        span = self._spans.pop(portfolio_id, None)
        if span is None:
            return
        since = min((*doubtful, compared_until))
        if since < span[1]:
            self._spans[portfolio_id] = since, span[1]
