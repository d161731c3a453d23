"""Binance's error answers.

Source: https://developers.binance.com/docs/binance-spot-api-docs/errors, November 2025.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fargate.paper_exchange.engine import errors as engine
from fargate.paper_exchange.engine.errors import EngineError, FilterFailed


class BinanceError(Exception):
    """An error answer: HTTP status, code and message."""

    def __init__(
        self, code: int, message: str, status: int = HTTPStatus.BAD_REQUEST, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, int(status)
        self.headers = dict(headers or {})

    def payload(self) -> dict[str, object]:
        """The JSON body."""
        return {"code": self.code, "msg": self.message}


def missing(name: str) -> BinanceError:
    """A mandatory parameter is missing or unreadable."""
    return BinanceError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def illegal(name: str) -> BinanceError:
    """A parameter is of another form."""
    return BinanceError(-1100, f"Illegal characters found in parameter '{name}'.")


def bad_combination() -> BinanceError:
    """Parameters that may not be used together."""
    return BinanceError(-1128, "Combination of optional parameters invalid.")


def invalid_symbol() -> BinanceError:
    """No such symbol."""
    return BinanceError(-1121, "Invalid symbol.")


def key_malformed() -> BinanceError:
    """Not of the form of a key."""
    return BinanceError(-2014, "API-key format invalid.", HTTPStatus.UNAUTHORIZED)


def key_refused() -> BinanceError:
    """Unknown key, or one without the permission."""
    return BinanceError(-2015, "Invalid API-key, IP, or permissions for action.", HTTPStatus.UNAUTHORIZED)


_FILTERS = {
    "price": "PRICE_FILTER",
    "price_band": "PERCENT_PRICE_BY_SIDE",
    "lot": "LOT_SIZE",
    "market_lot": "MARKET_LOT_SIZE",
    "notional": "NOTIONAL",
    "stops": "MAX_NUM_ALGO_ORDERS",
}

_REFUSALS: tuple[tuple[type[EngineError], int, str], ...] = (
    (engine.UnknownInstrument, -1121, "Invalid symbol."),
    (engine.UnknownOrder, -2013, "Order does not exist."),
    (engine.DuplicateOrder, -2010, "Duplicate order sent."),
    (engine.InsufficientBalance, -2010, "Account has insufficient balance for requested action."),
    (engine.WouldTake, -2010, "Order would immediately match and take."),
    (engine.WouldTrigger, -2010, "Order would trigger immediately."),
    (engine.OrderRejected, -2010, "Market is closed."),
)


def translate(error: EngineError) -> BinanceError:
    """Binance's answer for what the engine refused."""
    if isinstance(error, FilterFailed):
        return BinanceError(-1013, f"Filter failure: {_FILTERS[error.rule]}")
    for kind, code, message in _REFUSALS:
        if isinstance(error, kind):
            return BinanceError(code, message)
    return BinanceError(-1000, "An unknown error occurred while processing the request.")
