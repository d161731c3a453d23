"""The talk of the websockets: channels by number, arrays, one channel 0 for the account.

Checksums of books are not sent.

Source: https://docs.bitfinex.com/docs/ws-general (…/ws-public, …/ws-auth), 2026-11.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from itertools import count
from typing import Any

import orjson

from fargate.paper_exchange.engine.events import Event
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.faces.bitfinex import own_events, streams
from fargate.paper_exchange.faces.bitfinex.errors import BitfinexError
from fargate.paper_exchange.faces.bitfinex.limits import RateLimiter
from fargate.paper_exchange.faces.bitfinex.names import Pairs
from fargate.paper_exchange.faces.bitfinex.signing import Signatures
from fargate.paper_exchange.faces.bitfinex.streams import Channel
from fargate.paper_exchange.faces.connection import Connection
from fargate.paper_exchange.faces.subscribers import Subscribers
from fargate.paper_exchange.faces.topics import Topics

HEARTBEAT_S = 15
NUMBERED = 65_536
"""The flag that has every message of a connection's channels numbered."""

INVALID, DUPLICATE, LIMIT, UNKNOWN = 10300, 10301, 10305, 10000
_CAPABILITIES = ("orders", "account", "funding", "history", "wallets", "settings", "withdraw", "positions")


class BitfinexDialect:
    """What Bitfinex says on its websockets."""

    def __init__(
        self, exchange: Exchange, pairs: Pairs, signatures: Signatures, limiter: RateLimiter, topics: Topics
    ) -> None:
        self._exchange, self._pairs, self._signatures, self._topics = exchange, pairs, signatures, topics
        self._limits, self._numbers = limiter.limits, count(1001)
        self._subscribers = Subscribers(exchange.bus)
        self._channels: dict[Connection, dict[int, Channel]] = {}
        self._private: set[Connection] = set()
        self._sequences: dict[Connection, count[int]] = {}

    def greet(self, connection: Connection) -> None:
        """Version and state come unasked."""
        self._channels[connection] = {}
        connection.answer({"event": "info", "version": 2, "serverId": "paper", "platform": {"status": 1}})

    def hear(self, connection: Connection, text: str) -> None:
        """Answer one event."""
        try:
            message = orjson.loads(text)
            event = message["event"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            connection.answer({"event": "error", "msg": "event: invalid", "code": UNKNOWN})
            return
        if event == "ping":
            connection.answer({"event": "pong", "ts": self._exchange.clock.wall_ms(), "cid": message.get("cid")})
        elif event == "conf":
            self._configure(connection, message.get("flags", 0))
        elif event == "subscribe":
            self._subscribe(connection, message)
        elif event == "unsubscribe":
            self._unsubscribe(connection, message.get("chanId"))
        elif event == "auth":
            self._authenticate(connection, message)
        else:
            connection.answer({"event": "error", "msg": "event: unknown", "code": UNKNOWN})

    def beat(self, connections: Collection[Connection], second: int) -> None:
        """A heartbeat on every channel."""
        if second % HEARTBEAT_S:
            return
        for connection in connections:
            for number in (*self._channels.get(connection, {}), *([0] if connection in self._private else [])):
                connection.answer([number, "hb", *self._next(connection)])

    def forget(self, connection: Connection) -> None:
        """The connection is closed."""
        self._subscribers.forget(connection)
        self._channels.pop(connection, None)
        self._private.discard(connection)
        self._sequences.pop(connection, None)

    def _configure(self, connection: Connection, flags: Any) -> None:
        connection.answer({"event": "conf", "status": "OK", "flags": flags})
        if isinstance(flags, int) and flags & NUMBERED:
            self._sequences.setdefault(connection, count(1))
        else:
            self._sequences.pop(connection, None)

    def _next(self, connection: Connection) -> list[int]:
        """The number that a message ends with, where they are numbered."""
        numbers = self._sequences.get(connection)
        return [] if numbers is None else [next(numbers)]

    def _subscribe(self, connection: Connection, message: Mapping[str, Any]) -> None:
        channel, open_channels = streams.channel_of(message, self._pairs), self._channels[connection]
        shown = {name: message[name] for name in ("channel", "symbol", "key") if name in message}
        error = None
        if channel is None:
            error = {"msg": "symbol: invalid", "code": INVALID}
        elif channel in open_channels.values():
            error = {"msg": "subscribe: dup", "code": DUPLICATE}
        elif len(open_channels) >= self._limits.channels_max:
            error = {"msg": "subscribe: limit", "code": LIMIT}
        if error is not None or channel is None:
            connection.answer({"event": "error", **shown, **(error or {})})
            return
        number = next(self._numbers)
        open_channels[number] = channel
        connection.answer({"event": "subscribed", "chanId": number, **shown, **channel.shown()})
        connection.answer([number, streams.snapshot(self._exchange, channel), *self._next(connection)])
        make = partial(streams.topic, self._exchange, channel)
        self._topics.join(connection, channel, make, partial(self._tell, connection, number))

    def _unsubscribe(self, connection: Connection, number: Any) -> None:
        wanted = int(number) if str(number).isdecimal() else -1
        channel = self._channels[connection].pop(wanted, None)
        if channel is None:
            connection.answer({"event": "error", "msg": "unsubscribe: invalid", "code": 10400})
            return
        self._topics.leave(connection, channel)
        connection.answer({"event": "unsubscribed", "status": "OK", "chanId": wanted})

    def _authenticate(self, connection: Connection, message: Mapping[str, Any]) -> None:
        try:
            account = self._signatures.socket_signer(message)
        except BitfinexError as refusal:
            told = {"event": "auth", "status": "FAILED", "chanId": 0, "code": refusal.code, "msg": refusal.message}
            connection.answer(told)
            return
        may = account.permissions
        allowed = {name: {"read": int(may.read), "write": int(may.trade)} for name in _CAPABILITIES}
        told = {"event": "auth", "status": "OK", "chanId": 0, "userId": account.account_id, "caps": allowed}
        connection.answer(told)
        self._private.add(connection)
        for name, rows in own_events.snapshots(self._exchange, account.account_id):
            connection.answer([0, name, rows, *self._next(connection)])
        self._subscribers.join(account.account_id, connection, partial(self._tell_own, connection))

    def _tell_own(self, connection: Connection, event: Event) -> None:
        for name, row in own_events.updates(self._exchange, self._pairs, event):
            connection.send(orjson.dumps([0, name, row, *self._next(connection)]))

    def _tell(self, connection: Connection, number: int, event: tuple[Any, ...]) -> None:
        connection.send(orjson.dumps([number, *event, *self._next(connection)]))
