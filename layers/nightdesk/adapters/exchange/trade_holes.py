"""Finds what a stream left out, by the numbers that the venue gives its messages and trades."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from nightdesk.candles.model import Trade
from nightdesk.candles.trade_ids import TradeIds
from nightdesk.kernel.assets import Instrument

HOLE_AFTER_S: Final = 1.0
"""A trade that is left out for so long is asked for; before, it may just be out of order."""

LOST_AFTER_S: Final = 5.0
"""A message that is left out for so long does not come any more."""

RECENT: Final = 256


@dataclass(frozen=True, slots=True)
class Hole:
    """Numbers of a market's trades that were left out, and when the trade before them was made."""

    instrument: Instrument
    first: int
    last: int
    since: datetime


class TradeHoles:
    """Trades left out, in markets whose trades are numbered without holes."""

    def __init__(self) -> None:
        self._ids: dict[Instrument, TradeIds] = {}
        self._recent: dict[Instrument, deque[Trade]] = {}
        self._open_s: dict[Hole, float] = {}

    def heard(self, instrument: Instrument, trade: Trade) -> None:
        """The stream brought a trade."""
        if trade.identity is None:
            return
        self._ids.setdefault(instrument, TradeIds(ranges_max=100)).add(trade.identity)
        self._recent.setdefault(instrument, deque(maxlen=RECENT)).append(trade)

    def due(self, now_s: float) -> list[Hole]:
        """What has been left out for a while, by the loop's clock."""
        present = [hole for instrument, ids in self._ids.items() for hole in self._holes(instrument, ids)]
        self._open_s = {hole: self._open_s.get(hole, now_s) for hole in present}
        return [hole for hole, since_s in self._open_s.items() if now_s - since_s >= HOLE_AFTER_S]

    def filled(self, hole: Hole) -> None:
        """It was asked for; what the venue has not got counts as seen."""
        self._ids[hole.instrument].mark(hole.first, hole.last)

    def _holes(self, instrument: Instrument, ids: TradeIds) -> list[Hole]:
        found = []
        for first, last in ids.holes():
            before = [trade.at for trade in self._recent[instrument] if (trade.identity or 0) < first]
            if before:
                found.append(Hole(instrument, first, last, max(before)))
            else:
                ids.mark(first, last)  # too long ago: the venue's own bars tell
        return found


class MessageNumbers:
    """The numbers of one connection's messages."""

    def __init__(self) -> None:
        self._ids = TradeIds(ranges_max=1000)
        self._open_s: dict[tuple[int, int], float] = {}

    def heard(self, number: int) -> None:
        """A message came."""
        self._ids.add(number)

    def has_lost(self, now_s: float) -> bool:
        """Whether a message is missing for good."""
        self._open_s = {hole: self._open_s.get(hole, now_s) for hole in self._ids.holes()}
        return any(now_s - since_s >= LOST_AFTER_S for since_s in self._open_s.values())
