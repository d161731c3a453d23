"""Which of the engine's markets a venue lists, and with which steps."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from decimal import Decimal

from fargate.paper_exchange.engine.model import Instrument
from fargate.paper_exchange.faces.numbers import decimals

_DECIMALS_MAX = 15
_LOT_DECIMALS = 8


def listed(
    symbols: Iterable[str], *, quotes: Collection[str] | None = None, without: Collection[str] = ()
) -> list[str]:
    """The symbols in these quotes (None for any), less those of unlisted assets; `USD/USDT` is nobody's."""
    found = []
    for symbol in symbols:
        base, _, quote = symbol.partition("/")
        if (quotes is None or quote in quotes) and not {base, quote} & set(without) and base != "USD":
            found.append(symbol)
    return found


def finer(instrument: Instrument, notional_min: str) -> Instrument:
    """The instrument as venues list it that take eight decimals of most quantities; never more than amounts bear."""
    lot = Decimal(1).scaleb(-min(_LOT_DECIMALS, _DECIMALS_MAX - decimals(instrument.tick)))
    return replace(instrument, lot=lot, notional_min=Decimal(notional_min))
