"""Bars on their way to the stream in Valkey, while it is away too: so many wait, the others are fetched afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from nightdesk.candles.gaps import Gap
from nightdesk.candles.model import CandleRow
from nightdesk.candles.resolutions import bar_end
from nightdesk.candles.stream_ports import CandleSink

UNSENT_MAX: Final = 50_000
"""Four hours of two hundred markets, in about 30 MB."""

_log = logging.getLogger(__name__)


class UnsentBars:
    """Keeps the newest state of each bar until it was handed over.

    Args:
        most: When more wait, the oldest are given up and their times kept, to be fetched from the venue.
    """

    def __init__(self, sink: CandleSink, most: int = UNSENT_MAX) -> None:
        self._sink = sink
        self._most = most
        self._waiting: dict[tuple[str, datetime], CandleRow] = {}
        self._given_up: dict[str, Gap] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def given_up(self) -> int:
        """Of how many series bars must be fetched again."""
        return len(self._given_up)

    def keep(self, rows: Sequence[CandleRow]) -> None:
        """Have the rows sent; a bar that waits already is replaced."""
        for row in rows:
            self._waiting[row.series, row.candle.at] = row
        if (excess := len(self._waiting) - self._most) > 0:
            _log.error("bars are given up", extra={"bars": excess, "code": "candles.given_up"})
            for key in sorted(self._waiting, key=lambda key: key[1])[:excess]:
                self._give_up(self._waiting.pop(key))

    async def send(self) -> None:
        """Hand over everything that waits.

        Raises:
            Unavailable: It may not have arrived; it waits on.
        """
        rows = list(self._waiting.values())
        if not rows:
            return
        await self._sink.append(rows)
        for row in rows:
            if self._waiting.get((row.series, row.candle.at)) is row:
                del self._waiting[row.series, row.candle.at]

    def to_fetch(self, is_wanted: Callable[[str], bool]) -> tuple[str, Gap] | None:
        """A wanted series whose bars were given up and from when until when; nothing as long as there is no room."""
        if 2 * len(self._waiting) > self._most:
            return None
        return next(((series, gap) for series, gap in self._given_up.items() if is_wanted(series)), None)

    def fetched(self, series: str, gap: Gap) -> None:
        """These were fetched, as far as nothing was given up meanwhile."""
        if self._given_up.get(series) == gap:
            del self._given_up[series]

    def _give_up(self, row: CandleRow) -> None:
        since, until = row.candle.at, bar_end(row.candle.at, row.resolution)
        known = self._given_up.get(row.series, Gap(since, until))
        self._given_up[row.series] = Gap(min(known.since, since), max(known.until, until))
