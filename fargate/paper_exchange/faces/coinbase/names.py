"""Coinbase's names of products, orders, trades and accounts."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid5

from fargate.paper_exchange.engine.market.port import DAY_MS, HOUR_MS, MINUTE_MS
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import Instrument
from fargate.paper_exchange.faces.listing import finer, listed
from fargate.paper_exchange.faces.spelling import Mixer, TradeNumbers
from nightdesk.kernel.instants import from_ms

VENUE: Final = "coinbase"
QUOTES: Final = frozenset({"USD", "EUR", "USDT", "USDC", "BTC", "ETH"})
UNLISTED: Final = frozenset({"FDUSD", "TRX", "TON"})
FIAT: Final = frozenset({"USD", "EUR"})
GRANULARITIES: Final = {
    "ONE_MINUTE": MINUTE_MS,
    "FIVE_MINUTE": 5 * MINUTE_MS,
    "FIFTEEN_MINUTE": 15 * MINUTE_MS,
    "THIRTY_MINUTE": 30 * MINUTE_MS,
    "ONE_HOUR": HOUR_MS,
    "TWO_HOUR": 2 * HOUR_MS,
    "SIX_HOUR": 6 * HOUR_MS,
    "ONE_DAY": DAY_MS,
}
_MIXER: Final = Mixer(128, 0xDA942042E4DD58B5_9E3779B97F4A7C15)
_SPACE: Final = UUID("6f1b2d0e-6d0c-4a53-9c39-52d2f6f4e2aa")


class Products:
    """Every product that is listed."""

    def __init__(self, markets: Markets) -> None:
        self._numbers = TradeNumbers(markets.symbols)
        symbols = listed(markets.symbols, quotes=QUOTES, without=UNLISTED)
        self.all = [finer(markets.view(symbol).instrument, "1") for symbol in symbols]
        self._known = {product_name(row.symbol): row for row in self.all}

    @property
    def assets(self) -> list[str]:
        """Everything that is traded."""
        return sorted({asset for row in self.all for asset in (row.base, row.quote)})

    def find(self, name: str) -> Instrument | None:
        """The instrument of `BTC-USD`, with Coinbase's steps."""
        return self._known.get(name)

    def trade_name(self, symbol: str, trade_id: int) -> str:
        """The trade of a market, unlike that of any other."""
        return str(UUID(int=_MIXER.mix(self._numbers.number(symbol, trade_id))))


def product_name(symbol: str) -> str:
    """`BTC-USD`."""
    return symbol.replace("/", "-")


def symbol_name(product: str) -> str:
    """`BTC/USD`."""
    return product.replace("-", "/")


def order_name(order_id: int) -> str:
    """An order's UUID."""
    return str(UUID(int=_MIXER.mix(order_id)))


def order_of(name: str) -> int | None:
    """The order id behind a UUID, or None for what is none of ours."""
    try:
        number = _MIXER.unmix(UUID(name).int)
    except ValueError:
        return None
    return number if number < 1 << 62 else None


def account_name(account_id: int, asset: str) -> str:
    """The UUID of a wallet: an account has one for every asset."""
    return str(uuid5(_SPACE, f"{account_id}:{asset}"))


def instant(at_ms: int) -> str:
    """`2026-11-21T10:00:00.123Z`."""
    at = from_ms(at_ms)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
