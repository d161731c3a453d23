"""Kraken's error answers: always 200, the error in the body.

Source: https://docs.kraken.com/api/docs/guides/spot-errors, 2026-11.
"""

from __future__ import annotations

from typing import Any

from fargate.paper_exchange.engine import errors as engine
from fargate.paper_exchange.engine.errors import EngineError, FilterFailed

RATE_LIMITED = "EAPI:Rate limit exceeded"
TOO_MANY = "EGeneral:Too many requests"
ORDERS_LIMITED = "EOrder:Rate limit exceeded"
LOCKED_OUT = "EGeneral:Temporary lockout"
DENIED = "EGeneral:Permission denied"
UNKNOWN_PAIR = "EQuery:Unknown asset pair"
UNKNOWN_ORDER = "EOrder:Unknown order"


class KrakenError(Exception):
    """An error as Kraken words it."""

    @property
    def payload(self) -> dict[str, Any]:
        """The JSON body."""
        return {"error": [str(self)]}


def invalid(name: str) -> KrakenError:
    """An argument is missing or of another form."""
    return KrakenError(f"EGeneral:Invalid arguments:{name}")


_FILTERS = {
    "price": "EOrder:Invalid price",
    "price_band": "EOrder:Invalid price",
    "lot": "EGeneral:Invalid arguments:volume",
    "market_lot": "EGeneral:Invalid arguments:volume",
    "notional": "EOrder:Cost minimum not met",
}
_REFUSALS: tuple[tuple[type[EngineError], str], ...] = (
    (engine.UnknownInstrument, UNKNOWN_PAIR),
    (engine.UnknownOrder, UNKNOWN_ORDER),
    (engine.DuplicateOrder, "EGeneral:Invalid arguments:cl_ord_id"),
    (engine.InsufficientBalance, "EOrder:Insufficient funds"),
    (engine.WouldTake, "EOrder:Post only order"),
    (engine.WouldTrigger, "EOrder:Invalid price:The trigger price is reached already"),
    (engine.OrderRejected, "EService:Market in cancel_only mode"),
)


def translate(error: EngineError) -> KrakenError:
    """Kraken's words for what the engine refused."""
    if isinstance(error, FilterFailed):
        return KrakenError(_FILTERS[error.rule])
    for kind, words in _REFUSALS:
        if isinstance(error, kind):
            return KrakenError(words)
    return KrakenError("EGeneral:Internal error")
