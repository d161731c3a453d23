"""The WebSocket API: requests over a websocket, and the user data stream.

Source: https://developers.binance.com/docs/binance-spot-api-docs/websocket-api, November 2025.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import orjson

from fargate.paper_exchange.engine.events import Event
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Account
from fargate.paper_exchange.faces.binance import signing
from fargate.paper_exchange.faces.binance.errors import BinanceError, missing
from fargate.paper_exchange.faces.binance.rest import Place, Proof, RestApi
from fargate.paper_exchange.faces.binance.user_events import user_event
from fargate.paper_exchange.faces.connection import Connection

METHODS: Mapping[str, Place] = {
    "ping": ("GET", "/api/v3/ping"),
    "time": ("GET", "/api/v3/time"),
    "exchangeInfo": ("GET", "/api/v3/exchangeInfo"),
    "depth": ("GET", "/api/v3/depth"),
    "trades.recent": ("GET", "/api/v3/trades"),
    "trades.historical": ("GET", "/api/v3/historicalTrades"),
    "trades.aggregate": ("GET", "/api/v3/aggTrades"),
    "klines": ("GET", "/api/v3/klines"),
    "avgPrice": ("GET", "/api/v3/avgPrice"),
    "ticker.24hr": ("GET", "/api/v3/ticker/24hr"),
    "ticker.price": ("GET", "/api/v3/ticker/price"),
    "ticker.book": ("GET", "/api/v3/ticker/bookTicker"),
    "order.place": ("POST", "/api/v3/order"),
    "order.test": ("POST", "/api/v3/order/test"),
    "order.status": ("GET", "/api/v3/order"),
    "order.cancel": ("DELETE", "/api/v3/order"),
    "openOrders.status": ("GET", "/api/v3/openOrders"),
    "openOrders.cancelAll": ("DELETE", "/api/v3/openOrders"),
    "allOrders": ("GET", "/api/v3/allOrders"),
    "myTrades": ("GET", "/api/v3/myTrades"),
    "account.status": ("GET", "/api/v3/account"),
    "account.rateLimits.orders": ("GET", "/api/v3/rateLimit/order"),
}


class SocketApi:
    """Answers requests of websockets and pushes accounts' events to those who subscribed."""

    def __init__(self, exchange: Exchange, rest: RestApi) -> None:
        self._exchange, self._rest = exchange, rest
        self._subscribers: dict[int, list[tuple[Connection, int]]] = {}
        self._numbers = count()
        self._extra: Mapping[str, Callable[[Connection, Mapping[str, str]], Any]] = {
            "userDataStream.subscribe.signature": self._subscribe,
            "userDataStream.unsubscribe": self._unsubscribe,
        }
        exchange.bus.listen(self._push)

    def receive(self, connection: Connection, text: str) -> None:
        """Answer one request."""
        try:
            message = orjson.loads(text)
            method, params = message["method"], _texts(message.get("params") or {})
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            error = BinanceError(-1125, "Malformed request.")
            connection.answer({"id": None, "status": error.status, "error": error.payload()})
            return
        status, body = self._answer(connection, method, params)
        connection.answer({"id": message.get("id"), "status": status, **body, "rateLimits": []})

    def forget(self, connection: Connection) -> None:
        """The connection is closed: push nothing to it any more."""
        for account_id, listening in list(self._subscribers.items()):
            self._subscribers[account_id] = [pair for pair in listening if pair[0] is not connection]

    def _answer(self, connection: Connection, method: str, params: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        try:
            if method in self._extra:
                return 200, {"result": self._extra[method](connection, params)}
        except BinanceError as error:
            return error.status, {"error": error.payload()}
        if method not in METHODS:
            return 400, {"error": BinanceError(-1000, "Unknown method.").payload()}
        answer = self._rest.run(METHODS[method], params, connection.address, _proof(params))
        return answer.status, {"result" if answer.status == 200 else "error": answer.payload}  # noqa: PLR2004

    def _subscribe(self, connection: Connection, params: Mapping[str, str]) -> Any:
        account = self._rest.signer(params, _proof(params))
        number = next(self._numbers)
        self._subscribers.setdefault(account.account_id, []).append((connection, number))
        return {"subscriptionId": number}

    def _unsubscribe(self, connection: Connection, params: Mapping[str, str]) -> Any:
        number = params.get("subscriptionId")
        for account_id, listening in list(self._subscribers.items()):
            kept = [pair for pair in listening if pair[0] is not connection or number not in (None, str(pair[1]))]
            self._subscribers[account_id] = kept
        return {}

    def _push(self, event: Event) -> None:
        listening = self._subscribers.get(event.account_id)
        if not listening:
            return
        payload = user_event(self._exchange, event)
        for connection, number in listening:
            connection.send(orjson.dumps({"subscriptionId": number, "event": payload}))


def _proof(params: Mapping[str, str]) -> Proof:
    """Over a websocket the parameters themselves are signed, sorted by name."""

    def check(account: Account) -> None:
        if "signature" not in params:
            raise missing("signature")
        payload = "&".join(f"{name}={value}" for name, value in sorted(params.items()) if name != "signature")
        signing.verify(account, payload, params["signature"])

    return Proof(params.get("apiKey"), check)


def _texts(params: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in params.items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, dict)):
        return orjson.dumps(value).decode()
    return str(value)
