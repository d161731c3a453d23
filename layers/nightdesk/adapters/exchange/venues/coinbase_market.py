"""Coinbase's market channels: `market_trades`, `ticker` and `heartbeats`.

Messages of a connection are numbered, and so are the trades of a market; REST finds trades by time. There is no
channel of one-minute bars. Bars are told for 300 minutes from where they are asked for, also where there are none.

Source: https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels and
https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/public, 2026-11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from nightdesk.adapters.exchange.market_venue import MINUTE_MS, PAGE_ROWS, Arguments, MarketVenue
from nightdesk.kernel.instants import to_ms

BARS: Final = 300
HOUR_MS: Final = 3_600_000


class CoinbaseMarket(MarketVenue):
    """Coinbase Advanced Trade."""

    markets_a_connection: ClassVar[int] = 100
    counts_trades: ClassVar[bool] = True
    begins_with_trades: ClassVar[bool] = True
    beat_s: ClassVar[float | None] = 1.0
    page_span_ms: ClassVar[int | None] = BARS * MINUTE_MS

    def subscribe(self, raw: Any, symbols: Sequence[str]) -> Iterator[asyncio.Future[Any]]:
        """Trades, tickers as they change (`watch_tickers` takes them every five seconds), a beat every second."""
        beat = {"type": "subscribe", "product_ids": [], "channel": "heartbeats"}
        yield asyncio.ensure_future(raw.watch(raw.urls["api"]["ws"], "nightdesk:heartbeats", beat, "heartbeats"))
        yield asyncio.ensure_future(raw.watch_trades_for_symbols(list(symbols)))
        yield asyncio.ensure_future(raw.subscribe_multiple("ticker", False, list(symbols)))

    def clock_ms(self, message: Any) -> int | None:
        """Every message tells its time."""
        try:
            return to_ms(datetime.fromisoformat(message["timestamp"]))
        except (KeyError, TypeError, ValueError):
            return None

    def refusal(self, message: Any) -> str | None:
        """A message of its own; ccxt would raise it where nobody hears it, and read no more."""
        is_refused = isinstance(message, dict) and message.get("type") == "error"
        return str(message.get("message")) if is_refused else None

    def take_number(self, message: Any) -> tuple[int | None, Any]:
        """Every message has one."""
        return message.get("sequence_num") if isinstance(message, dict) else None, message

    def trades_query(self, symbol: str, since_ms: int | None) -> Arguments:
        """Trades of an hour, the newest thousand of them."""
        until = {} if since_ms is None else {"until": since_ms + HOUR_MS}
        return symbol, since_ms, PAGE_ROWS, until

    def bars_query(self, symbol: str, since_ms: int | None, now_ms: int) -> Arguments:
        """Bars of five hours; ccxt would take the newest by this machine's clock."""
        newest_ms = (now_ms // MINUTE_MS - BARS + 1) * MINUTE_MS
        return symbol, "1m", newest_ms if since_ms is None else since_ms, BARS


MARKET: Final = CoinbaseMarket()
