"""The talk of the websocket: subscriptions with a token where private, messages numbered by connection.

Source: https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-overview, 2026-11.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import orjson

from fargate.paper_exchange.engine.events import Event
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.faces.coinbase import own_events, streams
from fargate.paper_exchange.faces.coinbase.errors import CoinbaseError
from fargate.paper_exchange.faces.coinbase.names import Products, instant, symbol_name
from fargate.paper_exchange.faces.coinbase.signing import Tokens
from fargate.paper_exchange.faces.connection import Connection
from fargate.paper_exchange.faces.subscribers import Subscribers
from fargate.paper_exchange.faces.topics import Topics

USER, HEARTBEATS = "user", "heartbeats"
SILENT_MAX_S = 5
"""A connection that has subscribed to nothing by then is closed."""

_TOLD_AS = {"level2": "l2_data"}


class CoinbaseDialect:
    """What Coinbase says on its websocket."""

    def __init__(self, exchange: Exchange, products: Products, tokens: Tokens, topics: Topics) -> None:
        self._exchange, self._products, self._tokens, self._topics = exchange, products, tokens, topics
        self._subscribers = Subscribers(exchange.bus)
        self._sequences: dict[Connection, int] = {}
        self._channels: dict[Connection, dict[str, set[str]]] = {}
        self._silent: dict[Connection, int] = {}

    def greet(self, connection: Connection) -> None:
        """Coinbase waits for the client."""
        self._sequences[connection], self._channels[connection], self._silent[connection] = 0, {}, 0

    def hear(self, connection: Connection, text: str) -> None:
        """Subscribe or unsubscribe."""
        try:
            message = orjson.loads(text)
            kind, channel, names = message["type"], message["channel"], message.get("product_ids") or []
        except (orjson.JSONDecodeError, KeyError, TypeError):
            connection.answer({"type": "error", "message": "failure to parse message"})
            return
        if kind not in {"subscribe", "unsubscribe"} or channel not in {*streams.CHANNELS, USER}:
            connection.answer({"type": "error", "message": f"channel {str(channel)[:40]} is invalid"})
        elif any(self._products.find(name) is None for name in names):
            connection.answer({"type": "error", "message": "product id is invalid"})
        elif kind == "subscribe":
            self._subscribe(connection, channel, names, message)
        else:
            self._unsubscribe(connection, channel, names)

    def beat(self, connections: Collection[Connection], second: int) -> None:
        """Heartbeats where they are subscribed to; silent clients are cut off."""
        for connection in list(connections):
            if HEARTBEATS in self._channels.get(connection, {}):
                at = instant(self._exchange.clock.now_ms())
                self._tell(connection, HEARTBEATS, {"current_time": at, "heartbeat_counter": second})
            elif connection in self._silent:
                self._silent[connection] += 1
                if self._silent[connection] > SILENT_MAX_S:
                    connection.drop()

    def forget(self, connection: Connection) -> None:
        """The connection is closed."""
        self._subscribers.forget(connection)
        for kept in (self._sequences, self._channels, self._silent):
            kept.pop(connection, None)

    def _subscribe(self, connection: Connection, channel: str, names: list[str], message: Mapping[str, Any]) -> None:
        if channel == USER and not self._begin_user(connection, str(message.get("jwt", ""))):
            return
        self._silent.pop(connection, None)
        self._channels[connection].setdefault(channel, set()).update(names)
        if channel in streams.CHANNELS - {HEARTBEATS}:
            for name in names:
                self._join(connection, channel, symbol_name(name))
        self._confirm(connection)

    def _unsubscribe(self, connection: Connection, channel: str, names: list[str]) -> None:
        left = self._channels[connection].get(channel, set())
        left.difference_update(names or set(left))
        for name in names:
            self._topics.leave(connection, (channel, symbol_name(name)))
        if not left:
            self._channels[connection].pop(channel, None)
            self._subscribers.leave(connection, channel)
        self._confirm(connection)

    def _confirm(self, connection: Connection) -> None:
        told = {channel: sorted(names) for channel, names in self._channels[connection].items()}
        self._tell(connection, "subscriptions", {"subscriptions": told}, is_answer=True)

    def _join(self, connection: Connection, channel: str, symbol: str) -> None:
        first = streams.snapshot(self._exchange, channel, symbol)
        if first is not None:
            self._tell(connection, channel, first, is_answer=True)
        make = partial(streams.topic, self._exchange, channel, symbol)
        self._topics.join(connection, (channel, symbol), make, partial(self._tell, connection, channel))

    def _begin_user(self, connection: Connection, token: str) -> bool:
        try:
            account, _ = self._tokens.read(token, self._exchange.clock.wall_ms())
        except CoinbaseError:
            connection.answer({"type": "error", "message": "authentication failure"})
            return False
        self._tell(connection, USER, own_events.snapshot(self._exchange, account.account_id), is_answer=True)
        self._subscribers.join(account.account_id, connection, partial(self._tell_user, connection), USER)
        return True

    def _tell_user(self, connection: Connection, event: Event) -> None:
        told = own_events.update(self._exchange, event)
        if told is not None:
            self._tell(connection, USER, told)

    def _tell(self, connection: Connection, channel: str, event: Any, *, is_answer: bool = False) -> None:
        """Every message of a connection has the next number."""
        if connection not in self._sequences:
            return
        message = {
            "channel": _TOLD_AS.get(channel, channel),
            "client_id": "",
            "timestamp": instant(self._exchange.clock.now_ms()),
            "sequence_num": self._sequences[connection],
            "events": [event],
        }
        self._sequences[connection] += 1
        if is_answer:
            connection.answer(message)
        else:
            connection.send(orjson.dumps(message))
