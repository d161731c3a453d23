"""GraphQL types of what is pushed: rows as in the queries, candle numbers as floats."""

from __future__ import annotations

import strawberry

from nightdesk.contracts.graphql.types import AccountValue, AssetValue, Entry, Holding, Total


@strawberry.type(description="What one unit of a display asset is worth in the base asset.")
class Rate:
    """What one unit of a display asset is worth in the base asset."""

    asset: str
    rate: str


@strawberry.type(description="Rows of the portfolio that changed, each complete.")
class PortfolioChange:
    """Rows of the portfolio that changed, each complete.

    Attributes:
        number: Rises by one within the subscription.
        whole: The rows are all there are, and replace whatever was known.
    """

    number: int
    whole: bool
    as_of: str
    base_asset: str
    total: Total
    accounts: list[AccountValue]
    assets: list[AssetValue]
    holdings: list[Holding]
    unpriced: list[str]
    rates: list[Rate]


@strawberry.type(description="A market's price and quote.")
class LiveTicker:
    """A market's price and quote; the quote is null where only the last price is known.

    Attributes:
        at: The venue's event time.
        received_at: When we heard it.
    """

    series: str
    last: str | None
    bid: str | None
    ask: str | None
    at: str
    received_at: str | None


@strawberry.type(description="Markets that changed, each in its newest state.")
class TickerBatch:
    """Markets that changed, each in its newest state."""

    rows: list[LiveTicker]


@strawberry.type(description="A bar as it forms, and once more when it is closed or corrected.")
class CandleUpdate:
    """A bar as it forms, and once more when it is closed or corrected; `at_ms` is its start since 1970."""

    series: str
    resolution: str
    at_ms: float
    open: float
    high: float
    low: float
    close: float
    volume: float
    closed: bool


@strawberry.type(description="How a venue is heard: live, stale or down.")
class FeedStatus:
    """How a venue is heard: live, stale or down.

    Attributes:
        note: What is wrong besides silence, for people.
    """

    venue: str
    state: str
    since: str
    last_message_at: str | None
    note: str | None = None


@strawberry.type(description="Entries were recorded, or something may have been missed: read the ledger.")
class LedgerNews:
    """Entries of an account were recorded.

    Attributes:
        count: How many; 0 when only what follows from them changed, or something may have been missed.
        entries: Empty when there are too many to tell.
    """

    account_id: strawberry.ID
    count: int
    entries: list[Entry]
