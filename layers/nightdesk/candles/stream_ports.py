"""What services that stream need from outside, asynchronously."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nightdesk.candles.model import Candle, CandleRow, Trade
from nightdesk.candles.ports import Batch
from nightdesk.kernel.assets import Instrument, VenueId


@dataclass(frozen=True, slots=True)
class Delivery:
    """A batch as the stream delivered it.

    Attributes:
        delivery_id: To acknowledge it by.
        batch: None when the message could not be read.
    """

    delivery_id: str
    batch: Batch | None


class CandleSink(Protocol):
    """Takes bars on their way to the store, and what charts show live."""

    async def append(self, rows: Sequence[CandleRow]) -> None:
        """Hand the rows over durably.

        Raises:
            Unavailable: They may not have arrived; send them again.
        """
        ...

    async def show(self, rows: Sequence[CandleRow], *, is_closed: bool) -> None:
        """Publish bars for charts; lost ones don't matter, the next follows.

        Raises:
            Unavailable: Nobody was told.
        """
        ...


class CandleInbox(Protocol):
    """The writers' end of the stream; what was not acknowledged is delivered again."""

    async def open(self) -> None:
        """Make the stream and the group of writers unless they exist."""
        ...

    async def receive(self) -> list[Delivery]:
        """The next deliveries, those that a dead writer left first; empty after a short wait for nothing.

        Raises:
            Unavailable: The stream does not answer.
        """
        ...

    async def acknowledge(self, delivery_ids: Collection[str]) -> None:
        """Say that these are stored."""
        ...

    async def refuse(self, delivery: Delivery, reason: str) -> None:
        """Put a delivery that can never be stored aside, for people to look at."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticker:
    """What is known of a market's price.

    Attributes:
        last: In quote per base; None before the first.
        at: When the venue says `last` was made, in market time.
        received_at: When we heard the newest part of it, in wall time.
        number: The venue's number of the trade that made `last`; -1 where it is not known.
    """

    instrument: Instrument
    last: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    at: datetime
    received_at: datetime
    number: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueStatus:
    """How well a venue is heard.

    Attributes:
        state: `live`, `stale` (connected, nothing comes) or `down`.
        since: When this state began, in wall time.
        note: What is wrong besides silence, for people.
    """

    venue: VenueId
    state: str
    since: datetime
    last_message_at: datetime | None
    note: str | None = None


class TickerSink(Protocol):
    """Where prices go: the price book, and subjects that others listen to."""

    async def publish(self, tickers: Sequence[Ticker]) -> None:
        """Publish each ticker and keep its price.

        Raises:
            Unavailable: Perhaps not all were published.
        """
        ...

    async def publish_status(self, status: VenueStatus) -> None:
        """Say how the venue is heard; must be repeated within 30 seconds.

        Raises:
            Unavailable: Nobody was told.
        """
        ...


TradeListener = Callable[[Instrument, Trade], None]
"""Called in the read loop for every trade; must only put it aside."""


class MarketHistory(Protocol):
    """What a venue tells of the past when it is asked."""

    @property
    def numbers_trades(self) -> bool:
        """Whether each market's trades are numbered without a hole and are told by number.

        Where they are not, nobody calls `trades_from`; that trades are missing shows when bars are compared with the
        venue's own.
        """
        ...

    async def trades_from(self, instrument: Instrument, identity: int) -> list[Trade]:
        """A page of up to 1,000 trades from this number on, oldest first; empty when there are none.

        Raises:
            Unavailable: The venue does not answer.
        """
        ...

    async def trades_since(self, instrument: Instrument, since: datetime | None) -> list[Trade]:
        """A page of up to 1,000 trades of the hour from this instant on, or the newest; oldest first.

        Raises:
            Unavailable: The venue does not answer.
        """
        ...

    async def bars(self, instrument: Instrument, since: datetime | None) -> list[Candle]:
        """The venue's own one-minute bars, at most 1,000, oldest first: from `since` on, or the newest.

        The last may be forming.

        Raises:
            Unavailable: The venue does not answer.
        """
        ...


class MarketStream(MarketHistory, Protocol):
    """One venue's public market data: one life of its connections."""

    async def open(self) -> None:
        """Load what the venue trades, and every market's last price.

        Raises:
            Unavailable: The venue does not answer.
        """
        ...

    def instruments(self) -> tuple[Instrument, ...]:
        """Every active spot market, after `open`."""
        ...

    async def run(self, instruments: Sequence[Instrument], on_trade: TradeListener) -> None:
        """Stream the markets' trades and quotes until something breaks; then raise.

        Raises:
            Unavailable: The connection was lost, refused, or went silent while the venue kept trading.
        """
        ...

    def tickers(self) -> list[Ticker]:
        """Each market whose price or quote changed since the last call, in its newest state."""
        ...

    async def refresh_prices(self) -> None:
        """Ask for every market's last price, for those that are not streamed.

        Raises:
            Unavailable: The venue does not answer.
        """
        ...

    def heard_at(self) -> datetime | None:
        """Until when nothing is missing: the last sign of life of the connection silent longest, in wall time."""
        ...

    @property
    def silent_s(self) -> float:
        """So long nothing need be heard while all is well: none where a connection answers, a round of asking else."""
        ...

    async def market_time(self, instrument: Instrument) -> datetime:
        """How far the venue's market has come, by the time of its own figures.

        Raises:
            Unavailable: The venue does not answer.
        """
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...
