"""Everything that can be followed, as the schema asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from fargate.feed_gateway.candles import CandleTopic
from fargate.feed_gateway.imports import ImportTopic
from fargate.feed_gateway.ledgers import LedgerTopic
from fargate.feed_gateway.portfolios import PortfolioTopic
from fargate.feed_gateway.rules import RuleTopic
from fargate.feed_gateway.statuses import StatusTopic
from fargate.feed_gateway.switchboard import Topic
from fargate.feed_gateway.tickers import TickerTopic
from nightdesk.contracts.api.accounts import ImportProgressShape
from nightdesk.contracts.graphql.live_types import CandleUpdate, FeedStatus, LedgerNews, PortfolioChange, TickerBatch
from nightdesk.contracts.graphql.rule_types import RuleSetStates
from nightdesk.identity.model import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """The topics, each under the word that its subjects begin with."""

    import_topic: ImportTopic
    portfolio_topic: PortfolioTopic
    ticker_topic: TickerTopic
    candle_topic: CandleTopic
    status_topic: StatusTopic
    ledger_topic: LedgerTopic
    rule_topic: RuleTopic

    def topics(self) -> Mapping[str, Topic]:
        """By the first word of their subjects."""
        return {
            "import": self.import_topic,
            "portfolio": self.portfolio_topic,
            "ticker": self.ticker_topic,
            "candle": self.candle_topic,
            "feed": self.status_topic,
            "ledger": self.ledger_topic,
            "rules": self.rule_topic,
        }

    async def keep_watched(self, stopping: asyncio.Event) -> None:
        """Have the portfolios and rule sets that are followed published."""
        await asyncio.gather(self.portfolio_topic.keep_watched(stopping), self.rule_topic.keep_watched(stopping))

    def imports(self, caller: Caller, account_id: UUID | None) -> AsyncGenerator[ImportProgressShape]:
        """One import or all of them."""
        return self.import_topic.follow(caller, account_id)

    def portfolio(self, caller: Caller) -> AsyncGenerator[PortfolioChange]:
        """The caller's portfolio."""
        return self.portfolio_topic.follow(caller)

    def tickers(
        self, caller: Caller, series: Sequence[str] | None, patterns: Sequence[str] | None
    ) -> AsyncGenerator[TickerBatch]:
        """Prices of these markets and of those of the patterns, or of all."""
        return self.ticker_topic.follow(caller, series, patterns)

    def candles(self, caller: Caller, series: str, resolution: str) -> AsyncGenerator[CandleUpdate]:
        """Bars of a market or of the caller's portfolio."""
        return self.candle_topic.follow(caller, series, resolution)

    def statuses(self, caller: Caller) -> AsyncGenerator[FeedStatus]:
        """How venues are heard."""
        return self.status_topic.follow(caller)

    def ledger(self, caller: Caller) -> AsyncGenerator[LedgerNews]:
        """Entries of the caller's tenant."""
        return self.ledger_topic.follow(caller)

    def rule_sets(self, caller: Caller) -> AsyncGenerator[RuleSetStates]:
        """The caller's watched rule sets."""
        return self.rule_topic.follow(caller)
