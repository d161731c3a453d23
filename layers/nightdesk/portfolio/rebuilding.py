"""Bars of a portfolio that nobody saw, made afterwards from the ledger and the markets' one-minute bars.

Open and close are the values at the boundaries, as in a bar that was followed live; high and low are over the
values at each full minute, where live bars sample each second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from nightdesk.candles.model import Candle, CandleRow, CandleSource, PortfolioSeries
from nightdesk.candles.resolutions import Resolution, bar_start
from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.money import ZERO, add
from nightdesk.markets.model import Price
from nightdesk.portfolio.valuation import PriceGraph
from nightdesk.portfolio.valuation_arrays import Exposure, Floats, ValueArrays

RESOLUTION = Resolution.MINUTES_15
MINUTE = timedelta(minutes=1)
MARKS = RESOLUTION.span // MINUTE


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


def rebuild(books: PastBooks, starts: Iterable[datetime]) -> Iterator[CandleRow]:
    """The bars that begin at these instants, oldest first; none where something held had no price yet."""
    walk = _Walk(books)
    series = str(PortfolioSeries(books.exposure.portfolio_id))
    for start in sorted(starts):
        samples = [walk.value_at(start + mark * MINUTE) for mark in range(MARKS + 1)]
        values = [sample.item() for sample in samples if sample is not None]
        if len(values) == len(samples):
            candle = Candle(start, values[0], max(values), min(values), values[-1])
            yield CandleRow(series, RESOLUTION, candle, CandleSource.VALUATION)


def missing_starts(since: datetime, until: datetime, known: Iterable[datetime]) -> list[datetime]:
    """Starts of the bars that lie wholly between two boundaries and are not known."""
    have = set(known)
    count = max(0, (until - since) // RESOLUTION.span)
    return [start for index in range(count) if (start := since + index * RESOLUTION.span) not in have]


def told_starts(starts: Iterable[datetime], prices: Iterable[Price]) -> list[datetime]:
    """Of these bars, those for which every market has all its minutes: what is still to be fetched is waited for.

    Args:
        starts: Of bars.
        prices: As in `PastBooks`; a market counts from its first price on.
    """
    minutes: Counter[tuple[Instrument, datetime]] = Counter()
    begun: dict[Instrument, datetime] = {}
    for price in prices:
        begun.setdefault(price.instrument, price.at)
        minutes[price.instrument, bar_start(price.at - MINUTE, RESOLUTION)] += 1
    return [
        start
        for start in starts
        if all(minutes[instrument, start] == MARKS for instrument, since in begun.items() if since <= start)
    ]


class _Walk:
    """Goes forward through the past; instants must be asked about in order."""

    def __init__(self, books: PastBooks) -> None:
        self._exposure = books.exposure
        self._moves = iter((*books.moves, None))
        self._prices = iter((*books.prices, None))
        self._next_move = next(self._moves)
        self._next_price = next(self._prices)
        self._known: dict[Instrument, Price] = {}
        self._ever = PriceGraph(books.prices)
        self._memory: tuple[datetime, Floats | None] | None = None

    def value_at(self, instant: datetime) -> Floats | None:
        """One value in an array; None when something held will have a price but has none yet."""
        if self._memory is not None and self._memory[0] == instant:
            return self._memory[1]
        self._apply_moves(instant)
        while self._next_price is not None and self._next_price.at <= instant:
            self._known[self._next_price.instrument] = self._next_price
            self._next_price = next(self._prices)
        graph = PriceGraph(self._known.values())
        value = None if self._lacks_price(graph) else ValueArrays([self._exposure]).values(graph)
        self._memory = (instant, value)
        return value

    def _apply_moves(self, instant: datetime) -> None:
        quantities = dict(self._exposure.quantities)
        while self._next_move is not None and self._next_move.at <= instant:
            move = self._next_move
            quantities[move.asset] = add(quantities.get(move.asset, ZERO), move.amount)
            self._next_move = next(self._moves)
        self._exposure = replace(self._exposure, quantities=quantities)

    def _lacks_price(self, graph: PriceGraph) -> bool:
        base = self._exposure.base_asset
        return any(
            quantity and graph.rate(asset, base) is None and self._ever.rate(asset, base) is not None
            for asset, quantity in self._exposure.quantities.items()
        )
