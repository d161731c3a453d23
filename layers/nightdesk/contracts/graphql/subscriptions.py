"""Subscriptions: what is pushed as it happens. Each begins with the present state, so nothing is missed between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import strawberry
from strawberry import Info

from nightdesk.contracts.graphql.context import LiveFeeds, asked
from nightdesk.contracts.graphql.live_types import CandleUpdate, FeedStatus, LedgerNews, PortfolioChange, TickerBatch
from nightdesk.contracts.graphql.queries import identified
from nightdesk.contracts.graphql.rule_types import RuleSetStates
from nightdesk.contracts.graphql.told import told
from nightdesk.contracts.graphql.types import ImportProgress
from nightdesk.kernel.errors import InvalidInput


def _feeds(info: Info) -> LiveFeeds:
    feeds = asked(info).feeds
    if feeds is None:
        raise InvalidInput("graphql.wrong_endpoint", "Subscriptions are not served here.")
    return feeds


async def _import_progress(info: Info, account_id: strawberry.ID | None = None) -> AsyncIterator[ImportProgress]:
    """One account's import, or those of all accounts."""
    caller = asked(info).caller
    async for progress in told(
        lambda: _feeds(info).imports(caller, None if account_id is None else identified(account_id))
    ):
        yield cast("ImportProgress", progress)


async def _portfolio(info: Info) -> AsyncIterator[PortfolioChange]:
    """The whole portfolio, then the rows that change."""
    async for change in told(lambda: _feeds(info).portfolio(asked(info).caller)):
        yield change


async def _tickers(
    info: Info, series: list[str] | None = None, patterns: list[str] | None = None
) -> AsyncIterator[TickerBatch]:
    """Prices of these markets and of patterns (`kraken.*`), or of all: the known, then changes every 100 ms."""
    async for batch in told(lambda: _feeds(info).tickers(asked(info).caller, series, patterns)):
        yield batch


async def _candles(info: Info, series: str, resolution: str) -> AsyncIterator[CandleUpdate]:
    """The newest bar, then every change; days and longer are UTC's."""
    async for update in told(lambda: _feeds(info).candles(asked(info).caller, series, resolution)):
        yield update


async def _statuses(info: Info) -> AsyncIterator[FeedStatus]:
    """How the venues are heard, now and at every change, at least every 10 seconds."""
    async for status in told(lambda: _feeds(info).statuses(asked(info).caller)):
        yield status


async def _ledger_recorded(info: Info) -> AsyncIterator[LedgerNews]:
    """One for each account to begin with (count 0: read the ledger now), then one whenever entries are recorded."""
    async for news in told(lambda: _feeds(info).ledger(asked(info).caller)):
        yield news


async def _rule_set_states(info: Info) -> AsyncIterator[RuleSetStates]:
    """Every watched rule set and how far it is from firing, whenever something moved."""
    async for states in told(lambda: _feeds(info).rule_sets(asked(info).caller)):
        yield states


@strawberry.type(description="What is pushed as it happens.")
class Subscription:
    """What is pushed as it happens."""

    import_progress: AsyncIterator[ImportProgress] = strawberry.subscription(
        resolver=_import_progress, description="Imports as they go: the present state, then every change."
    )
    portfolio: AsyncIterator[PortfolioChange] = strawberry.subscription(
        resolver=_portfolio, description="The whole portfolio, then the rows that change."
    )
    tickers: AsyncIterator[TickerBatch] = strawberry.subscription(
        resolver=_tickers, description="Prices: the last known ones, then those that change, at most every 100 ms."
    )
    candles: AsyncIterator[CandleUpdate] = strawberry.subscription(
        resolver=_candles, description="The newest bar of a series, then every change; days and longer are UTC's."
    )
    feeds: AsyncIterator[FeedStatus] = strawberry.subscription(
        resolver=_statuses, description="How venues are heard: now, at every change, at least every 10 seconds."
    )
    ledger_recorded: AsyncIterator[LedgerNews] = strawberry.subscription(
        resolver=_ledger_recorded, description="Entries as they are recorded; count 0 asks to read the ledger again."
    )
    rule_set_states: AsyncIterator[RuleSetStates] = strawberry.subscription(
        resolver=_rule_set_states, description="Watched rule sets and how far each is from firing, as figures move."
    )
