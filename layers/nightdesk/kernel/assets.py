"""Names of assets, venues, wallets and instruments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NewType

from nightdesk.kernel.errors import InvalidInput

AssetId = NewType("AssetId", str)
"""An asset as Nightdesk names it: upper case, `BTC`."""

VenueId = NewType("VenueId", str)
"""A venue as ccxt names it: lower case, `binance`."""

Wallet = NewType("Wallet", str)
"""A part of an account that holds balances of its own: `spot`, `margin`, `isolated:BTC/USDT`, `futures` …"""

SPOT: Final = Wallet("spot")
MARGIN: Final = Wallet("margin")
FUTURES: Final = Wallet("futures")
FUNDING: Final = Wallet("funding")
EARN: Final = Wallet("earn")
DEBT: Final = Wallet("debt")
"""What an account owes for its margin wallet: its balances are negative."""

ISOLATED_PREFIX: Final = "isolated:"

_WALLET = re.compile(rf"{SPOT}|{MARGIN}|{FUTURES}|{FUNDING}|{EARN}|{DEBT}|{ISOLATED_PREFIX}[A-Z0-9$@._/-]{{1,81}}")
_ASSET = re.compile(r"\??[A-Z0-9$@._-]{1,40}")
_UNKNOWN = "?"


def asset_id(text: str) -> AssetId:
    """The asset a venue's code names; one that nobody knows has a `?` in front.

    Raises:
        InvalidInput: It can't be the code of an asset.
    """
    code = text.strip().upper()
    if not _ASSET.fullmatch(code):
        raise InvalidInput("asset.malformed", f"{text[:40]!r} is not the code of an asset.")
    return AssetId(code)


def unknown_asset(code: str) -> AssetId:
    """A code that no asset is known for, marked so that nothing can be booked of it: `?XYZ`.

    Raises:
        InvalidInput: It can't be the code of an asset.
    """
    return asset_id(_UNKNOWN + code.strip().removeprefix(_UNKNOWN))


def is_unknown(asset: AssetId) -> bool:
    """Whether it is a code that no asset is known for."""
    return asset.startswith(_UNKNOWN)


def without_mark(asset: AssetId) -> AssetId:
    """The code as its venue writes it."""
    return AssetId(asset.removeprefix(_UNKNOWN))


def wallet_id(text: str) -> Wallet:
    """The wallet that a text names.

    Raises:
        InvalidInput: It names none.
    """
    if not _WALLET.fullmatch(text):
        raise InvalidInput("wallet.malformed", f"{text[:60]!r} is not a wallet.")
    return Wallet(text)


def isolated_wallet(symbol: str) -> Wallet:
    """The isolated margin wallet of a market, by its unified symbol: `isolated:BTC/USDT`.

    Raises:
        InvalidInput: It is no symbol.
    """
    return wallet_id(ISOLATED_PREFIX + symbol)


@dataclass(frozen=True, slots=True, order=True)
class Instrument:
    """A spot market at a venue; its series name is `BINANCE:BTC/USDT`."""

    venue: VenueId
    base: AssetId
    quote: AssetId

    @property
    def symbol(self) -> str:
        """The unified symbol, `BTC/USDT`."""
        return f"{self.base}/{self.quote}"

    def __str__(self) -> str:
        return f"{self.venue.upper()}:{self.symbol}"


def parse_instrument(text: str) -> Instrument:
    """The instrument that a series name means.

    Raises:
        InvalidInput: It is not of the form `VENUE:BASE/QUOTE`.
    """
    venue, colon, symbol = text.partition(":")
    base, slash, quote = symbol.partition("/")
    if not (venue and colon and slash):
        raise InvalidInput("instrument.malformed", f"{text[:60]!r} is not of the form VENUE:BASE/QUOTE.")
    return Instrument(VenueId(venue.lower()), asset_id(base), asset_id(quote))
