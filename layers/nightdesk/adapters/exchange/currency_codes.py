"""How a venue's currencies are called here; what neither the venue's markets nor anybody else knows is marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nightdesk.kernel.assets import AssetId, unknown_asset
from nightdesk.kernel.errors import InvalidInput
from nightdesk.markets.assets import KNOWN

Code = Callable[[str], str]
"""The unified code of a venue's currency."""


def known_code(raw: Any) -> Code:
    """Codes as ccxt unifies them; `?XYZ` for one that has no market at the venue and is known from nowhere else.

    ccxt passes an id that it doesn't know off as a code: raw ids of tokens, receipts and vouchers would be booked as
    coins of that name. Before the markets are loaded nothing is doubted.
    """

    def code(name: str) -> str:
        unified = str(raw.safe_currency_code(name))
        listed = getattr(raw, "currencies_by_id", None)
        if not listed or name in listed or unified in raw.currencies or _is_known(name, unified):
            return unified
        try:
            return unknown_asset(unified)
        except InvalidInput:  # whoever makes an asset of it refuses it with the row
            return unified

    return code


def _is_known(name: str, unified: str) -> bool:
    """Ccxt gave it another name, or it is one that the whole field knows."""
    return unified != name.upper() or AssetId(unified) in KNOWN
