"""Bitfinex's names of currencies and pairs, and its steps.

Source: https://docs.bitfinex.com/docs/introduction (symbols, price precision), 2026-11.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_DOWN, Context, Decimal
from typing import Final

from fargate.paper_exchange.engine.market.bars import MONTH, WEEK_MS
from fargate.paper_exchange.engine.market.port import DAY_MS, HOUR_MS, MINUTE_MS
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import Instrument
from fargate.paper_exchange.faces.listing import finer, listed
from fargate.paper_exchange.faces.spelling import TradeNumbers

VENUE: Final = "bitfinex"
QUOTES: Final = frozenset({"USD", "USDT", "EUR", "BTC"})
UNLISTED: Final = frozenset({"FDUSD", "BNB"})
TIMEFRAMES: Final[dict[str, int | str]] = {
    "1m": MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": HOUR_MS,
    "3h": 3 * HOUR_MS,
    "6h": 6 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "1D": DAY_MS,
    "1W": WEEK_MS,
    "14D": 14 * DAY_MS,
    "1M": MONTH,
}
_OWN_NAMES: Final = {"USDT": "UST", "USDC": "UDC", "BCH": "BCHN", "ATOM": "ATO"}
_PRICE_DIGITS: Final = 5
_PRICE_STEP: Final = Decimal("1e-8")
_CUT: Final = Context(prec=_PRICE_DIGITS, rounding=ROUND_DOWN)
_PAIR_LENGTH: Final = 3


def currency_name(asset: str) -> str:
    """`UST` for USDT."""
    return _OWN_NAMES.get(asset, asset)


def asset_of(name: str) -> str:
    """The engine's asset; an unknown one is taken as it is."""
    return next((asset for asset, own in _OWN_NAMES.items() if own == name), name)


def pair_name(symbol: str) -> str:
    """`BTCUSD`, or `DOGE:USD` where a currency has more than three letters."""
    base, quote = (currency_name(asset) for asset in symbol.split("/"))
    return base + quote if len(base) == len(quote) == _PAIR_LENGTH else f"{base}:{quote}"


def symbol_name(symbol: str) -> str:
    """`tBTCUSD`."""
    return f"t{pair_name(symbol)}"


def cut(price: Decimal) -> Decimal:
    """A price as Bitfinex takes it: five significant digits, the rest is cut off."""
    return _CUT.create_decimal(price)


class Pairs:
    """Every pair that is listed."""

    def __init__(self, markets: Markets) -> None:
        self.numbers = TradeNumbers(markets.symbols)
        symbols = listed(markets.symbols, quotes=QUOTES, without=UNLISTED)
        self.all = [replace(finer(markets.view(symbol).instrument, "0"), tick=_PRICE_STEP) for symbol in symbols]
        self.lots = {row.symbol: markets.view(row.symbol).instrument.lot for row in self.all}
        self._known = {symbol_name(row.symbol): row for row in self.all}

    @property
    def assets(self) -> list[str]:
        """The engine's names of everything that is traded."""
        return sorted({asset for row in self.all for asset in (row.base, row.quote)})

    def find(self, name: str) -> Instrument | None:
        """The instrument of `tBTCUSD`, with Bitfinex's steps."""
        return self._known.get(name)
