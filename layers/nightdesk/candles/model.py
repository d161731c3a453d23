"""Candles, what they are made from, and the names of their series.

A candle's numbers are float64: candles are looked at and computed on, never booked. Trades are exact, so that
the bar of a set of trades does not depend on the order in which they came.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from nightdesk.candles.resolutions import Resolution, bar_start
from nightdesk.kernel.assets import Instrument, parse_instrument
from nightdesk.kernel.errors import InvalidInput

EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)
_INFINITE = math.inf
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Candle:
    """Open, high, low, close and volume of one bar.

    Attributes:
        at: Start of the bar, in UTC.
        volume: In base units; 0 where nothing was traded, and for series that have no volume.
    """

    at: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float = 0.0


@dataclass(frozen=True, slots=True)
class Trade:
    """What one trade, or one tick of a value, tells a bar.

    Attributes:
        at: When it happened, by the venue's clock.
        identity: The venue's number of the trade, rising within its market; None for ticks, which have none.
        amount: In base units; 0 for ticks.
    """

    at: datetime
    price: Decimal
    amount: Decimal
    identity: int | None = None


class CandleSource(StrEnum):
    """Where a bar came from."""

    TRADES = "trades"
    KLINES = "klines"
    VALUATION = "valuation"


@dataclass(frozen=True, slots=True)
class CandleRow:
    """A candle on its way to the store."""

    series: str
    resolution: Resolution
    candle: Candle
    source: str


@dataclass(frozen=True, slots=True)
class PortfolioSeries:
    """The values of a portfolio; its name is `PORTFOLIO:<id>`."""

    portfolio_id: UUID

    def __str__(self) -> str:
        return f"PORTFOLIO:{self.portfolio_id}"


SeriesName = Instrument | PortfolioSeries
"""What a series is of: `BINANCE:BTC/USDT` or `PORTFOLIO:<id>`."""


def parse_series(text: str) -> SeriesName:
    """What the name of a series means.

    Raises:
        InvalidInput: It names neither a market nor a portfolio.
    """
    kind, _, rest = text.partition(":")
    if kind.upper() != "PORTFOLIO":
        return parse_instrument(text)
    try:
        return PortfolioSeries(UUID(rest))
    except ValueError:
        raise InvalidInput("candles.series_malformed", f"{text[:60]!r} names no portfolio.") from None


def require_row(row: CandleRow) -> CandleRow:
    """The row itself.

    Raises:
        InvalidInput: Its instant is no start of a bar or out of range, a number is not finite, or the four
            prices contradict each other.
    """
    candle = row.candle
    if not EARLIEST <= candle.at < LATEST or bar_start(candle.at, row.resolution) != candle.at:
        raise InvalidInput("candles.misaligned", f"No {row.resolution} bar begins at {candle.at.isoformat()}.")
    low, high = candle.low, candle.high
    is_price = -_INFINITE < low <= candle.open <= high < _INFINITE and low <= candle.close <= high
    if is_price and 0 <= candle.volume < _INFINITE:  # what is no number is neither
        return row
    if not all(map(math.isfinite, (candle.open, high, low, candle.close, candle.volume))):
        raise InvalidInput("candles.not_finite", "A candle's numbers must be finite.")
    raise InvalidInput("candles.contradictory", "A candle's prices lie between its low and its high.")
