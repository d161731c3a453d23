"""What a source of prices can tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fargate.paper_exchange.engine.model import Candle, TapeTrade

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


class MarketSource(Protocol):
    """The public past of one instrument, a pure function of time: the same question has the same answer."""

    def trades(self, after_ms: int, until_ms: int, limit: int | None = None) -> Sequence[TapeTrade]:
        """Trades with `after_ms < at_ms <= until_ms`, oldest first."""
        ...

    def trades_from_id(self, trade_id: int, until_ms: int, limit: int) -> Sequence[TapeTrade]:
        """Up to `limit` trades from this id on, oldest first, none later than `until_ms`."""
        ...

    def last(self, at_ms: int) -> TapeTrade | None:
        """The latest trade not later than this; None before the first."""
        ...

    def candles(self, step_ms: int, from_ms: int, until_ms: int) -> Sequence[Candle]:
        """Bars of a minute, an hour or a day whose opening lies in `[from_ms, until_ms)`, oldest first.

        Bars are whole: the market cuts the one that is still open.
        """
        ...
