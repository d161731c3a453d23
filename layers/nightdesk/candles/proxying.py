"""Bars of any venue's market, read from the venue when somebody asks and kept for a while.

However many ask for the same bars, the venue is asked once: whoever comes first asks, the others wait for that answer.
A venue is asked by one process at a time. Bars that have ended are kept for an hour, the one that forms for seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from nightdesk.candles.model import EARLIEST, Candle
from nightdesk.candles.proxied_venues import PROXIED
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import InvalidInput, NotFound, RateLimited, Unavailable
from nightdesk.kernel.ids import CorrelationId
from nightdesk.kernel.instants import EPOCH, Clock

BARS_MAX: Final = 1_000
KEPT_ENDED: Final = timedelta(hours=1)
KEPT_FORMING: Final = timedelta(seconds=5)
LEASE: Final = timedelta(seconds=30)
"""So long a venue stays taken by a process that died."""

WAIT_S: Final = 12.0
LOOK_EVERY_S: Final = 0.1
_SYMBOL: Final = re.compile(r"[A-Z0-9$@._-]{1,40}/[A-Z0-9$@._-]{1,40}(:[A-Z0-9$@._-]{1,40})?(-[A-Z0-9-]{1,30})?")
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
SPANS: Final = {
    "1m": _MINUTE,
    "3m": 3 * _MINUTE,
    "5m": 5 * _MINUTE,
    "15m": 15 * _MINUTE,
    "30m": 30 * _MINUTE,
    "1h": 60 * _MINUTE,
    "2h": 120 * _MINUTE,
    "4h": 240 * _MINUTE,
    "6h": 360 * _MINUTE,
    "8h": 480 * _MINUTE,
    "12h": 720 * _MINUTE,
    "1d": _DAY,
    "3d": 3 * _DAY,
    "1w": 7 * _DAY,
    "1M": 31 * _DAY,
}
"""Resolutions that venues know, and how long a bar is at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarsWish:
    """Which bars of which market.

    Attributes:
        symbol: As ccxt unifies them: `BTC/USDT`, `BTC/USDT:USDT`.
        since: Start of the first bar that is asked for.
        until: Exclusive.
        limit: At most so many, the first from `since`.
    """

    venue: VenueId
    symbol: str
    resolution: str
    since: datetime
    until: datetime
    limit: int

    @property
    def key(self) -> str:
        """The same for the same wish."""
        range_s = f"{(self.since - EPOCH) // _SECOND}-{(self.until - EPOCH) // _SECOND}"
        return f"{self.venue}|{self.symbol}|{self.resolution}|{range_s}|{self.limit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxiedBars:
    """What the venue told.

    Attributes:
        next_from: Where to read on; None at the end of the range.
    """

    wish: BarsWish
    candles: Sequence[Candle]
    next_from: datetime | None


class VenueBars(Protocol):
    """Asks a venue for bars, without a key."""

    def bars(self, wish: BarsWish, correlation_id: CorrelationId) -> Sequence[Candle]:
        """Bars that begin in the range, oldest first; the last may be forming.

        Raises:
            NotFound: `market_proxy.symbol_unknown`.
            InvalidInput: `market_proxy.resolution_unavailable`.
            RateLimited: The venue's limit is, or would be, passed.
            Unavailable: The venue does not answer.
        """
        ...


class BarsMemory(Protocol):
    """What was told lately, shared by all processes, and who is asking whom."""

    def known(self, key: str) -> Sequence[Candle] | None:
        """What was told, while it is kept."""
        ...

    def keep(self, key: str, candles: Sequence[Candle], span: timedelta) -> None:
        """Keep it so long."""
        ...

    def take(self, what: str, lease: timedelta) -> str | None:
        """A token for what nobody has taken; None while somebody has."""
        ...

    def give_back(self, what: str, token: str) -> None:
        """Let others take it."""
        ...


class MarketProxy:
    """Answers from memory, or asks the venue in turn."""

    def __init__(self, *, venues: VenueBars, memory: BarsMemory, clock: Clock, sleep: Callable[[float], None]) -> None:
        self._venues = venues
        self._memory = memory
        self._clock = clock
        self._sleep = sleep

    def bars(
        self,
        venue: str,
        symbol: str,
        resolution: str,
        *,
        since: datetime | None,
        until: datetime | None,
        limit: int,
        correlation_id: CorrelationId,
    ) -> ProxiedBars:
        """The first bars from `since`, or the newest before `until`.

        Raises:
            InvalidInput: `market_proxy.venue_unknown`, `market_proxy.symbol_malformed`,
                `market_proxy.resolution_unknown`, `market_proxy.range`, `market_proxy.limit`.
            NotFound: `market_proxy.symbol_unknown`.
            RateLimited: `market_proxy.busy`, or the venue's own limit.
            Unavailable: The venue does not answer.
        """
        now = self._clock.now()
        wish = _wish(require_venue(venue), symbol, resolution, (since, until, now), limit)
        candles = self._memory.known(wish.key)
        if candles is None:
            candles = self._ask(wish, correlation_id)
        more = candles[-1].at + min(SPANS[resolution], _DAY) if len(candles) >= wish.limit else wish.until
        return ProxiedBars(wish=wish, candles=candles, next_from=more if more < wish.until else None)

    def _ask(self, wish: BarsWish, correlation_id: CorrelationId) -> Sequence[Candle]:
        """Ask in the venue's turn, unless somebody else's answer comes first."""
        for _ in range(int(WAIT_S / LOOK_EVERY_S)):
            with self._turn(wish.venue) as is_ours:
                if (known := self._memory.known(wish.key)) is not None:
                    return known
                if is_ours:
                    return self._ask_now(wish, correlation_id)
            self._sleep(LOOK_EVERY_S)
        raise RateLimited("market_proxy.busy", "The venue is asked for other bars; try again.", retry_after_s=2)

    def _ask_now(self, wish: BarsWish, correlation_id: CorrelationId) -> Sequence[Candle]:
        candles = self._venues.bars(wish, correlation_id)
        told = [candle for candle in candles if wish.since <= candle.at < wish.until][: wish.limit]
        is_forming = wish.until + SPANS[wish.resolution] > self._clock.now()
        self._memory.keep(wish.key, told, KEPT_FORMING if is_forming else KEPT_ENDED)
        return told

    @contextmanager
    def _turn(self, venue: VenueId) -> Iterator[bool]:
        token = self._memory.take(venue, LEASE)
        try:
            yield token is not None
        finally:
            if token is not None:
                with suppress(Unavailable):  # then it ends by itself
                    self._memory.give_back(venue, token)


def require_venue(text: str) -> VenueId:
    """The venue that the text names.

    Raises:
        NotFound: `market_proxy.venue_unknown`.
    """
    venue = VenueId(text.lower())
    if venue not in PROXIED:
        raise NotFound("market_proxy.venue_unknown", f"{text[:40]!r} is no venue whose bars are read without a key.")
    return venue


def _wish(
    venue: VenueId,
    symbol: str,
    resolution: str,
    range_: tuple[datetime | None, datetime | None, datetime],
    limit: int,
) -> BarsWish:
    if not _SYMBOL.fullmatch(symbol):
        raise InvalidInput("market_proxy.symbol_malformed", f"{symbol[:60]!r} is not of the form BASE/QUOTE.")
    if resolution not in SPANS:
        known = ", ".join(SPANS)
        raise InvalidInput("market_proxy.resolution_unknown", f"{resolution[:20]!r} is none of {known}.")
    if not 1 <= limit <= BARS_MAX:
        raise InvalidInput("market_proxy.limit", f"The limit lies between 1 and {BARS_MAX}.")
    since, until = _range(range_, SPANS[resolution], limit)
    return BarsWish(venue=venue, symbol=symbol, resolution=resolution, since=since, until=until, limit=limit)


def _range(
    range_: tuple[datetime | None, datetime | None, datetime], span: timedelta, limit: int
) -> tuple[datetime, datetime]:
    """On whole bars, so that equal wishes are equal; nothing before the first bars of all or after now."""
    since, until, now = range_
    if since is not None and until is not None and since > until:
        raise InvalidInput("market_proxy.range", "The range ends before it begins.")
    end = _up(min(until or now, now), span)
    begin = end - limit * span if since is None else _up(since, span)
    begin = max(begin, EARLIEST)
    return begin, max(begin, min(end, begin + BARS_MAX * span))


def _up(at: datetime, span: timedelta) -> datetime:
    """The start of the next bar, as far as one length of bars tells it; months are only near it."""
    return at + -(at - EPOCH) % min(span, _DAY)


_SECOND: Final = timedelta(seconds=1)
