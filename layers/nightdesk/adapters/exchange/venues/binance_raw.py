"""Binance's public streams decoded by msgspec: aggregate trades and best bids and asks on one connection.

Source: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams, 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from nightdesk.adapters.exchange.raw_venue import Quoted, Reader, Traded
from nightdesk.candles.model import Trade
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import parse_amount

STREAMS_MAX: Final = 1024
"""A connection."""


class _Message(msgspec.Struct, gc=False):
    """What is read of a trade (`e` is `aggTrade`), of a quote (`b` and `a` are prices), of an answer."""

    e: str = ""
    s: str = ""
    a: int | str = ""
    b: str = ""
    p: str = ""
    q: str = ""
    T: int = 0
    error: Any = None


class BinanceRaw:
    """Binance spot."""

    url = "wss://stream.binance.com:9443/ws"
    markets_a_connection = STREAMS_MAX // 4

    def subscription(self, names: Sequence[str]) -> str:
        """All streams in one request: five messages a second are borne."""
        streams = [f"{name.lower()}@{kind}" for name in names for kind in ("aggTrade", "bookTicker")]
        return json.dumps({"method": "SUBSCRIBE", "params": streams, "id": 1})

    def reader(self, traded: Traded, quoted: Quoted) -> Reader:
        """A decoder for both kinds of message: which one it is shows in what it holds."""
        decode = msgspec.json.Decoder(_Message).decode

        def read(data: str) -> None:
            message = decode(data)
            if message.b:
                quoted(message.s, message.b, str(message.a))
            elif message.e == "aggTrade":
                price, amount = parse_amount(message.p), parse_amount(message.q)
                traded(message.s, Trade(from_ms(message.T), price, amount, int(message.a)))
            elif message.error is not None:
                raise Unavailable("venue.subscription_refused", "The venue refuses to stream.")

        return read


RAW: Final = BinanceRaw()
