"""The talk of websockets v2: subscriptions, answers, heartbeats.

Source: https://docs.kraken.com/api/docs/guides/spot-ws-intro, 2026-11.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import orjson

from fargate.paper_exchange.engine.events import Event
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.faces.connection import Connection
from fargate.paper_exchange.faces.kraken import own_events, streams
from fargate.paper_exchange.faces.kraken.call import Venue
from fargate.paper_exchange.faces.kraken.names import INTERVALS, Pair
from fargate.paper_exchange.faces.subscribers import Subscribers
from fargate.paper_exchange.faces.topics import Topics

PUBLIC = frozenset({"ticker", "trade", "ohlc", "book"})
PRIVATE = frozenset({"executions", "balances"})
DEPTHS = (10, 25, 100, 500, 1000)
PRIVATE_HOST = "ws-auth.kraken.com"


class Refused(Exception):
    """A request that can't be met; the message is Kraken's."""


class KrakenDialect:
    """What Kraken says on its websockets."""

    def __init__(self, exchange: Exchange, venue: Venue, topics: Topics) -> None:
        self._exchange, self._venue, self._topics = exchange, venue, topics
        self._subscribers = Subscribers(exchange.bus)
        self._sequences: dict[tuple[Connection, str], int] = {}
        self._private_ones: set[Connection] = set()

    def greet(self, connection: Connection) -> None:
        """The status comes unasked."""
        row = {"api_version": "v2", "connection_id": id(connection), "system": "online", "version": "2.0.10"}
        connection.answer({"channel": "status", "type": "update", "data": [row]})

    def hear(self, connection: Connection, text: str) -> None:
        """Answer one request."""
        try:
            message = orjson.loads(text)
            method, params = message["method"], message.get("params") or {}
            self._answer(connection, method, params, message.get("req_id"))
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            connection.answer({"error": "Malformed request", "success": False, **self._times()})

    def beat(self, connections: Collection[Connection], second: int) -> None:  # noqa: ARG002 - every second alike
        """A heartbeat for whoever listens to something."""
        for connection in connections:
            if connection.topics or connection in self._private_ones:
                connection.answer({"channel": "heartbeat"})

    def forget(self, connection: Connection) -> None:
        """The connection is closed."""
        self._subscribers.forget(connection)
        self._private_ones.discard(connection)
        self._sequences = {key: count for key, count in self._sequences.items() if key[0] is not connection}

    def _answer(self, connection: Connection, method: str, params: Mapping[str, Any], request_id: Any) -> None:
        head = {"method": method} | ({} if request_id is None else {"req_id": request_id})
        if method == "ping":
            connection.answer(head | {"method": "pong", **self._times()})
            return
        try:
            self._subscribe(connection, method, params, head)
        except Refused as refusal:
            connection.answer(head | {"error": str(refusal), "success": False, **self._times()})

    def _subscribe(self, connection: Connection, method: str, params: Mapping[str, Any], head: dict[str, Any]) -> None:
        channel = params.get("channel")
        if method not in {"subscribe", "unsubscribe"}:
            raise Refused("Unsupported method")
        if channel in PRIVATE:
            self._private(connection, method, params, head)
            return
        if channel not in PUBLIC:
            raise Refused("Unsupported channel")
        detail = _detail(str(channel), params)
        for symbol in params["symbol"]:
            pair = self._venue.pairs.of_symbol(symbol)
            if pair is None:
                error = {"error": f"Currency pair not supported {symbol}", "success": False, "symbol": symbol}
                connection.answer(head | error | self._times())
                continue
            result = {"channel": channel, "symbol": symbol, "snapshot": True, **_shown(str(channel), detail)}
            connection.answer(head | {"result": result, "success": True, **self._times()})
            if method == "subscribe":
                self._join(connection, pair, str(channel), detail)
            else:
                self._topics.leave(connection, (channel, symbol, detail))

    def _join(self, connection: Connection, pair: Pair, channel: str, detail: int) -> None:
        first = streams.snapshot(self._exchange, pair, channel, detail)
        if first is not None:
            connection.answer(first)
        make = partial(streams.topic, self._exchange, pair, channel, detail)
        self._topics.join(
            connection, (channel, pair.symbol, detail), make, lambda event: connection.send(orjson.dumps(event))
        )

    def _private(self, connection: Connection, method: str, params: Mapping[str, Any], head: dict[str, Any]) -> None:
        account_id = self._venue.tokens.account(str(params.get("token", "")))
        if account_id is None or connection.host != PRIVATE_HOST:
            raise Refused("ESession:Invalid session")
        channel = str(params["channel"])
        self._private_ones.add(connection)
        connection.answer(head | {"result": {"channel": channel, "snapshot": True}, "success": True, **self._times()})
        if method == "unsubscribe":
            self._subscribers.leave(connection, channel)
        elif channel == "balances":
            self._send(connection, channel, "snapshot", own_events.balances(self._exchange, account_id))
            self._subscribers.join(account_id, connection, partial(self._tell_balances, connection), channel)
        else:
            self._begin_executions(connection, account_id, params)
            self._subscribers.join(account_id, connection, partial(self._tell_executions, connection), channel)

    def _begin_executions(self, connection: Connection, account_id: int, params: Mapping[str, Any]) -> None:
        if params.get("snap_trades") is True:
            trades = own_events.latest_trades(self._exchange, self._venue.pairs, account_id)
            self._send(connection, "executions", "snapshot", trades)
        if params.get("snap_orders", True) is True:
            orders = own_events.open_orders(self._exchange, account_id)
            self._send(connection, "executions", "snapshot", orders)

    def _tell_executions(self, connection: Connection, event: Event) -> None:
        for data in own_events.executions(self._venue.pairs, event):
            self._send(connection, "executions", "update", data)

    def _tell_balances(self, connection: Connection, event: Event) -> None:
        data = own_events.balance_changes(self._exchange, event)
        if data:
            self._send(connection, "balances", "update", data)

    def _send(self, connection: Connection, channel: str, kind: str, data: list[Any]) -> None:
        """Private messages are numbered by channel."""
        sequence = self._sequences.get((connection, channel), 0) + 1
        self._sequences[connection, channel] = sequence
        message = {"channel": channel, "type": kind, "data": data, "sequence": sequence}
        if kind == "snapshot":
            connection.answer(message)
        else:
            connection.send(orjson.dumps(message))

    def _times(self) -> dict[str, str]:
        now = streams.instant(self._exchange.clock.wall_ms())
        return {"time_in": now, "time_out": now}


def _detail(channel: str, params: Mapping[str, Any]) -> int:
    """The bars' minutes or the book's levels.

    Raises:
        Refused: They are not offered.
    """
    if channel == "ohlc":
        interval = params.get("interval", 1)
        if interval not in INTERVALS:
            raise Refused("Subscription ohlc interval not supported")
        return int(interval)
    if channel == "book":
        depth = params.get("depth", DEPTHS[0])
        if depth not in DEPTHS:
            raise Refused("Subscription depth not supported")
        return int(depth)
    return 0


def _shown(channel: str, detail: int) -> dict[str, int]:
    return {"ohlc": {"interval": detail}, "book": {"depth": detail}}.get(channel, {})
