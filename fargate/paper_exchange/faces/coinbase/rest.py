"""The REST side: which path is whose, who may ask, what it counts against, how it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson

from fargate.paper_exchange.engine.errors import EngineError
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Account
from fargate.paper_exchange.faces.coinbase import account_rest, app_rest, market_rest, order_rest
from fargate.paper_exchange.faces.coinbase.call import Call
from fargate.paper_exchange.faces.coinbase.errors import CoinbaseError, denied, invalid, not_found, refused
from fargate.paper_exchange.faces.coinbase.limits import RateLimiter
from fargate.paper_exchange.faces.coinbase.names import Products
from fargate.paper_exchange.faces.coinbase.signing import Tokens
from fargate.paper_exchange.faces.rest import Answer, Request

Handler = Callable[[Call], Any]
_V3 = "/api/v3/brokerage"
_MARKETS: Mapping[str, Handler] = {
    "GET products": market_rest.products,
    "GET products/{}": market_rest.product,
    "GET products/{}/candles": market_rest.candles,
    "GET products/{}/ticker": market_rest.ticker,
    "GET product_book": market_rest.book,
}
PUBLIC: Mapping[str, Handler] = {
    "GET /v2/time": market_rest.app_time,
    "GET /v2/currencies": market_rest.currencies,
    "GET /v2/currencies/crypto": market_rest.crypto_currencies,
    "GET /v2/exchange-rates": market_rest.exchange_rates,
    f"GET {_V3}/time": market_rest.server_time,
    **{name.replace("GET ", f"GET {_V3}/market/"): handle for name, handle in _MARKETS.items()},
}
PRIVATE: Mapping[str, Handler] = {
    "GET /v2/user": app_rest.user,
    "GET /v2/accounts": app_rest.accounts,
    "GET /v2/accounts/{}/transactions": app_rest.transactions,
    "GET /v2/accounts/{}/deposits": app_rest.deposits,
    "GET /v2/accounts/{}/withdrawals": app_rest.withdrawals,
    f"GET {_V3}/accounts": account_rest.accounts,
    f"GET {_V3}/accounts/{{}}": account_rest.account,
    f"GET {_V3}/orders/historical/fills": account_rest.fills,
    f"GET {_V3}/orders/historical/batch": order_rest.batch,
    f"GET {_V3}/orders/historical/{{}}": order_rest.historical,
    f"POST {_V3}/orders": order_rest.create,
    f"POST {_V3}/orders/batch_cancel": order_rest.cancel,
    f"GET {_V3}/transaction_summary": account_rest.transaction_summary,
    f"GET {_V3}/key_permissions": account_rest.key_permissions,
    **{name.replace("GET ", f"GET {_V3}/"): handle for name, handle in _MARKETS.items()},
}
_FOR_ALL_KEYS = f"{_V3}/key_permissions"


class RestApi:
    """Answers REST requests; pure but for the engine behind it."""

    def __init__(self, exchange: Exchange, products: Products, limiter: RateLimiter, tokens: Tokens) -> None:
        self._exchange, self._products, self._limiter, self._tokens = exchange, products, limiter, tokens

    def answer(self, request: Request) -> Answer:
        """The answer to a request, errors included."""
        headers: dict[str, str] = {}
        try:
            return Answer(self._result(request, headers), headers=headers)
        except EngineError as error:
            refusal = refused("INTERNAL", str(error))
        except CoinbaseError as error:
            refusal = error
        return Answer(refusal.payload, refusal.status, headers)

    def _result(self, request: Request, headers: dict[str, str]) -> Any:
        public, part = _find(PUBLIC, request)
        if public is not None:
            headers.update(self._limiter.count_public(request.address))
            return public(self._call(request, part, None))
        private, part = _find(PRIVATE, request)
        if private is None:
            raise not_found("Route")
        signer = self._tokens.signer(request, self._exchange.clock.wall_ms())
        count = self._limiter.count_app if request.path.startswith("/v2/") else self._limiter.count_private
        headers.update(count(signer.key))
        if not signer.permissions.read and request.path != _FOR_ALL_KEYS and request.method == "GET":
            raise denied()
        return private(self._call(request, part, signer))

    def _call(self, request: Request, part: str, signer: Account | None) -> Call:
        return Call(self._exchange, self._products, parse_qs(request.query), _body(request), part, signer)


def _find(handlers: Mapping[str, Handler], request: Request) -> tuple[Handler | None, str]:
    """The handler of a path, one of whose parts may be a name."""
    place = f"{request.method} {request.path}"
    if place in handlers:
        return handlers[place], ""
    parts = place.split("/")
    for index in range(len(parts) - 1, 0, -1):
        pattern = "/".join([*parts[:index], "{}", *parts[index + 1 :]])
        if pattern in handlers:
            return handlers[pattern], parts[index]
    return None, ""


def _body(request: Request) -> Mapping[str, Any]:
    try:
        body = orjson.loads(request.body or "{}")
    except orjson.JSONDecodeError:
        raise invalid("the body is no JSON") from None
    if not isinstance(body, dict):
        raise invalid("the body is no JSON object")
    return body
