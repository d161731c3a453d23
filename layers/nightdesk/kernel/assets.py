"""Names of assets, venues and instruments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NewType

from nightdesk.kernel.errors import InvalidInput

AssetId = NewType("AssetId", str)
"""An asset as Nightdesk names it: upper case, `BTC`."""

VenueId = NewType("VenueId", str)
"""A venue as ccxt names it: lower case, `binance`."""

_ASSET = re.compile(r"[A-Z0-9$@._-]{1,40}")


def asset_id(text: str) -> AssetId:
    """The asset a venue's code names.

    Raises:
        InvalidInput: It can't be the code of an asset.
    """
    code = text.strip().upper()
    if not _ASSET.fullmatch(code):
        raise InvalidInput("asset.malformed", f"{text[:40]!r} is not the code of an asset.")
    return AssetId(code)


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
