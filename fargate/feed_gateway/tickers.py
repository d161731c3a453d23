"""Prices: the newest of each market, to each follower at most every 100 ms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import Final

from fargate.feed_gateway.switchboard import Reader, Signal
from nightdesk.contracts.graphql.live_types import LiveTicker, TickerBatch
from nightdesk.contracts.live_messages import TickerMessage
from nightdesk.identity.model import Caller
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount
from nightdesk.markets.model import Price

EVERY_S: Final = 0.1
SERIES_MAX: Final = 1000


class TickerFollower:
    """Names what it has still to send, never how often it changed."""

    def __init__(self, series: Sequence[str] | None) -> None:
        self._wanted = None if series is None else frozenset(series)
        self._waiting: set[str] = set()
        self.is_begun = False
        self.signal = Signal(every_s=EVERY_S)

    def begin(self, known: Iterable[str]) -> None:
        """Have everything sent, even if nothing is known."""
        self.is_begun = True
        self._waiting.update(name for name in known if self._wanted is None or name in self._wanted)
        self.signal.ring()

    def offer(self, series: str) -> None:
        """Have the market's newest state sent."""
        if self.is_begun and (self._wanted is None or series in self._wanted):
            self._waiting.add(series)
            self.signal.ring()

    def take(self) -> set[str]:
        """What is to be sent now."""
        taken, self._waiting = self._waiting, set()
        return taken


class TickerTopic:
    """Knows the newest state of every market.

    Args:
        known_prices: Reads every market's last known price; blocks.
    """

    def __init__(self, known_prices: Callable[[], Sequence[Price]]) -> None:
        self._known_prices = known_prices
        self._rows: dict[str, LiveTicker] = {}
        self._followers: set[TickerFollower] = set()
        self._reader = Reader(self._read)

    def holds(self, subject: str) -> None:  # noqa: ARG002 there is one pattern
        """Have everybody begin anew."""
        for follower in self._followers:
            follower.is_begun = False
        self._reader.ask()

    def hear(self, subject: str, message: bytes) -> None:  # noqa: ARG002 the message says it too
        """Take a price; an older one never replaces a newer one."""
        told = TickerMessage.model_validate_json(message)
        known = self._rows.get(told.series)
        if known is not None and told.at < known.at:
            return
        self._rows[told.series] = LiveTicker(
            series=told.series,
            last=told.last,
            bid=told.bid,
            ask=told.ask,
            at=told.at,
            received_at=told.received_at,
        )
        for follower in self._followers:
            follower.offer(told.series)

    async def follow(self, caller: Caller, series: Sequence[str] | None) -> AsyncGenerator[TickerBatch]:
        """Last known prices, then those that change."""
        caller.require("read", "Ticker")
        if series is not None and len(series) > SERIES_MAX:
            raise InvalidInput("tickers.too_many", f"Name at most {SERIES_MAX} markets, or none for all.")
        follower = TickerFollower(series)
        self._followers.add(follower)
        try:
            self._reader.ask()
            while True:
                await follower.signal.wait()
                yield TickerBatch(rows=[self._rows[name] for name in follower.take()])
        finally:
            self._followers.discard(follower)

    @property
    def followers(self) -> int:
        """How many subscriptions are open."""
        return len(self._followers)

    async def _read(self) -> None:
        for price in await asyncio.to_thread(self._known_prices):
            self._take_known(price)
        for follower in self._followers:
            if not follower.is_begun:
                follower.begin(self._rows)

    def _take_known(self, price: Price) -> None:
        series, at = str(price.instrument), format_instant(price.at)
        known = self._rows.get(series)
        if known is None or known.at < at:
            last = format_amount(price.last)
            self._rows[series] = LiveTicker(series=series, last=last, bid=None, ask=None, at=at, received_at=None)
