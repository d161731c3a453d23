"""HTX's market channels: `trade.detail` and `ticker`, each for one market, gzipped.

A ping comes in a body every five seconds, which ccxt answers in a body. A trade has several numbers: `trade-id` in
REST, `tradeId` in streams is the one that both have and that rises in its market. REST tells the newest trades only.

Source: https://huobiapi.github.io/docs/spot/v1/en/#websocket-market-data (…#market-data), 2026-11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from nightdesk.adapters.exchange.market_venue import Arguments, MarketVenue

TRADES: Final = 2000


class HtxMarket(MarketVenue):
    """HTX spot."""

    options: ClassVar[Mapping[str, Any]] = {
        "fetchMarkets": {"types": {"spot": True, "linear": False, "inverse": False}},
        "watchTicker": {"name": "market.{marketId}.ticker"},
    }
    markets_a_connection: ClassVar[int] = 50
    beat_s: ClassVar[float | None] = 5.0

    def subscribe(self, raw: Any, symbols: Sequence[str]) -> Iterator[asyncio.Future[Any]]:
        """Two channels a market."""
        for symbol in symbols:
            yield asyncio.ensure_future(raw.watch_trades(symbol))
            yield asyncio.ensure_future(raw.watch_ticker(symbol))

    def clock_ms(self, message: Any) -> int | None:
        """Every message of a channel tells its time."""
        told = message.get("ts") if isinstance(message, dict) and "ch" in message else None
        return told if isinstance(told, int) else None

    def refusal(self, message: Any) -> str | None:
        """An answer whose status says so."""
        is_refused = isinstance(message, dict) and message.get("status") == "error"
        return str(message.get("err-msg")) if is_refused else None

    def identity(self, row: Mapping[str, Any]) -> int | None:
        """The trade's own number; ccxt takes that of the match, which has more digits than a float, in streams."""
        told = row["info"]
        return int(told["tradeId"] if "tradeId" in told else told["trade-id"])

    def trades_query(self, symbol: str, since_ms: int | None) -> Arguments:
        """As many as there are; ccxt leaves out those before."""
        return symbol, since_ms, TRADES


MARKET: Final = HtxMarket()
