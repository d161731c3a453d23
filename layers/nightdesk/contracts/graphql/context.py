"""What resolvers work with."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from strawberry import Info

from nightdesk.contracts.api.accounts import ImportProgressShape
from nightdesk.contracts.api.answers import Answers
from nightdesk.contracts.graphql.live_types import (
    CandleUpdate,
    FeedStatus,
    LedgerNews,
    PortfolioChange,
    TickerBatch,
)
from nightdesk.contracts.graphql.rule_types import RuleSetStates
from nightdesk.identity.model import Caller
from nightdesk.kernel.ids import CorrelationId


class LiveFeeds(Protocol):
    """What is pushed; each stream begins with the present state and raises `permission.denied` as it is opened."""

    def imports(self, caller: Caller, account_id: UUID | None) -> AsyncGenerator[ImportProgressShape]:
        """One import or all of them.

        Raises:
            NotFound: `accounts.not_found`.
        """
        ...

    def portfolio(self, caller: Caller) -> AsyncGenerator[PortfolioChange]:
        """The caller's portfolio."""
        ...

    def tickers(
        self, caller: Caller, series: Sequence[str] | None, patterns: Sequence[str] | None
    ) -> AsyncGenerator[TickerBatch]:
        """Prices of these markets and of those of the patterns (`kraken.*`, `*.usdt.btc`), or of all.

        Raises:
            InvalidInput: `tickers.too_many`, `tickers.bad_pattern`.
        """
        ...

    def candles(self, caller: Caller, series: str, resolution: str) -> AsyncGenerator[CandleUpdate]:
        """Bars of a market or of the caller's portfolio.

        Raises:
            InvalidInput: The series or the resolution can't be meant.
            NotFound: `candles.series_not_found`: also what belongs to another tenant.
        """
        ...

    def statuses(self, caller: Caller) -> AsyncGenerator[FeedStatus]:
        """How venues are heard."""
        ...

    def ledger(self, caller: Caller) -> AsyncGenerator[LedgerNews]:
        """Entries of the caller's tenant."""
        ...

    def rule_sets(self, caller: Caller) -> AsyncGenerator[RuleSetStates]:
        """The caller's watched rule sets."""
        ...


@dataclass(slots=True, kw_only=True)
class Asked:
    """Who asks, and what answers: queries and mutations have answers, subscriptions have feeds.

    A websocket's is made before its caller is known, and no operation runs before then.
    """

    caller: Caller
    correlation_id: CorrelationId
    answers: Answers | None = None
    feeds: LiveFeeds | None = None


def asked(info: Info) -> Asked:
    """The context of the operation."""
    context: Asked = info.context
    return context
