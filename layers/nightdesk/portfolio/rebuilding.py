"""Bars of a portfolio that nobody saw, made afterwards from the ledger and the markets' one-minute bars.

Open and close are the values at the boundaries, as in a bar that was followed live; high and low are over the
values at each full minute, where live bars sample each second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from math import isclose

from nightdesk.candles.model import Candle, CandleRow, CandleSource, PortfolioSeries
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import ZERO, add
from nightdesk.markets.model import Price
from nightdesk.portfolio.exposure import Exposure
from nightdesk.portfolio.provenance import Provenance, provenance
from nightdesk.portfolio.valuation import PriceGraph, Rate
from nightdesk.portfolio.valuation_arrays import ValueArrays

RESOLUTION = Resolution.MINUTES_15
MINUTE = timedelta(minutes=1)
MARKS = RESOLUTION.span // MINUTE
NEAR = 1e-9
"""Floats added up in another order differ by less than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A change of a portfolio's balance of an asset."""

    at: datetime
    asset: AssetId
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PastBooks:
    """What is needed to know a portfolio's value at instants that are past.

    Attributes:
        exposure: At the first instant asked about, or before; `moves` are what came after, oldest first.
        prices: Oldest first; a price at an instant is the close of the minute that ended then.
    """

    exposure: Exposure
    moves: Sequence[Move]
    prices: Sequence[Price]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A bar made afterwards.

    Attributes:
        is_told: Each asset held had a price of the very minute at every mark; else the bar may yet become another.
        provenance: What its close rests on.
    """

    row: CandleRow
    is_told: bool
    provenance: Provenance

    def differs_from(self, known: Candle) -> bool:
        """Whether a stored bar opens or closes with another value; high and low may, they are sampled less often."""
        mine = self.row.candle
        return not (isclose(mine.open, known.open, rel_tol=NEAR) and isclose(mine.close, known.close, rel_tol=NEAR))


def rebuild(books: PastBooks, starts: Iterable[datetime]) -> Iterator[Rebuilt]:
    """The bars that begin at these instants, oldest first; none where something held had no price yet."""
    walk = _Walk(books)
    series = str(PortfolioSeries(books.exposure.portfolio_id))
    for start in sorted(starts):
        samples = [walk.value_at(start + mark * MINUTE) for mark in range(MARKS + 1)]
        values = [sample.value for sample in samples if sample is not None]
        if len(values) == len(samples):
            candle = Candle(start, values[0], max(values), min(values), values[-1])
            row = CandleRow(series, RESOLUTION, candle, CandleSource.VALUATION)
            is_told = all(sample.is_told for sample in samples if sample is not None)
            yield Rebuilt(row, is_told, walk.provenance(start + RESOLUTION.span))


def missing_starts(since: datetime, until: datetime, known: Iterable[datetime]) -> list[datetime]:
    """Starts of the bars that lie wholly between two boundaries and are not known."""
    have = set(known)
    count = max(0, (until - since) // RESOLUTION.span)
    return [start for index in range(count) if (start := since + index * RESOLUTION.span) not in have]


@dataclass(frozen=True, slots=True)
class _Sample:
    value: float
    is_told: bool


class _Walk:
    """Goes forward through the past; instants must be asked about in order."""

    def __init__(self, books: PastBooks) -> None:
        self._exposure = books.exposure
        self._moves = iter((*books.moves, None))
        self._prices = iter((*books.prices, None))
        self._next_move = next(self._moves)
        self._next_price = next(self._prices)
        self._ever = PriceGraph(books.prices)
        self._graph = PriceGraph(())
        self._memory: tuple[datetime, _Sample | None] | None = None

    def value_at(self, instant: datetime) -> _Sample | None:
        """The value; None when something held will have a price but has none yet."""
        if self._memory is not None and self._memory[0] == instant:
            return self._memory[1]
        self._apply_moves(instant)
        while self._next_price is not None and self._next_price.at <= instant:
            self._graph.hear(self._next_price)
            self._next_price = next(self._prices)
        sample = None if self._lacks_price(self._graph) else self._sample(self._graph, instant)
        self._memory = (instant, sample)
        return sample

    def provenance(self, instant: datetime) -> Provenance:
        """What the value of the instant that was asked about last rests on."""
        return provenance(instant, [self._exposure], self._graph)

    def _sample(self, graph: PriceGraph, instant: datetime) -> _Sample:
        value = ValueArrays([self._exposure]).values(graph).worth.item()
        return _Sample(value, all(self._is_told(graph.rate(*pair), instant) for pair in self._pairs()))

    def _pairs(self) -> Iterator[tuple[AssetId, AssetId]]:
        base = self._exposure.base_asset
        return ((asset, base) for asset, quantity in self._exposure.quantities.items() if quantity and asset != base)

    @staticmethod
    def _is_told(rate: Rate | None, instant: datetime) -> bool:
        return rate is not None and rate.at == instant

    def _apply_moves(self, instant: datetime) -> None:
        quantities = dict(self._exposure.quantities)
        while self._next_move is not None and self._next_move.at <= instant:
            move = self._next_move
            quantities[move.asset] = add(quantities.get(move.asset, ZERO), move.amount)
            self._next_move = next(self._moves)
        self._exposure = replace(self._exposure, quantities=quantities)

    def _lacks_price(self, graph: PriceGraph) -> bool:
        return any(graph.rate(*pair) is None and self._ever.rate(*pair) is not None for pair in self._pairs())
