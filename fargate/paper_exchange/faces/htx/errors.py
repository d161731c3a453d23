"""HTX's error answers: 200, and what is wrong in the body; v1 and v2 word it differently.

Source: https://huobiapi.github.io/docs/spot/v1/en/#error-code, 2026-11.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fargate.paper_exchange.engine import errors as engine
from fargate.paper_exchange.engine.errors import EngineError, FilterFailed

_V2_SIGNATURE = 1003
_V2_OTHER = 2002


class HtxError(Exception):
    """An error by its code and message."""

    def __init__(self, code: str, message: str, status: int = HTTPStatus.OK) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, int(status)

    def payload(self, path: str) -> dict[str, Any]:
        """The body, in the form of the path's version."""
        if path.startswith("/v2/"):
            return {"code": _V2_SIGNATURE if "signature" in self.code else _V2_OTHER, "message": self.message}
        return {"status": "error", "err-code": self.code, "err-msg": self.message, "data": None}


def invalid(name: str) -> HtxError:
    """An argument is missing or of another form."""
    return HtxError("validation-format-error", f"Format Error: {name}.")


def unsigned(reason: str) -> HtxError:
    """The signature doesn't count."""
    return HtxError("api-signature-not-valid", f"Signature not valid: {reason}")


def denied() -> HtxError:
    """The key may not."""
    return unsigned("API key has no permission [API Key没有权限]")


def too_many() -> HtxError:
    """Over the rate limit."""
    return HtxError("rate-too-many-requests", "exceeded rate limit", HTTPStatus.TOO_MANY_REQUESTS)


def unknown_symbol() -> HtxError:
    """There is no such symbol."""
    return HtxError("base-symbol-error", "The symbol is invalid")


_FILTERS = {
    "price": ("order-orderprice-precision-error", "order price precision error"),
    "price_band": ("order-limitorder-price-max-error", "limit order price error"),
    "lot": ("order-orderamount-precision-error", "order amount precision error"),
    "market_lot": ("order-limitorder-amount-max-error", "limit order amount error"),
    "notional": ("order-value-min-error", "Order total is too low"),
}
_REFUSALS: tuple[tuple[type[EngineError], str, str], ...] = (
    (engine.UnknownInstrument, "base-symbol-error", "The symbol is invalid"),
    (engine.UnknownOrder, "base-record-invalid", "record invalid"),
    (engine.DuplicateOrder, "order-client-order-id-repeat", "Client order id repeated"),
    (engine.InsufficientBalance, "account-frozen-balance-insufficient-error", "trade account balance is not enough"),
    (engine.WouldTake, "order-invalid-price", "post only order would execute"),
    (engine.WouldTrigger, "order-stop-order-hit-trigger", "Orders that are triggered immediately are not supported."),
    (engine.OrderRejected, "base-symbol-trade-disabled", "Trading is disabled for this symbol"),
)


def translate(error: EngineError) -> HtxError:
    """HTX's words for what the engine refused."""
    if isinstance(error, FilterFailed):
        return HtxError(*_FILTERS[error.rule])
    for kind, code, message in _REFUSALS:
        if isinstance(error, kind):
            return HtxError(code, message)
    return HtxError("gateway-internal-error", str(error))
