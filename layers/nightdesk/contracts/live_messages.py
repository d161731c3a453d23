"""What processes tell each other over Valkey about live values, as it is read: amounts as strings, version 1."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from nightdesk.contracts.api.ledger import EntryShape
from nightdesk.contracts.api.portfolio import AccountValueShape, AssetValueShape, HoldingShape, TotalShape


class LiveMessage(BaseModel):
    """A message; members that a later writer adds are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    v: Literal[1]


class TickerMessage(LiveMessage):
    """On `ticker.<venue>.<quote>.<base>`: a market's price and quote.

    Attributes:
        at: The venue's event time, RFC 3339 in the one form that compares like the instant.
        received_at: When the streamer heard it.
    """

    venue: str
    symbol: str
    last: str | None
    bid: str | None
    ask: str | None
    at: str
    received_at: str

    @property
    def series(self) -> str:
        """The name of the market's series, `BINANCE:BTC/USDT`."""
        return f"{self.venue.upper()}:{self.symbol}"


class CandleMessage(LiveMessage):
    """On `candle.<series>`: a bar as it forms, and once more when it is closed or corrected."""

    series: str
    resolution: str
    at_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    closed: bool


class FeedMessage(LiveMessage):
    """On and under `feed:<venue>`: how the venue is heard.

    Attributes:
        note: What is wrong besides silence, for people.
    """

    venue: str
    state: str
    since: str
    last_message_at: str | None
    note: str | None = None


class LedgerMessage(LiveMessage):
    """On `ledger.<tenant_id>`: entries were recorded.

    Attributes:
        entries: Empty when there are too many to tell.
        count: 0 when only what follows from the entries changed.
    """

    account_id: UUID
    entries: list[EntryShape] = []
    count: int = 0


class PortfolioMessage(LiveMessage):
    """On `portfolio.<id>`: the rows that changed; see `contracts.live.PortfolioChanges`."""

    number: int
    whole: bool
    portfolio_id: UUID
    base_asset: str
    as_of: str
    total: TotalShape
    unpriced: list[str]
    rates: dict[str, str]
    accounts: list[AccountValueShape]
    assets: list[AssetValueShape]
    holdings: list[HoldingShape]
