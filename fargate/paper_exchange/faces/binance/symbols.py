"""Binance's names of symbols, assets and intervals."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from fargate.paper_exchange.engine.market.bars import MONTH, WEEK_MS
from fargate.paper_exchange.engine.market.port import DAY_MS, HOUR_MS, MINUTE_MS
from fargate.paper_exchange.faces.binance.errors import BinanceError, invalid_symbol

INTERVALS: Final[dict[str, int | str]] = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": HOUR_MS,
    "2h": 2 * HOUR_MS,
    "4h": 4 * HOUR_MS,
    "6h": 6 * HOUR_MS,
    "8h": 8 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "1d": DAY_MS,
    "3d": 3 * DAY_MS,
    "1w": WEEK_MS,
    "1M": MONTH,
}
"""Resolutions by Binance's name; seconds are not offered."""


class Symbols:
    """`BTCUSDT` and back."""

    def __init__(self, symbols: Iterable[str]) -> None:
        self._by_name = {symbol.replace("/", ""): symbol for symbol in symbols}

    @property
    def names(self) -> list[str]:
        """Every name, as `BTCUSDT`."""
        return list(self._by_name)

    @property
    def listed(self) -> list[str]:
        """The engine's symbols that are listed."""
        return list(self._by_name.values())

    def of(self, name: str) -> str:
        """The engine's symbol.

        Raises:
            BinanceError: -1121, there is none.
        """
        try:
            return self._by_name[name]
        except KeyError:
            raise invalid_symbol() from None


def name_of(symbol: str) -> str:
    """Binance's name of the engine's symbol."""
    return symbol.replace("/", "")


def interval(text: str) -> int | str:
    """The resolution that an interval names.

    Raises:
        BinanceError: -1120, there is none.
    """
    try:
        return INTERVALS[text]
    except KeyError:
        raise BinanceError(-1120, "Invalid interval.") from None


def digits(amount: Decimal) -> str:
    """An amount as Binance writes it, eight decimals."""
    return f"{amount:.8f}"
