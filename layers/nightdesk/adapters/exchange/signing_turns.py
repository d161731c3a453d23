"""Signed requests of venues that count nonces: each is signed in its key's turn and sent before the turn ends.

Under the shared budget a request gets its place first and its turn after, so nobody waits for a place with the turn in
hand: what was signed on the way to the place is never sent.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from nightdesk.adapters.exchange.balanced_fetch import has_place
from nightdesk.balancer.model import KeyPrint
from nightdesk.balancer.request import key_print
from nightdesk.balancer.turns import LONGEST_WAIT_S, NONCED, Turns, key_busy
from nightdesk.kernel.assets import VenueId

_UNSENT = 0
_nonce: ContextVar[int] = ContextVar("signing_nonce", default=_UNSENT)

Turn = Callable[[], AbstractAsyncContextManager[None]]
"""Opens a turn of a client's key, in which it may sign."""


class LocalTurns:
    """`Turns` of one process, where no other uses the keys."""

    def __init__(self) -> None:
        self._locks: defaultdict[KeyPrint, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._last = 0

    @asynccontextmanager
    async def turn(self, key: KeyPrint) -> AsyncIterator[int]:
        """Wait for the key's turn."""
        lock = self._locks[key]
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                await lock.acquire()
        except TimeoutError:
            raise key_busy() from None
        try:
            self._last = max(self._last + 1, time.time_ns() // 1_000)
            yield self._last
        finally:
            lock.release()

    async def close(self) -> None:
        """There is nothing to close."""


def sign_in_turn(exchange: Any, venue: VenueId, turns: Turns, *, has_budget: bool) -> None:
    """Have a client of ccxt sign in its key's turn, where its venue counts nonces.

    To be called before the client is put under a budget. What is signed by other ways than a request, as over a
    websocket, is signed within the client's `signing_turn`.

    Args:
        exchange: An async client of ccxt.
        venue: Whose client it is.
        turns: The key's, over all processes.
        has_budget: Requests wait for a place before they are sent.
    """
    exchange.signing_turn = nullcontext
    if venue not in NONCED or not getattr(exchange, "apiKey", ""):
        return
    key = key_print(str(exchange.apiKey))

    @asynccontextmanager
    async def turn() -> AsyncIterator[None]:
        async with turns.turn(key) as nonce:
            token = _nonce.set(nonce)
            try:
                yield
            finally:
                _nonce.reset(token)

    exchange.signing_turn = turn
    exchange.incrementing_nonce = _nonce.get
    exchange.fetch2 = _in_turn(exchange.fetch2, turn, has_budget=has_budget)


def _in_turn(fetch: Callable[..., Awaitable[Any]], turn: Turn, *, has_budget: bool) -> Callable[..., Awaitable[Any]]:
    """The client's `fetch2`, which signs and fetches, in a turn where it signs and is about to send."""

    async def fetch2(path: Any, api: Any = "public", *arguments: Any, **named: Any) -> Any:
        if "private" not in api or (has_budget and not has_place()):
            return await fetch(path, api, *arguments, **named)
        async with turn():
            return await fetch(path, api, *arguments, **named)

    return fetch2
