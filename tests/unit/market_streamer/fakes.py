"""A venue, a store and a cache in memory, for the market streamer."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nightdesk.candles.gaps import Gap
from nightdesk.candles.model import Candle, CandleRow, Trade
from nightdesk.candles.stream_ports import Ticker, TradeListener, VenueStatus
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import Unavailable
from nightdesk.runtime.clock import SystemClock

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class FakeVenue:
    """A market that trades once a market second; its clock can lie, and it can be away.

    Attributes:
        second: How far the market is.
        lie: What its clock says too much.
        lives: How often it was connected to.
        held: Assets that somebody holds.
        asked: The markets whose bars were asked for, in order.
    """

    venue: VenueId
    bases: tuple[str, ...] = ("BTC", "ETH")
    second: int = 0
    lie: timedelta = timedelta()
    is_away: bool = False
    lives: int = 0
    held: frozenset[AssetId] = frozenset()
    asked: list[str] = field(default_factory=list)

    @property
    def markets(self) -> tuple[Instrument, ...]:
        return tuple(Instrument(self.venue, AssetId(base), AssetId("USD")) for base in self.bases)

    def at(self, second: int) -> datetime:
        return START + timedelta(seconds=second)

    def trade(self, second: int) -> Trade:
        return Trade(self.at(second) + self.lie, Decimal(100 + second), Decimal(1), second)


@dataclass(slots=True)
class FakeStream:
    """One life of the venue's connections: told trades come ten milliseconds apart."""

    market: FakeVenue
    told: int = 0

    @property
    def silent_s(self) -> float:
        return 0.0

    @property
    def numbers_trades(self) -> bool:
        return True

    async def open(self) -> None:
        self.market.lives += 1
        if self.market.is_away:
            raise Unavailable("venue.unavailable", "The venue does not answer.")

    def instruments(self) -> tuple[Instrument, ...]:
        return self.market.markets

    async def run(self, instruments: Sequence[Instrument], on_trade: TradeListener) -> None:
        while not self.market.is_away:
            await asyncio.sleep(0.01)
            self.market.second += 1
            for instrument in instruments:
                on_trade(instrument, self.market.trade(self.market.second))
        raise Unavailable("venue.unavailable", "The connection was lost.")

    def tickers(self) -> list[Ticker]:
        now, trade = SystemClock().now(), self.market.trade(self.market.second)
        return [
            Ticker(instrument=one, last=trade.price, bid=None, ask=None, at=trade.at, received_at=now)
            for one in self.market.markets
        ]

    async def refresh_prices(self) -> None:
        return

    def heard_at(self) -> datetime | None:
        return SystemClock().now()

    async def market_time(self, instrument: Instrument) -> datetime:  # noqa: ARG002 all markets are at one time
        return self.market.at(self.market.second) + self.market.lie

    async def trades_from(self, instrument: Instrument, identity: int) -> list[Trade]:  # noqa: ARG002 likewise
        return [self.market.trade(second) for second in range(identity, self.market.second + 1)][:1000]

    async def trades_since(self, instrument: Instrument, since: datetime | None) -> list[Trade]:
        first = 1 if since is None else int((since - START).total_seconds())
        return await self.trades_from(instrument, max(1, first))

    async def bars(self, instrument: Instrument, since: datetime | None) -> list[Candle]:
        self.market.asked.append(instrument.symbol)
        minutes = range(self.market.second // 60 + 1)
        bars = [self._bar(minute) for minute in minutes]
        return [bar for bar in bars if since is None or bar.at >= since][:1000]

    async def close(self) -> None:
        return

    def _bar(self, minute: int) -> Candle:
        seconds = [second for second in range(60 * minute, 60 * minute + 60) if 1 <= second <= self.market.second]
        low, high = float(100 + min(seconds, default=0)), float(100 + max(seconds, default=0))
        return Candle(self.market.at(60 * minute), low, high, low, high, float(len(seconds)))


@dataclass(frozen=True, slots=True)
class FakeStored:
    """A store without bars."""

    market: FakeVenue

    def last_bars(self, names: Collection[str]) -> dict[str, Candle]:  # noqa: ARG002
        return {}

    def gaps(self, name: str, *, since: datetime, until: datetime) -> list[Gap]:  # noqa: ARG002
        return []

    def held_assets(self) -> frozenset[AssetId]:
        return self.market.held


@dataclass(slots=True)
class FakeCache:
    """Where bars, prices and statuses go."""

    is_away: bool = False
    bars: dict[tuple[str, datetime], Candle] = field(default_factory=dict)
    prices: list[Ticker] = field(default_factory=list)
    statuses: list[VenueStatus] = field(default_factory=list)

    async def append(self, rows: Sequence[CandleRow]) -> None:
        self._ask()
        self.bars |= {(row.series, row.candle.at): row.candle for row in rows}

    async def show(self, rows: Sequence[CandleRow], *, is_closed: bool) -> None:  # noqa: ARG002
        self._ask()

    async def publish(self, tickers: Sequence[Ticker]) -> None:
        self._ask()
        self.prices += tickers

    async def publish_status(self, status: VenueStatus) -> None:
        self._ask()
        self.statuses.append(status)

    def _ask(self) -> None:
        if self.is_away:
            raise Unavailable("cache.unavailable", "The cache does not answer.")
