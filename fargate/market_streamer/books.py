"""The bars of every streamed market: what came, what is missing, what can be given on. Knows no network."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from nightdesk.candles.builder import BarBuilder, Outcome
from nightdesk.candles.model import Candle, CandleRow, CandleSource, Trade
from nightdesk.candles.resolutions import Resolution, bar_start
from nightdesk.kernel.assets import Instrument

KEEP_BARS: Final = 240
"""A trade up to four hours late still corrects its bar here; an older one has its bar fetched from the venue."""

HOLE_AFTER_S: Final = 0.5
"""A number that is left out for so long is asked for; before, it may just be out of order."""

HOLD_S: Final = 10.0
"""Bars wait so long for trades that are known to be missing; then they are given, and corrected later."""

AHEAD_MAX: Final = timedelta(minutes=1)
"""A trade so far ahead of the venue's clock waits for the clock: it would close every bar until then."""

POLLS_WAITED: Final = 3
"""A trade that the clock has not reached by then is none."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Book:
    """One market's bars.

    Attributes:
        builder: None until it is known where building begins.
        is_whole: Everything since the last connection was fetched.
        early: Trades that came before the builder was there.
        beyond: Minutes whose bars must be fetched from the venue.
        holes: Numbers that are left out, and since when, by the loop's clock.
        taken: How many trades were built in.
        is_numbered: Numbers prove that no trade is missing; else the venue's own bars do.
        given: Bars that were given and wait to be compared with the venue's own, where numbers prove nothing.
    """

    instrument: Instrument
    builder: BarBuilder | None = None
    is_whole: bool = False
    is_dirty: bool = False
    early: deque[Trade] = field(default_factory=lambda: deque(maxlen=50_000))
    beyond: set[datetime] = field(default_factory=set)
    holes: dict[tuple[int, int], float] = field(default_factory=dict)
    taken: int = 0
    is_numbered: bool = True
    given: dict[datetime, Candle] = field(default_factory=dict)

    @property
    def series(self) -> str:
        """The name of its series."""
        return str(self.instrument)

    def take(self, trade: Trade) -> None:
        """Take a trade, whichever way it came."""
        if self.builder is None:
            self.early.append(trade)
            return
        outcome = self.builder.add(trade)
        if outcome is Outcome.TAKEN:
            self.is_dirty = True
            self.taken += 1
        elif outcome is Outcome.BEYOND:
            self.beyond.add(bar_start(trade.at, Resolution.MINUTE))

    def begin(self, builder: BarBuilder) -> None:
        """Build from here on, with what came meanwhile; older trades are in the venue's own bars."""
        self.builder = builder
        while self.early:
            builder.add(self.early.popleft())
        self.beyond.clear()
        self.is_dirty = True

    def forget(self) -> None:
        """Begin anew: too much was missed to be fetched trade by trade."""
        self.builder, self.is_whole = None, False
        self.holes.clear()

    def resume_from(self) -> int | None:
        """The first number that was not seen."""
        if self.builder is None or self.builder.ids.highest is None or not self.is_numbered:
            return None
        holes = self.builder.ids.holes()
        return holes[0][0] if holes else self.builder.ids.highest + 1

    def missing(self, now_s: float) -> list[tuple[int, int]]:
        """Runs of numbers that have been left out for a while."""
        if self.builder is None or not self.is_whole or not self.is_numbered:
            self.holes.clear()
            return []
        present = set(self.builder.ids.holes())
        self.holes = {hole: self.holes.get(hole, now_s) for hole in present}
        return [hole for hole, since_s in self.holes.items() if now_s - since_s >= HOLE_AFTER_S]

    def settle(self, market_at: datetime, now_s: float) -> list[CandleRow]:
        """The bars that ended, as rows; none while trades are known to be missing, unless that lasts."""
        if self.builder is None or not self.is_whole:
            return []
        self.missing(now_s)
        if any(now_s - since_s < HOLD_S for since_s in self.holes.values()):
            return []
        candles = self.builder.settle(market_at)
        if not self.is_numbered:
            self.given.update({candle.at: candle for candle in candles})
        return [self.row(candle) for candle in candles]

    def forming(self) -> CandleRow | None:
        """The newest bar, if it changed since the last call."""
        if not self.is_dirty or self.builder is None or not self.is_whole:
            return None
        self.is_dirty = False
        candle = self.builder.forming()
        return None if candle is None else self.row(candle)

    def row(self, candle: Candle, source: CandleSource = CandleSource.TRADES) -> CandleRow:
        """The candle as a row of this market's series."""
        return CandleRow(self.series, Resolution.MINUTE, candle, source)


class Books:
    """All markets' bars, and how far the market has come.

    Args:
        grace_s: Bars are closed so long after the market was first seen to have passed their end, so that what is
            under way arrives.

    Attributes:
        is_held: The venue's clock can't be true: what arrives is not taken.
    """

    def __init__(self, *, grace_s: float = 0.3) -> None:
        self._books: dict[Instrument, Book] = {}
        self._arrived: deque[tuple[Instrument, Trade]] = deque()
        self._grace_s = grace_s
        self._seen: deque[tuple[float, datetime]] = deque()
        self._ahead: list[tuple[Instrument, Trade, int]] = []
        self._polled_at: datetime | None = None
        self._polled_s = 0.0
        self._polls = 0
        self.is_held = False
        self._ripe_at: datetime | None = None

    def __iter__(self) -> Iterator[Book]:
        return iter(list(self._books.values()))

    def of(self, instrument: Instrument) -> Book:
        """The market's book, made when it is first asked for."""
        return self._books.setdefault(instrument, Book(instrument))

    def arrive(self, instrument: Instrument, trade: Trade) -> None:
        """Put a trade aside; called in the read loop."""
        self._arrived.append((instrument, trade))

    def drain(self, now_s: float) -> None:
        """Take in everything that was put aside."""
        if self.is_held:
            self._arrived.clear()
            return
        newest: datetime | None = None
        while self._arrived:
            instrument, trade = self._arrived.popleft()
            if self._is_ahead(trade, now_s):
                self._ahead.append((instrument, trade, self._polls))
                continue
            self.of(instrument).take(trade)
            newest = trade.at if newest is None else max(newest, trade.at)
        if newest is not None:
            self._see(newest, now_s)

    def polled(self, market_at: datetime, now_s: float) -> None:
        """The venue says how far its market has come."""
        self._polled_at, self._polled_s = market_at, now_s
        self._polls += 1
        self._see(market_at, now_s)
        waiting, self._ahead = self._ahead, []
        for instrument, trade, since in waiting:
            if not self._is_ahead(trade, now_s):
                self._arrived.append((instrument, trade))
            elif self._polls - since < POLLS_WAITED:
                self._ahead.append((instrument, trade, since))
            else:
                _log.error("trade from the future", extra={"market": str(instrument), "at": trade.at.isoformat()})

    def begin_anew(self) -> None:
        """Nothing that was heard is to be relied on."""
        self._arrived.clear()
        self._ahead.clear()
        for book in self:
            book.forget()
        self.is_held = False

    def settle(self, now_s: float, sure_s: float) -> list[CandleRow]:
        """Every market's bars that ended, those that were corrected among them.

        Args:
            now_s: By the loop's clock.
            sure_s: Everything sent before this has arrived. A clock seen later closes nothing yet: the streams may be
                dead, and what looks like an empty bar may be one that was not heard.
        """
        while self._seen and self._seen[0][0] <= min(now_s - self._grace_s, sure_s):
            self._ripe_at = self._seen.popleft()[1]
        if self._ripe_at is None:
            return []
        return [row for book in self for row in book.settle(self._ripe_at, now_s)]

    def forming(self) -> list[CandleRow]:
        """The newest bars of the markets in which something was traded since the last call."""
        return [row for book in self if (row := book.forming()) is not None]

    def interrupt(self) -> None:
        """The connection is gone: nothing is whole any more, and nothing is closed until it is."""
        for book in self:
            book.is_whole = False
            if not book.is_numbered:
                book.forget()  # what is missed can't be told; the venue's bars are where it begins anew

    @property
    def market_at(self) -> datetime | None:
        """How far the market has come."""
        return self._seen[-1][1] if self._seen else self._ripe_at

    def _is_ahead(self, trade: Trade, now_s: float) -> bool:
        """Whether the venue's clock can't be that far yet; in a replay it runs faster than ours."""
        if self._polled_at is None:
            return False
        return trade.at - self._polled_at > AHEAD_MAX + timedelta(seconds=max(0.0, now_s - self._polled_s))

    def _see(self, market_at: datetime, now_s: float) -> None:
        known = self.market_at
        if known is None or market_at > known:
            self._seen.append((now_s, market_at))
