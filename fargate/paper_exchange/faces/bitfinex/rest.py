"""The REST side: which path is whose, who may ask, what it counts against, how it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from fargate.paper_exchange.engine.errors import EngineError
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Account
from fargate.paper_exchange.faces.bitfinex import account_rest, ledger_rest, market_rest, order_rest
from fargate.paper_exchange.faces.bitfinex.call import Call
from fargate.paper_exchange.faces.bitfinex.errors import BitfinexError, denied, invalid, translate
from fargate.paper_exchange.faces.bitfinex.limits import RateLimiter
from fargate.paper_exchange.faces.bitfinex.names import Pairs
from fargate.paper_exchange.faces.bitfinex.signing import Signatures
from fargate.paper_exchange.faces.rest import Answer, Request

Handler = Callable[[Call], Any]
PUBLIC: Mapping[str, Handler] = {
    "platform/status": market_rest.status,
    "conf/{}": market_rest.configuration,
    "tickers": market_rest.tickers,
    "ticker/{}": market_rest.ticker,
    "candles/{}/hist": market_rest.candles,
    "candles/{}/last": market_rest.last_candle,
    "trades/{}/hist": market_rest.trades,
    "book/{}/{}": market_rest.book,
}
PRIVATE: Mapping[str, Handler] = {
    "r/wallets": account_rest.wallets,
    "r/trades/hist": account_rest.trades,
    "r/trades/{}/hist": account_rest.trades,
    "r/order/{}/trades": account_rest.order_trades,
    "r/movements/hist": account_rest.movements,
    "r/movements/{}/hist": account_rest.movements,
    "r/ledgers/hist": ledger_rest.ledgers,
    "r/ledgers/{}/hist": ledger_rest.ledgers,
    "r/permissions": account_rest.permissions,
    "r/info/user": account_rest.user_info,
    "r/positions": account_rest.positions,
    "r/orders": order_rest.active,
    "r/orders/{}": order_rest.active,
    "r/orders/hist": order_rest.history,
    "r/orders/{}/hist": order_rest.history,
    "w/order/submit": order_rest.submit,
    "w/order/cancel": order_rest.cancel,
    "w/order/cancel/multi": order_rest.cancel_many,
}
_AUTH = "/v2/auth/"
_FOR_ALL_KEYS = "/v2/auth/r/permissions"


class RestApi:
    """Answers REST requests; pure but for the engine behind it."""

    def __init__(self, exchange: Exchange, pairs: Pairs, limiter: RateLimiter, signatures: Signatures) -> None:
        self._exchange, self._pairs, self._limiter, self._signatures = exchange, pairs, limiter, signatures

    def answer(self, request: Request) -> Answer:
        """The answer to a request, errors included."""
        try:
            return Answer(self._result(request))
        except EngineError as error:
            refusal = translate(error)
        except BitfinexError as error:
            refusal = error
        return Answer(refusal.payload, refusal.status)

    def _result(self, request: Request) -> Any:
        self._limiter.count(request.address, request.path)
        if not request.path.startswith(_AUTH):
            handle, parts = find(PUBLIC, request.path.removeprefix("/v2/"))
            return handle(self._call(dict(parse_qsl(request.query)), parts, None))
        handle, parts = find(PRIVATE, request.path.removeprefix(_AUTH))
        signer = self._signatures.signer(request)
        if "/auth/r/" in request.path and not signer.permissions.read and request.path != _FOR_ALL_KEYS:
            raise denied()
        return handle(self._call(_body(request), parts, signer))

    def _call(self, params: Mapping[str, Any], parts: tuple[str, ...], signer: Account | None) -> Call:
        return Call(self._exchange, self._pairs, params, parts, signer)


def find(handlers: Mapping[str, Handler], path: str) -> tuple[Handler, tuple[str, ...]]:
    """The handler of a path and what stands in its open places.

    Raises:
        BitfinexError: There is none.
    """
    if path in handlers:
        return handlers[path], ()
    asked = path.split("/")
    for pattern, handle in handlers.items():
        wanted = pattern.split("/")
        if len(wanted) == len(asked) and all(part in {"{}", own} for part, own in zip(wanted, asked, strict=True)):
            return handle, tuple(own for part, own in zip(wanted, asked, strict=True) if part == "{}")
    raise invalid("path")


def _body(request: Request) -> Mapping[str, Any]:
    try:
        body = orjson.loads(request.body or "{}")
    except orjson.JSONDecodeError:
        raise invalid("body") from None
    if not isinstance(body, dict):
        raise invalid("body")
    return body
