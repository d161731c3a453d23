"""Prices: the newest of each market, to each follower at most every 100 ms."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property
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
PATTERNS_MAX: Final = 100
_PATTERN: Final = re.compile(r"[a-z0-9$@*_-]{1,40}(\.[a-z0-9$@*_-]{1,40}){0,2}")


@dataclass(frozen=True)
class Wanted:
    """Which markets somebody follows: those named and those of a pattern, `kraken.*` or `*.usdt.btc`; all if neither.

    Attributes:
        patterns: Of `<venue>.<quote>.<base>`; a star stands for anything.
    """

    series: frozenset[str] | None = None
    patterns: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether there is no choice."""
        return self.series is None and not self.patterns

    def has(self, series: str) -> bool:
        """Whether the market is among them."""
        if self.is_all or (self.series is not None and series in self.series):
            return True
        venue, _, symbol = series.lower().partition(":")
        base, _, quote = symbol.partition("/")
        return self._expression is not None and self._expression.match(f"{venue}.{quote}.{base}") is not None

    @cached_property
    def _expression(self) -> re.Pattern[str] | None:
        return re.compile("|".join(map(translate, self.patterns))) if self.patterns else None


def wanted(series: Sequence[str] | None, patterns: Sequence[str] | None) -> Wanted:
    """What a subscription asks for.

    Raises:
        InvalidInput: Too much, or what can't be a pattern.
    """
    if series is not None and len(series) > SERIES_MAX:
        raise InvalidInput("tickers.too_many", f"Name at most {SERIES_MAX} markets, or none for all.")
    if patterns is not None and len(patterns) > PATTERNS_MAX:
        raise InvalidInput("tickers.too_many", f"Name at most {PATTERNS_MAX} patterns, or none for all.")
    for pattern in patterns or ():
        if not _PATTERN.fullmatch(pattern):
            raise InvalidInput("tickers.bad_pattern", f"{pattern[:40]!r} is no pattern like kraken.* or *.usdt.btc.")
    return Wanted(None if series is None else frozenset(series), tuple(dict.fromkeys(patterns or ())))


class TickerFollower:
    """Names what it has still to send, never how often it changed."""

    def __init__(self, choice: Wanted) -> None:
        self.choice = choice
        self._waiting: set[str] = set()
        self.is_begun = False
        self.signal = Signal(every_s=EVERY_S)

    def begin(self, known: Iterable[str]) -> None:
        """Have everything sent, even if nothing is known."""
        self.is_begun = True
        self._waiting.update(filter(self.choice.has, known))
        self.signal.ring()

    def offer(self, series: str) -> None:
        """Have the newest state of a market that it follows sent."""
        if self.is_begun:
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
        self._of_all: set[TickerFollower] = set()
        self._choosy: dict[str, set[TickerFollower]] = {}
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
        for follower in self._of_all:
            follower.offer(told.series)
        for follower in self._choosers(told.series):
            follower.offer(told.series)

    async def follow(
        self, caller: Caller, series: Sequence[str] | None, patterns: Sequence[str] | None = None
    ) -> AsyncGenerator[TickerBatch]:
        """Last known prices, then those that change."""
        caller.require("read", "Ticker")
        follower = TickerFollower(wanted(series, patterns))
        self._join(follower)
        try:
            self._reader.ask()
            while True:
                await follower.signal.wait()
                yield TickerBatch(rows=[self._rows[name] for name in follower.take()])
        finally:
            self._leave(follower)

    @property
    def followers(self) -> int:
        """How many subscriptions are open."""
        return len(self._followers)

    def _join(self, follower: TickerFollower) -> None:
        self._followers.add(follower)
        if follower.choice.is_all:
            self._of_all.add(follower)
            return
        for name in filter(follower.choice.has, self._choosy):
            self._choosy[name].add(follower)

    def _leave(self, follower: TickerFollower) -> None:
        self._followers.discard(follower)
        self._of_all.discard(follower)
        for followers in self._choosy.values():
            followers.discard(follower)

    def _choosers(self, series: str) -> set[TickerFollower]:
        """Who chose the market; found once, so that a price costs only those who follow it."""
        if series not in self._choosy:
            choosers = {one for one in self._followers - self._of_all if one.choice.has(series)}
            self._choosy[series] = choosers
        return self._choosy[series]

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
