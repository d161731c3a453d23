"""Kraken's public channels of websockets v2: `trade` and `ticker`.

Trades are numbered without holes in each market, but REST finds them by time, in whole seconds and behind it. A
heartbeat comes every second. At most 720 bars of the past are told.

Source: https://docs.kraken.com/api/docs/websocket-v2/trade (…/ticker, …/heartbeat) and
https://docs.kraken.com/api/docs/rest-api/get-recent-trades (…/get-ohlc-data), 2026-11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

from nightdesk.adapters.exchange.market_venue import PAGE_ROWS, Arguments, MarketVenue

BARS: Final = 720


class KrakenMarket(MarketVenue):
    """Kraken spot."""

    counts_trades: ClassVar[bool] = True
    begins_with_trades: ClassVar[bool] = True
    beat_s: ClassVar[float | None] = 1.0

    def subscribe(self, raw: Any, symbols: Sequence[str]) -> Iterator[asyncio.Future[Any]]:
        """Trades, and a ticker at every change of the best bid and ask: unasked it comes with trades only."""
        yield asyncio.ensure_future(raw.watch_trades_for_symbols(list(symbols)))
        yield asyncio.ensure_future(raw.watch_bids_asks(list(symbols), {}))

    def refusal(self, message: Any) -> str | None:
        """A request that had no success."""
        is_refused = isinstance(message, dict) and (message.get("success") is False or "error" in message)
        return str(message.get("error")) if is_refused else None

    def trades_query(self, symbol: str, since_ms: int | None) -> Arguments:
        """Trades behind the whole second before."""
        return symbol, None if since_ms is None else since_ms - 1000, PAGE_ROWS

    def bars_query(self, symbol: str, since_ms: int | None, now_ms: int) -> Arguments:
        """As many bars as there are."""
        del now_ms
        return symbol, "1m", since_ms, BARS


MARKET: Final = KrakenMarket()
