"""The REST side: which path is whose, who may ask, what it counts against, how it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from fargate.paper_exchange.engine.errors import EngineError
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Account
from fargate.paper_exchange.faces.htx import account_rest, market_rest, order_rest
from fargate.paper_exchange.faces.htx.call import Call
from fargate.paper_exchange.faces.htx.errors import HtxError, denied, invalid, translate
from fargate.paper_exchange.faces.htx.limits import RateLimiter
from fargate.paper_exchange.faces.htx.names import Symbols
from fargate.paper_exchange.faces.htx.signing import Signatures
from fargate.paper_exchange.faces.rest import Answer, Request

Handler = Callable[[Call], Any]
PUBLIC: Mapping[str, Handler] = {
    "GET /v1/common/timestamp": market_rest.timestamp,
    "GET /v1/common/symbols": market_rest.symbols,
    "GET /v2/reference/currencies": market_rest.currencies,
    "GET /market/tickers": market_rest.tickers,
    "GET /market/detail/merged": market_rest.merged,
    "GET /market/history/kline": market_rest.klines,
    "GET /market/history/candles": market_rest.candles,
    "GET /market/history/trade": market_rest.trades,
    "GET /market/depth": market_rest.depth,
}
PRIVATE: Mapping[str, Handler] = {
    "GET /v1/account/accounts": account_rest.accounts,
    "GET /v1/account/accounts/{}/balance": account_rest.balance,
    "GET /v1/order/matchresults": account_rest.match_results,
    "GET /v1/order/orders/{}/matchresults": account_rest.order_match_results,
    "GET /v1/query/deposit-withdraw": account_rest.transfers,
    "POST /v1/dw/withdraw-virtual/{}/cancel": account_rest.cancel_withdrawal,
    "GET /v2/user/uid": account_rest.user_number,
    "GET /v2/user/api-key": account_rest.key_information,
    "POST /v1/order/orders/place": order_rest.place,
    "POST /v1/order/orders/{}/submitcancel": order_rest.cancel,
    "POST /v1/order/orders/submitCancelClientOrder": order_rest.cancel_by_client_id,
    "GET /v1/order/orders/getClientOrder": order_rest.query_by_client_id,
    "GET /v1/order/orders/{}": order_rest.query,
    "GET /v1/order/openOrders": order_rest.open_orders,
    "GET /v1/order/orders": order_rest.search,
}


class RestApi:
    """Answers REST requests; pure but for the engine behind it."""

    def __init__(self, exchange: Exchange, symbols: Symbols, limiter: RateLimiter, signatures: Signatures) -> None:
        self._exchange, self._symbols, self._limiter, self._signatures = exchange, symbols, limiter, signatures

    def answer(self, request: Request) -> Answer:
        """The answer to a request, errors included."""
        headers: dict[str, str] = {}
        try:
            return Answer(self._result(request, headers), headers=headers)
        except EngineError as error:
            refusal = translate(error)
        except HtxError as error:
            refusal = error
        return Answer(refusal.payload(request.path), refusal.status, headers)

    def _result(self, request: Request, headers: dict[str, str]) -> Any:
        public = PUBLIC.get(f"{request.method} {request.path}")
        if public is not None:
            self._limiter.count_public(request.address, request.path)
            return public(self._call(request, "", None))
        private, part = _find(request)
        signer = self._signatures.signer(request, self._exchange.clock.wall_ms())
        headers.update(self._limiter.count_private(signer.key))
        if not signer.permissions.read and request.method == "GET" and not request.path.startswith("/v2/user/"):
            raise denied()
        return private(self._call(request, part, signer))

    def _call(self, request: Request, part: str, signer: Account | None) -> Call:
        params = _body(request) if request.method == "POST" else dict(parse_qsl(request.query))
        return Call(self._exchange, self._symbols, params, part, signer)


def _find(request: Request) -> tuple[Handler, str]:
    """The handler of a path, one of whose parts may be a number.

    Raises:
        HtxError: There is none.
    """
    place = f"{request.method} {request.path}"
    if place in PRIVATE:
        return PRIVATE[place], ""
    parts = place.split("/")
    for index in range(len(parts) - 1, 0, -1):
        pattern = "/".join([*parts[:index], "{}", *parts[index + 1 :]])
        if pattern in PRIVATE:
            return PRIVATE[pattern], parts[index]
    raise HtxError("bad-request", f"{request.path} is not served")


def _body(request: Request) -> Mapping[str, Any]:
    try:
        body = orjson.loads(request.body or "{}")
    except orjson.JSONDecodeError:
        raise invalid("body") from None
    if not isinstance(body, dict):
        raise invalid("body")
    return body
