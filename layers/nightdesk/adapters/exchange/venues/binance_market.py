"""Binance's public streams: aggregate trades, numbered without holes in each market and fetched by the same number.

Trades and quotes come on connections of their own; nothing comes on them while nothing happens but pongs.

Source: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams, 2026-11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from nightdesk.adapters.exchange.market_venue import MarketVenue


class BinanceMarket(MarketVenue):
    """Binance spot."""

    options: ClassVar[Mapping[str, Any]] = {
        "fetchMarkets": {"types": ["spot"]},
        "fetchMargins": False,
        "watchTradesForSymbols": {"name": "aggTrade"},
        "fetchTradesMethod": "publicGetAggTrades",
    }
    numbers_trades: ClassVar[bool] = True
    tickers_tell_time: ClassVar[bool] = True
    quotes: ClassVar[str] = "bidsasks"

    def subscribe(self, raw: Any, symbols: Sequence[str]) -> Iterator[asyncio.Future[Any]]:
        """Aggregate trades, and every change of the best bid and ask."""
        yield asyncio.ensure_future(raw.watch_trades_for_symbols(list(symbols)))
        yield asyncio.ensure_future(raw.watch_bids_asks(list(symbols)))


MARKET: Final = BinanceMarket()
