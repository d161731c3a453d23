"""HTX's names of symbols, currencies, chains and periods.

Source: https://huobiapi.github.io/docs/spot/v1/en/#reference-data, 2026-11.
"""

from __future__ import annotations

from typing import Final

from fargate.paper_exchange.engine.market.bars import WEEK_MS
from fargate.paper_exchange.engine.market.port import DAY_MS, HOUR_MS, MINUTE_MS
from fargate.paper_exchange.engine.market.universe import PROFILES
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import Fill, Instrument
from fargate.paper_exchange.faces.listing import listed

VENUE: Final = "htx"
QUOTES: Final = frozenset({"USDT", "BTC", "ETH"})
UNLISTED: Final = frozenset({"FDUSD", "BNB", "EUR", "USD"})
PERIODS: Final = {
    "1min": MINUTE_MS,
    "5min": 5 * MINUTE_MS,
    "15min": 15 * MINUTE_MS,
    "30min": 30 * MINUTE_MS,
    "60min": HOUR_MS,
    "4hour": 4 * HOUR_MS,
    "1day": DAY_MS,
    "1week": WEEK_MS,
}
"""Months and years are not offered here. Days and weeks begin at midnight in Singapore."""

_ID_BITS: Final = 12


class Symbols:
    """Every symbol that is listed."""

    def __init__(self, markets: Markets) -> None:
        symbols = listed(markets.symbols, quotes=QUOTES, without=UNLISTED)
        self.all = [markets.view(symbol).instrument for symbol in symbols]
        self._known = {symbol_name(row.symbol): row for row in self.all}

    @property
    def assets(self) -> list[str]:
        """Everything that is traded."""
        return sorted({asset for row in self.all for asset in (row.base, row.quote)})

    def find(self, name: str) -> Instrument | None:
        """The instrument of `btcusdt`."""
        return self._known.get(name)


def symbol_name(symbol: str) -> str:
    """`btcusdt`."""
    return symbol.replace("/", "").lower()


def chains_of(asset: str) -> tuple[str, ...]:
    """The chains of an asset, as `usdt-eth`."""
    networks = PROFILES[asset].networks if asset in PROFILES else ()
    return tuple(f"{asset}-{network}".lower() for network in networks)


def record_id(fill: Fill) -> int:
    """A fill's number in the account's own order: it grows with time, over all symbols."""
    return fill.at_ms << _ID_BITS | (fill.trade_id * 61 + len(fill.symbol)) & (1 << _ID_BITS) - 1


def record_at_ms(number: int) -> int:
    """When the record of this number was made."""
    return number >> _ID_BITS
