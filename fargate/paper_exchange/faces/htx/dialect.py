"""The talk of the websockets: market channels with pings in the body, and the account's own socket.

Source: https://huobiapi.github.io/docs/spot/v1/en/#websocket-market-data (…#websocket-asset-and-order), 2026-11.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

import orjson

from fargate.paper_exchange.engine.events import Event
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Account
from fargate.paper_exchange.faces.connection import Connection
from fargate.paper_exchange.faces.htx import own_events, streams
from fargate.paper_exchange.faces.htx.errors import HtxError
from fargate.paper_exchange.faces.htx.market_rest import bar_row, bars_of
from fargate.paper_exchange.faces.htx.names import Symbols
from fargate.paper_exchange.faces.htx.signing import Signatures
from fargate.paper_exchange.faces.htx.streams import Channel, StepFeed
from fargate.paper_exchange.faces.subscribers import Subscribers
from fargate.paper_exchange.faces.topics import Topics

OWN_PATH = "/ws/v2"
PING_S, OWN_PING_S = 5, 20
MISSED_MAX = 2
_OK, _UNKNOWN, _UNAUTHENTICATED = 200, 2001, 2002
_REQUESTED_BARS = 300


class HtxDialect:
    """What HTX says on its websockets."""

    def __init__(self, exchange: Exchange, symbols: Symbols, signatures: Signatures, topics: Topics) -> None:
        self._exchange, self._symbols, self._signatures, self._topics = exchange, symbols, signatures, topics
        self._subscribers = Subscribers(exchange.bus)
        self._signed: dict[Connection, Account] = {}
        self._unanswered: dict[Connection, int] = {}

    def greet(self, connection: Connection) -> None:
        """HTX waits for the client."""
        self._unanswered[connection] = 0

    def hear(self, connection: Connection, text: str) -> None:
        """Answer one message."""
        try:
            message = orjson.loads(text)
            if connection.path == OWN_PATH:
                self._hear_own(connection, message)
            else:
                self._hear_market(connection, message)
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            connection.answer(self._refusal(None, "bad-request", "invalid command"))

    def beat(self, connections: Collection[Connection], second: int) -> None:
        """Pings in the body; who leaves two of them unanswered is cut off."""
        at_ms = self._exchange.clock.wall_ms()
        for connection in list(connections):
            own = connection.path == OWN_PATH
            if second % (OWN_PING_S if own else PING_S) or connection not in self._unanswered:
                continue
            if self._unanswered[connection] > MISSED_MAX:
                connection.drop()
                continue
            self._unanswered[connection] += 1
            connection.answer({"action": "ping", "data": {"ts": at_ms}} if own else {"ping": at_ms})

    def forget(self, connection: Connection) -> None:
        """The connection is closed."""
        self._subscribers.forget(connection)
        self._signed.pop(connection, None)
        self._unanswered.pop(connection, None)

    def _hear_market(self, connection: Connection, message: Mapping[str, Any]) -> None:
        if "pong" in message:
            self._unanswered[connection] = 0
        elif "ping" in message:
            connection.answer({"pong": message["ping"]})
        elif "sub" in message:
            self._join(connection, message["sub"], message.get("id"))
        elif "unsub" in message:
            name, channel = message["unsub"], streams.channel_of(message["unsub"], self._symbols)
            self._topics.leave(connection, channel)
            connection.answer({"id": message.get("id"), "status": "ok", "unsubbed": name, "ts": self._now_ms()})
        else:
            self._request(connection, message["req"], message.get("id"))

    def _join(self, connection: Connection, name: Any, request_id: Any) -> None:
        channel = streams.channel_of(name, self._symbols)
        if channel is None:
            connection.answer(self._refusal(request_id, "bad-request", f"invalid topic {str(name)[:60]}"))
            return
        make = partial(streams.topic, self._exchange, channel)
        self._topics.join(connection, channel, make, partial(self._tell, connection, channel))
        connection.answer({"id": request_id, "status": "ok", "subbed": name, "ts": self._now_ms()})
        feed = self._topics.feed(channel)
        if isinstance(feed, StepFeed):
            # A step of no change: clients wait for one before they ask for the book, and markets here are calm.
            tick = {**feed.snapshot(), "prevSeqNum": feed.sequence, "bids": [], "asks": []}
            connection.answer({"ch": channel.name, "ts": self._now_ms(), "tick": tick})

    def _request(self, connection: Connection, name: Any, request_id: Any) -> None:
        """A whole book or the latest bars, once."""
        channel = streams.channel_of(name, self._symbols)
        data = self._whole(channel) if channel else None
        if data is None:
            connection.answer(self._refusal(request_id, "bad-request", f"invalid topic {str(name)[:60]}"))
            return
        connection.answer({"id": request_id, "rep": name, "status": "ok", "ts": self._now_ms(), "data": data})

    def _whole(self, channel: Channel) -> Any:
        if channel.kind == "mbp":
            known = self._topics.feed(channel)
            feed = known if isinstance(known, StepFeed) else None
            return (feed or StepFeed(self._exchange, channel.symbol, int(channel.detail))).snapshot()
        if channel.kind == "kline":
            asked = (0, self._exchange.clock.now_ms(), _REQUESTED_BARS)
            return [bar_row(bar) for bar in bars_of(self._exchange, channel.symbol, channel.detail, asked)]
        return None

    def _tell(self, connection: Connection, channel: Channel, tick: Any) -> None:
        connection.send(orjson.dumps({"ch": channel.name, "ts": self._now_ms(), "tick": tick}))

    def _hear_own(self, connection: Connection, message: Mapping[str, Any]) -> None:
        action, channel = message["action"], str(message.get("ch", ""))
        if action == "pong":
            self._unanswered[connection] = 0
        elif action == "req" and channel == "auth":
            self._authenticate(connection, message["params"])
        elif connection not in self._signed:
            told = {"action": action, "code": _UNAUTHENTICATED, "ch": channel, "message": "invalid.auth.state"}
            connection.answer(told)
        elif action == "sub":
            self._join_own(connection, self._signed[connection].account_id, channel)
        else:
            self._subscribers.leave(connection, channel)
            connection.answer({"action": action, "code": _OK, "ch": channel, "data": {}})

    def _authenticate(self, connection: Connection, params: Mapping[str, Any]) -> None:
        now_ms = self._exchange.clock.wall_ms()
        try:
            account = self._signatures.socket_signer(params, connection.host, connection.path, now_ms)
        except HtxError:
            connection.answer({"action": "req", "code": _UNAUTHENTICATED, "ch": "auth", "message": "auth.fail"})
            return
        self._signed[connection] = account
        connection.answer({"action": "req", "code": _OK, "ch": "auth", "data": {}})

    def _join_own(self, connection: Connection, account_id: int, channel: str) -> None:
        kind, symbol = (*channel.split("#"), "")[:2]
        known = kind in {"orders", "trade.clearing"} and (symbol == "*" or self._symbols.find(symbol))
        if not known and kind != "accounts.update":
            told = {"action": "sub", "code": _UNKNOWN, "ch": channel, "message": "invalid.symbol"}
            connection.answer(told)
            return
        connection.answer({"action": "sub", "code": _OK, "ch": channel, "data": {}})
        if kind == "accounts.update":
            for data in own_events.balances(self._exchange, account_id):
                connection.answer({"action": "push", "ch": channel, "data": data})
        self._subscribers.join(account_id, connection, partial(self._tell_own, connection, channel), channel)

    def _tell_own(self, connection: Connection, channel: str, event: Event) -> None:
        for data in self._own(channel, event):
            connection.send(orjson.dumps({"action": "push", "ch": channel, "data": data}))

    def _own(self, channel: str, event: Event) -> Iterable[dict[str, Any]]:
        kind, symbol = (*channel.split("#"), "")[:2]
        if kind == "orders":
            return own_events.orders(event, symbol)
        if kind == "trade.clearing":
            return own_events.clearing(event, symbol)
        return own_events.balance_changes(self._exchange, event)

    def _refusal(self, request_id: Any, code: str, message: str) -> dict[str, Any]:
        return {"status": "error", "ts": self._now_ms(), "id": request_id, "err-code": code, "err-msg": message}

    def _now_ms(self) -> int:
        return self._exchange.clock.now_ms()
