"""Kraken's names of assets and pairs, its numbers of orders and trades, and its steps.

Source: https://docs.kraken.com/api/docs/rest-api/get-asset-info and …/get-tradable-asset-pairs, 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import Instrument
from fargate.paper_exchange.faces.listing import finer, listed
from fargate.paper_exchange.faces.numbers import decimals
from fargate.paper_exchange.faces.spelling import Mixer, TradeNumbers

VENUE: Final = "kraken"
QUOTES: Final = frozenset({"USD", "EUR", "USDT", "USDC", "BTC", "ETH"})
UNLISTED: Final = frozenset({"FDUSD"})
INTERVALS: Final = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
"""Lengths of bars in minutes."""

_LEGACY: Final = {
    "BTC": "XXBT", "ETH": "XETH", "LTC": "XLTC", "XRP": "XXRP", "XLM": "XXLM", "ETC": "XETC", "DOGE": "XXDG",
    "USD": "ZUSD", "EUR": "ZEUR",
}  # fmt: skip
_ALTERNATIVE: Final = {"BTC": "XBT", "DOGE": "XDG"}
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
_MIXER: Final = Mixer(80, 0x9E3779B97F4A7C15F39D)


def asset_name(asset: str) -> str:
    """`XXBT` for BTC."""
    return _LEGACY.get(asset, asset)


def alternative_name(asset: str) -> str:
    """`XBT` for BTC."""
    return _ALTERNATIVE.get(asset, asset)


def asset_of(name: str) -> str:
    """The engine's asset, whichever of its names is used; an unknown one is taken as it is."""
    for names in (_LEGACY, _ALTERNATIVE):
        for asset, known in names.items():
            if known == name:
                return asset
    return name


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair by its three names, with Kraken's steps.

    Attributes:
        name: `XXBTZUSD`.
        alternative: `XBTUSD`.
        socket_v1: `XBT/USD`.
        instrument: The engine's instrument with Kraken's lot.
    """

    name: str
    alternative: str
    socket_v1: str
    instrument: Instrument

    @property
    def symbol(self) -> str:
        """`BTC/USD`, as the engine and websockets v2 name it."""
        return self.instrument.symbol

    @property
    def price_decimals(self) -> int:
        """Of the pair."""
        return decimals(self.instrument.tick)

    @property
    def volume_decimals(self) -> int:
        """Of the pair."""
        return decimals(self.instrument.lot)


def pair_of(instrument: Instrument) -> Pair:
    """The pair of an instrument."""
    base, quote = instrument.base, instrument.quote
    alternative = alternative_name(base) + alternative_name(quote)
    name = alternative
    if base in _LEGACY and quote in _LEGACY and base != "DOGE":
        name = asset_name(base) + asset_name(quote)
    elif base == "USDT" and quote == "USD":
        name = "USDTZUSD"
    wsname = f"{alternative_name(base)}/{alternative_name(quote)}"
    return Pair(name, alternative, wsname, finer(instrument, "0.5"))


class Pairs:
    """Every pair that is listed."""

    def __init__(self, markets: Markets) -> None:
        self._numbers = TradeNumbers(markets.symbols)
        self._markets = markets
        symbols = listed(markets.symbols, quotes=QUOTES, without=UNLISTED)
        self.all = [pair_of(markets.view(symbol).instrument) for symbol in symbols]
        self._known = {name: pair for pair in self.all for name in (pair.name, pair.alternative, pair.socket_v1)}
        self._by_symbol = {pair.symbol: pair for pair in self.all}

    @property
    def assets(self) -> list[str]:
        """The engine's names of everything that is traded."""
        return sorted({asset for pair in self.all for asset in (pair.instrument.base, pair.instrument.quote)})

    def find(self, name: str) -> Pair | None:
        """The pair of any of its names."""
        return self._known.get(name)

    def of_symbol(self, symbol: str) -> Pair | None:
        """The listed pair of an engine's symbol."""
        return self._by_symbol.get(symbol)

    def name_of(self, symbol: str) -> str:
        """The name of a symbol's pair, listed or not."""
        return pair_of(self._markets.view(symbol).instrument).name

    def trade_name(self, symbol: str, trade_id: int) -> str:
        """`TXXXXX-XXXXX-XXXXXX`: the trade of a market, unlike that of any other."""
        return spell("T", self._numbers.number(symbol, trade_id))

    def trade_of(self, name: str) -> tuple[str, int] | None:
        """The symbol and trade id behind a name."""
        number = unspell("T", name)
        return None if number is None else self._numbers.place(number)


def spell(letter: str, number: int) -> str:
    """A number as Kraken writes its ids: a letter and sixteen digits in groups."""
    mixed = _MIXER.mix(number)
    digits = "".join(_ALPHABET[mixed >> shift & 31] for shift in range(75, -1, -5))
    return f"{letter}{digits[:5]}-{digits[5:10]}-{digits[10:]}"


def unspell(letter: str, name: str) -> int | None:
    """The number that was spelt, or None for what is no such id."""
    digits = name[1:].replace("-", "")
    if not name.startswith(letter) or len(digits) != 16 or not set(digits) <= set(_ALPHABET):  # noqa: PLR2004
        return None
    mixed = 0
    for digit in digits:
        mixed = mixed << 5 | _ALPHABET.index(digit)
    return _MIXER.unmix(mixed)


def order_name(order_id: int) -> str:
    """`OXXXXX-XXXXX-XXXXXX`."""
    return spell("O", order_id)


def order_of(name: str) -> int | None:
    """The order id behind a name."""
    return unspell("O", name)
