"""Figures that change with bars, computed anew as of a candidate's instant: from stored bars, in one batch.

A candidate carries the newest bars that the tracker heard, for the store gets them a moment later. They count only
where nothing is stored yet, and for the bar that forms, which is never stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol

import numpy as np

from nightdesk.candles.model import Candle, PortfolioSeries, SeriesName
from nightdesk.candles.resolutions import Resolution, bar_end, bar_start
from nightdesk.indicators.analyser import base_resolution
from nightdesk.indicators.bars import Bars, bar_at, bar_index, bars_from, bars_of
from nightdesk.indicators.batch import History, resolution_of, series_of
from nightdesk.indicators.canonical import canonical
from nightdesk.indicators.eras import first_needed
from nightdesk.indicators.exact import exact
from nightdesk.indicators.model import Expression, Field, Leaf, Metric, MetricName
from nightdesk.indicators.rolling import Roller
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import TenantId
from nightdesk.rules.firing import CandidateRow, ToldBars
from nightdesk.rules.model import Operand
from nightdesk.rules.reading import Seen, expression_of

LAG: Final = timedelta(minutes=10)
"""The store is never so far behind; a market without a bar for so long before a step has no close at the step."""

LINES_KEPT: Final = 128
CANDLES: Final = "candles"
_WHOLE_DAYS: Final = frozenset({Resolution.WEEK, Resolution.MONTH})
_UNTOLD: Final = Seen(None, "tracker")


class BarStore(Protocol):
    """Stored bars, as the tenant may see them."""

    def bars(
        self, tenant_id: TenantId, name: SeriesName, resolution: Resolution, span: tuple[datetime | None, datetime]
    ) -> Bars:
        """Every bar that begins within the span; from the very first when it has no beginning.

        Raises:
            NotFound: There is no such series, or it is another tenant's.
        """
        ...

    def candles(
        self, tenant_id: TenantId, name: SeriesName, resolution: Resolution, span: tuple[datetime, datetime]
    ) -> Sequence[Candle]:
        """Likewise one by one, oldest first.

        Raises:
            NotFound: There is no such series, or it is another tenant's.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Kept:
    first: int | None
    bars: Bars


class KeptBars:
    """Closed bars that were read before, so that only their end is read again; of portfolios each tenant's own."""

    def __init__(self, store: BarStore, lines_max: int = LINES_KEPT) -> None:
        self.store = store
        self._lines_max = lines_max
        self._known: dict[tuple[TenantId | None, SeriesName, Resolution], _Kept] = {}

    def closed(self, tenant_id: TenantId, name: SeriesName, resolution: Resolution, end: int) -> Bars:
        """The bars before this index, from the first that the one at it is computed from."""
        first = first_needed(end - 1, resolution)
        key = tenant_id if isinstance(name, PortfolioSeries) else None, name, resolution
        known = self._known.pop(key, None)
        if known is None or known.first != first:
            known = _Kept(first, self._read(tenant_id, name, resolution, (first, end)))
        elif known.bars.end < end:
            since = known.bars.end or first
            added = self._read(tenant_id, name, resolution, (since, end))
            known = _Kept(first, joined(known.bars, added))
        self._known[key] = known
        if len(self._known) > self._lines_max:
            del self._known[next(iter(self._known))]
        return known.bars.cut(known.bars.first, end)

    def forget(self, names: Sequence[SeriesName]) -> None:
        """Read the bars of these series again."""
        self._known = {key: known for key, known in self._known.items() if key[1] not in names}

    def _read(
        self, tenant_id: TenantId, name: SeriesName, resolution: Resolution, span: tuple[int | None, int]
    ) -> Bars:
        since = None if span[0] is None else bar_at(span[0], resolution)
        try:
            return self.store.bars(tenant_id, name, resolution, (since, bar_at(span[1], resolution)))
        except NotFound:
            return bars_of((), resolution)


@dataclass(frozen=True, slots=True)
class _Tail:
    """A series as of the instant: bars that have ended, and the one that forms."""

    closed: Bars
    forming: Candle | None

    def formed_at(self, index: int) -> bool:
        """Whether the bar that forms is the one of this index."""
        return self.forming is not None and bar_index(self.forming.at, self.closed.resolution) == index


class Recomputed:
    """`BarFigures` as of a candidate's instant.

    Attributes:
        contradicted: Figures that the candidate was told with and that are others, as they were told.
    """

    def __init__(self, kept: KeptBars, candidate: CandidateRow) -> None:
        self.contradicted: dict[str, Seen] = {}
        self._kept = kept
        self._candidate = candidate
        self._histories: dict[tuple[Resolution, tuple[SeriesName, ...]], History] = {}

    def seen(self, leaf: Leaf) -> Seen:
        """The leaf's value at the instant, with the bar that forms."""
        told = self._candidate.told.get(canonical(leaf))
        figure = self._figure(leaf)
        if told is not None and told.value != figure:
            self._kept.forget(series_of(leaf))  # they may have been corrected
            self._histories.clear()
            figure = self._figure(leaf)
            if told.value != figure:
                self.contradicted[canonical(leaf)] = told
        return Seen(figure, CANDLES, self._candidate.instant)

    def past(self, operand: Operand, at: datetime) -> Seen:
        """The operand's value at a whole step: of prices by the closes of that minute, of others as it was told."""
        told = self._candidate.told.get(f"{operand} at {at.isoformat()}", _UNTOLD)
        if not is_of_prices(expression_of(operand)):
            return told
        value = exact(expression_of(operand), lambda leaf: self._close(leaf, at))
        return told if value is None else Seen(value, CANDLES, at)

    def highest(self, series: PortfolioSeries) -> Seen:
        """The most that the portfolio was worth up to the instant."""
        told = self._candidate.bars.get(str(series), ToldBars())
        instant = self._candidate.instant
        try:
            stored = self._kept.store.bars(self._candidate.tenant_id, series, Resolution.DAY, (None, instant))
        except NotFound:
            stored = bars_of((), Resolution.DAY)
        forming = () if told.forming is None else (told.forming,)
        highs = [*stored.column(Field.HIGH).tolist(), *(bar.high for bar in (*told.closed, *forming))]
        return Seen(decimal_of(max(highs)) if highs else None, CANDLES, instant)

    def _figure(self, leaf: Leaf) -> Decimal | None:
        key = resolution_of(leaf), series_of(leaf)
        if key not in self._histories:
            self._histories[key] = History(self._line(*key))
        values = self._histories[key].of(leaf).values
        return decimal_of(float(values[-1])) if len(values) else None

    def _line(self, resolution: Resolution, names: tuple[SeriesName, ...]) -> dict[tuple[SeriesName, Resolution], Bars]:
        """The series' bars up to the newest that all of them have."""
        tails = {name: self._tail(name, resolution) for name in names}
        first = max(each.closed.first for each in tails.values())
        end = min(each.closed.end for each in tails.values())
        is_forming = end > first and all(each.formed_at(end) for each in tails.values())
        line = {}
        for name, each in tails.items():
            closed = each.closed.cut(first, end)
            forming = [each.forming] if is_forming and each.forming is not None else []
            line[name, resolution] = joined(closed, bars_of(forming, resolution))
        return line

    def _tail(self, name: SeriesName, resolution: Resolution) -> _Tail:
        told = self._candidate.bars.get(str(name), ToldBars())
        base = base_resolution(name)
        inner = Resolution.DAY if resolution in _WHOLE_DAYS else resolution
        since = bar_start(self._sure(told), inner)
        done, forming = rolled(self._parts(name, base, since, told), told.forming, (base, inner))
        if inner is not resolution:
            begin = bar_start(since, resolution)
            days = [*self._candles(name, inner, (begin, since)), *done]
            done, forming = rolled(days, forming, (inner, resolution))
            since = begin
        stored = self._kept.closed(self._candidate.tenant_id, name, resolution, bar_index(since, resolution))
        return _Tail(joined(stored, bars_of(done, resolution)), forming)

    def _sure(self, told: ToldBars) -> datetime:
        """Up to where the store surely has every bar."""
        forming = () if told.forming is None else (told.forming,)
        return min((bar.at for bar in (*told.closed, *forming)), default=self._candidate.instant) - LAG

    def _parts(self, name: SeriesName, base: Resolution, since: datetime, told: ToldBars) -> list[Candle]:
        """Bars of the series' own resolution that had closed: those that are stored, then those that were told."""
        if told.closed:
            until = bar_end(told.closed[-1].at, base)
        else:
            until = bar_start(self._candidate.instant if told.forming is None else told.forming.at, base)
        stored = self._candles(name, base, (since, until))
        after = stored[-1].at if stored else since - timedelta(microseconds=1)
        return [*stored, *(bar for bar in told.closed if bar.at > after)]

    def _candles(self, name: SeriesName, resolution: Resolution, span: tuple[datetime, datetime]) -> Sequence[Candle]:
        if span[0] >= span[1]:
            return ()
        try:
            return self._kept.store.candles(self._candidate.tenant_id, name, resolution, span)
        except NotFound:
            return ()

    def _close(self, leaf: Leaf, at: datetime) -> Decimal | None:
        """What the market closed at when the step began."""
        assert isinstance(leaf, Metric)  # noqa: S101 - of prices
        assert isinstance(leaf.target, Instrument)  # noqa: S101 - likewise
        stored = self._candles(leaf.target, Resolution.MINUTE, (at - LAG, at))
        told = self._candidate.bars.get(str(leaf.target), ToldBars()).closed
        after = stored[-1].at if stored else at - LAG
        ended = [*stored, *(bar for bar in told if after < bar.at < at)]
        return decimal_of(ended[-1].close) if ended else None


def is_of_prices(expression: Expression) -> bool:
    """Whether it is made of last prices only, so that closes of minutes tell its past."""
    return bool(expression.leaves) and all(
        isinstance(leaf, Metric) and leaf.name is MetricName.PRICE for leaf in expression.leaves
    )


def rolled(
    parts: Sequence[Candle], forming: Candle | None, steps: tuple[Resolution, Resolution]
) -> tuple[list[Candle], Candle | None]:
    """Longer bars: those that are complete, and the one that forms with the parts before the part that forms."""
    closing, showing = Roller(*steps), Roller(*steps)
    done = [longer for part in parts for longer in closing.close(part)]
    if forming is None:
        return done, None
    for part in parts:
        if part.at < forming.at:
            showing.close(part)
    return done, showing.form(forming)


def joined(bars: Bars, more: Bars) -> Bars:
    """Both together; bars between them count as ones in which nothing was traded."""
    if bars.end <= bars.first or more.end <= more.first:
        return more if bars.end <= bars.first else bars
    indices = np.concatenate([np.arange(bars.first, bars.end), np.arange(more.first, more.end)])
    return bars_from(indices, np.concatenate([bars.columns, more.columns], axis=1), bars.resolution)


def decimal_of(figure: float) -> Decimal | None:
    """The figure as it is written, as the tracker tells it; None of what has no value."""
    return None if figure != figure else Decimal(repr(figure))  # noqa: PLR0124 - NaN
