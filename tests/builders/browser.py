"""A browser as the live feed meets it: it speaks graphql-transport-ws.

Source: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md (2026-11).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

ORIGIN = "http://127.0.0.1:8080"
PORTFOLIO = """subscription { portfolio { number whole asOf baseAsset total { value complete pricedAt }
  accounts { accountId label value } assets { asset quantity value price pricedAt }
  holdings { accountId asset quantity value price averageCost { amount asset } } unpriced rates { asset rate } } }"""
TICKERS = """subscription ($series: [String!]) {
  tickers(series: $series) { rows { series last bid ask at receivedAt } } }"""
CANDLES = """subscription ($series: String!, $resolution: String!) {
  candles(series: $series, resolution: $resolution) {
    series resolution atMs open high low close volume closed } }"""
FEEDS = "subscription { feeds { venue state since lastMessageAt } }"
LEDGER = "subscription { ledgerRecorded { accountId count entries { entryId kind legs { asset amount } } } }"
IMPORTS = "subscription { importProgress { accountId state rowsRecorded } }"


class Browser:
    """One websocket; answers are kept by subscription."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._heard: dict[str, asyncio.Queue[Any]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._count = 0
        self.close_code: int | None = None

    async def open(self, token: str, *, origin: str = ORIGIN) -> None:
        """Connect and show the token."""
        self.socket: ClientWebSocketResponse = await self._session.ws_connect(
            self._url, protocols=["graphql-transport-ws"], headers={"Origin": origin}, max_msg_size=64 * 1024 * 1024
        )
        await self.socket.send_json({"type": "connection_init", "payload": {"accessToken": token}})
        self._heard[""] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())

    async def admitted(self) -> None:
        """Wait for the acknowledgement."""
        assert (await self.next(""))["type"] == "connection_ack"

    async def subscribe(self, query: str, **variables: Any) -> str:
        """Subscribe; the subscription's id."""
        self._count += 1
        identity = str(self._count)
        self._heard[identity] = asyncio.Queue()
        payload = {"query": query, "variables": variables}
        await self.socket.send_json({"id": identity, "type": "subscribe", "payload": payload})
        return identity

    async def next(self, identity: str, within_s: float = 60) -> Any:
        """The subscription's next answer: the field's value, or the message if it is none."""
        async with asyncio.timeout(within_s):
            message = await self._heard[identity].get()
        data = (message.get("payload") or {}).get("data") if message["type"] == "next" else None
        return next(iter(data.values())) if data else message

    async def until(self, identity: str, wanted: Callable[[Any], bool], within_s: float = 60) -> Any:
        """The first answer that is wanted; others are passed over."""
        async with asyncio.timeout(within_s):
            while True:
                answer = await self.next(identity, within_s)
                if wanted(answer):
                    return answer

    async def silent(self, identity: str, for_s: float = 0.3) -> bool:
        """Whether nothing is answered for a while."""
        await asyncio.sleep(for_s)
        return self._heard[identity].empty()

    async def code_of(self, identity: str) -> str:
        """The code of the error that the subscription is refused with."""
        message = await self.next(identity)
        errors = message["payload"] if isinstance(message["payload"], list) else message["payload"]["errors"]
        return str(errors[0]["extensions"]["code"])

    async def closed_with(self, within_s: float = 10) -> int | None:
        """The code that the websocket is closed with."""
        assert self._reading
        async with asyncio.timeout(within_s):
            await self._reading
        return self.close_code

    def stop_reading(self) -> None:
        """Leave everything where it is, as a browser does that hangs."""
        assert self._reading
        self._reading.cancel()

    def read_on(self) -> None:
        """Read again."""
        self._reading = asyncio.create_task(self._read())

    async def leave(self) -> None:
        """Close the websocket."""
        await self.socket.close()

    async def _read(self) -> None:
        async for message in self.socket:
            if message.type is WSMsgType.TEXT:
                told = message.json()
                if told["type"] == "ping":
                    continue
                self._heard[told.get("id", "")].put_nowait(told)
        self.close_code = self.socket.close_code
