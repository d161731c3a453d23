"""Bitfinex's error answers: an array, with a status of 500 whatever is wrong.

Source: https://docs.bitfinex.com/docs/abbreviations-glossary (error codes), 2026-11.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fargate.paper_exchange.engine import errors as engine
from fargate.paper_exchange.engine.errors import EngineError, FilterFailed

GENERIC, INVALID, LIMITED, KEY, NONCE = 10001, 10020, 11010, 10100, 10114


class BitfinexError(Exception):
    """An error by its code and message."""

    def __init__(self, code: int, message: str, status: int = HTTPStatus.INTERNAL_SERVER_ERROR) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, int(status)

    @property
    def payload(self) -> list[Any]:
        """The body."""
        return ["error", self.code, self.message]


def invalid(name: str) -> BitfinexError:
    """An argument is missing or of another form."""
    return BitfinexError(INVALID, f"{name}: invalid")


def limited() -> BitfinexError:
    """Over the rate limit."""
    return BitfinexError(LIMITED, "ratelimit: error", HTTPStatus.TOO_MANY_REQUESTS)


def denied() -> BitfinexError:
    """The key may not."""
    return BitfinexError(GENERIC, "10001")


_FILTERS = {
    "price": "Invalid order: price is invalid",
    "price_band": "Invalid order: price is too far from the market",
    "lot": "Invalid order: amount is invalid",
    "market_lot": "Invalid order: maximum size exceeded",
    "notional": "Invalid order: minimum size not met",
}
_REFUSALS: tuple[tuple[type[EngineError], str], ...] = (
    (engine.UnknownOrder, "Order not found."),
    (engine.DuplicateOrder, "cid: duplicate"),
    (engine.InsufficientBalance, "Invalid order: not enough exchange balance"),
    (engine.WouldTake, "Invalid order: post only would execute"),
    (engine.WouldTrigger, "Invalid order: stop price is reached already"),
)


def translate(error: EngineError) -> BitfinexError:
    """Bitfinex's words for what the engine refused."""
    if isinstance(error, FilterFailed):
        return BitfinexError(GENERIC, _FILTERS[error.rule])
    for kind, words in _REFUSALS:
        if isinstance(error, kind):
            return BitfinexError(GENERIC, words)
    return BitfinexError(GENERIC, f"Invalid order: {error}")
