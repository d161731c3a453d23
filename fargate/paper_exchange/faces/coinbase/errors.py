"""Coinbase's error answers.

Source: https://docs.cdp.coinbase.com/coinbase-app/api-architecture/status-codes, Advanced Trade reference, 2026-11.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fargate.paper_exchange.engine import errors as engine
from fargate.paper_exchange.engine.errors import EngineError, FilterFailed


class CoinbaseError(Exception):
    """An error answer: HTTP status and body."""

    def __init__(self, payload: Any, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(str(payload))
        self.payload, self.status = payload, int(status)


def refused(code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> CoinbaseError:
    """An error of Advanced Trade."""
    return CoinbaseError({"error": code, "error_details": message, "message": message}, status)


def invalid(message: str) -> CoinbaseError:
    """An argument is missing or of another form."""
    return refused("INVALID_ARGUMENT", message)


def unauthorized() -> CoinbaseError:
    """The token doesn't count."""
    return CoinbaseError("Unauthorized\n", HTTPStatus.UNAUTHORIZED)


def denied() -> CoinbaseError:
    """The key may not."""
    return refused("PERMISSION_DENIED", "Missing required scopes", HTTPStatus.FORBIDDEN)


def not_found(what: str) -> CoinbaseError:
    """There is no such thing."""
    return CoinbaseError({"errors": [{"id": "not_found", "message": f"{what} not found"}]}, HTTPStatus.NOT_FOUND)


def unknown_order() -> CoinbaseError:
    """There is no such order."""
    return refused("unknown", "order with this orderID was not found", HTTPStatus.NOT_FOUND)


def too_many() -> CoinbaseError:
    """Over the rate limit."""
    errors = [{"id": "rate_limit_exceeded", "message": "Too many requests"}]
    return CoinbaseError({"errors": errors}, HTTPStatus.TOO_MANY_REQUESTS)


_FILTERS = {
    "price": ("INVALID_PRICE_PRECISION", "PREVIEW_INVALID_PRICE_PRECISION"),
    "price_band": ("INVALID_LIMIT_PRICE", "PREVIEW_INVALID_LIMIT_PRICE"),
    "lot": ("INVALID_SIZE_PRECISION", "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL"),
    "market_lot": ("INVALID_SIZE_PRECISION", "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE"),
    "notional": ("INVALID_ORDER_SIZE", "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL"),
}


def rejection(error: EngineError) -> dict[str, str]:
    """Why an order was not created, in the body of an answer of 200."""
    code, preview = "UNKNOWN_FAILURE_REASON", "UNKNOWN_PREVIEW_FAILURE_REASON"
    if isinstance(error, FilterFailed):
        code, preview = _FILTERS[error.rule]
    elif isinstance(error, engine.InsufficientBalance):
        code, preview = "INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND"
    elif isinstance(error, engine.WouldTake):
        code, preview = "INVALID_LIMIT_PRICE_POST_ONLY", "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY"
    elif isinstance(error, engine.WouldTrigger):
        preview = "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE"
    elif isinstance(error, engine.OrderRejected):
        code = "ORDER_ENTRY_DISABLED"
    return {"error": code, "message": str(error), "error_details": "", "preview_failure_reason": preview}
