"""Follows every portfolio through the market's time, closes its bars at exact boundaries, and corrects them.

Values are sampled at each whole second of market time before which a price changed, and at each boundary, with every
price made before that instant and what the ledger says was held at it. So bars depend on prices and ledger alone, not
on load or on when this code ran: what comes after its bar was closed has that bar made again and given again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from nightdesk.candles.model import Candle, CandleRow, CandleSource, PortfolioSeries
from nightdesk.candles.resolutions import Resolution, bar_start
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.model import Price
from nightdesk.portfolio.exposure import Exposure
from nightdesk.portfolio.held_over_time import HeldOverTime, Moves
from nightdesk.portfolio.provenance import Provenance, provenance
from nightdesk.portfolio.tape import PriceTape, bar_end_after
from nightdesk.portfolio.traced_bar import Prices, TracedBar, newest_of, put_newest
from nightdesk.portfolio.valuation import PriceGraph
from nightdesk.portfolio.valuation_arrays import FormingBars, Values

RESOLUTION = Resolution.MINUTES_15
PATIENCE = timedelta(milliseconds=300)
SETTLE = timedelta(seconds=1)
"""A closed bar is made again when so long, in wall time, nothing more came for it."""

BARS_KEPT = 96
PRICES_KEPT = 100_000
"""So many bars, of so many prices together, can be corrected; at least the last and the forming one."""

SAMPLES_A_TURN = 1_000
_INSTANT = timedelta(microseconds=1)


class PortfolioTracker:
    """Pure state: prices and holdings in, closed and corrected bars out.

    Args:
        patience: How long a price may be under way before its second is sampled without it, in wall time.
        prices_kept: How many prices are kept for corrections.
    """

    def __init__(self, patience: timedelta = PATIENCE, *, prices_kept: int = PRICES_KEPT) -> None:
        self._patience = patience
        self._prices_kept = prices_kept
        self._tape = PriceTape(patience)
        self._held = HeldOverTime()
        self._prices: Prices = {}
        self._graph = PriceGraph(())
        self._bars: list[TracedBar] = []
        self._forming: FormingBars | None = None
        self._reached: datetime | None = None
        self._wall: datetime | None = None
        self._beyond: set[datetime] = set()
        self._told: list[Provenance] = []

    @property
    def reached(self) -> datetime | None:
        """How far the market's time has come; None before the first price."""
        return self._reached

    @property
    def kept_since(self) -> datetime | None:
        """Start of the first whole bar that can be corrected here; None before there is one."""
        return next((bar.start for bar in self._bars if bar.is_whole), None)

    def begin(self, known: Iterable[Price]) -> None:
        """Begin, or after an interruption begin anew, with the last known prices.

        What they say of the time before now is not followed: bars between would be made of the few prices that
        happened to be the last. The bar that the first price heard falls into is not whole and never given.
        """
        self._beyond |= {bar.start for bar in self._bars[:-1] if bar.touched_at is not None}
        self._tape = PriceTape(self._patience)
        self._prices |= newest_of([*self._prices.values(), *map(_without_quotes, known)])
        self._graph = PriceGraph(self._prices.values())
        self._bars.clear()
        self._forming = self._reached = None

    def hold(self, exposures: Sequence[Exposure], moves: Moves | None = None) -> None:
        """The portfolios hold this now, by these moves since the last time."""
        changed_from = self._held.hold(exposures, moves or {}, self._reached)
        for bar in self._bars:
            if changed_from is not None and bar.end >= changed_from:
                bar.touched_at = self._wall
        if self._forming is not None and self._reached is not None:
            self._forming = self._forming.moved_to(self._held.portfolio_ids, self._values(self._reached))

    def hear(self, price: Price, heard_at: datetime) -> None:
        """Take a price; it counts from its own instant on."""
        price = _without_quotes(price)
        if self._prices.get(price.instrument) != price:
            self._tape.add(price, heard_at)

    def advance(self, wall_now: datetime) -> list[CandleRow]:
        """Go as far as everything should have been heard; returns the bars that closed, then those that changed.

        One that closed and was corrected at once comes twice: the last is right.
        """
        self._wall = wall_now
        horizon = self._tape.horizon(wall_now)
        if horizon is None:
            return []
        closed: list[CandleRow] = []
        for second, prices in self._tape.seconds(horizon):
            if self._reached is not None and second <= self._reached:
                self._late(second, prices)
            else:
                closed += self._close_until(second, including=False)
                self._sample(second, prices)
                self._reached = second
        closed += self._close_until(horizon, including=True)
        self._reached = horizon if self._reached is None else max(self._reached, horizon)
        return closed + self._corrected(wall_now - SETTLE, SAMPLES_A_TURN)

    def settle(self) -> list[CandleRow]:
        """The closed bars that changed, without waiting for more."""
        return [] if self._wall is None else self._corrected(self._wall, None)

    def forming(self) -> list[CandleRow]:
        """The bars as they are now."""
        return _rows(self._forming.candles()) if self._forming else []

    def beyond(self) -> frozenset[datetime]:
        """Starts of bars that something came for too late to correct them here; each is told once."""
        told, self._beyond = frozenset(self._beyond), set()
        return told

    def told(self) -> list[Provenance]:
        """What the closes of the bars that were given rest on, since the last call."""
        told, self._told = self._told, []
        return told

    def _sample(self, second: datetime, prices: Iterable[Price]) -> None:
        if not self._bars:
            end = bar_end_after(second - _INSTANT, RESOLUTION.span)
            self._open(TracedBar(end - RESOLUTION.span, end, dict(self._prices), is_whole=False))
        for price in prices:
            self._bars[-1].put(second, price)
            self._put(price)
        if self._forming is not None:
            self._forming.observe(self._values(second))

    def _late(self, second: datetime, prices: Iterable[Price]) -> None:
        """Put prices where they belong; their bar is made again."""
        bar = next((bar for bar in self._bars if bar.start < second <= bar.end), None)
        for price in prices:
            self._put(price)
            if bar is None:
                self._far_too_late(price)
            elif bar.put(second, price):
                bar.touched_at = self._wall

    def _far_too_late(self, price: Price) -> None:
        self._beyond.add(bar_start(price.at, RESOLUTION))
        if self._bars and put_newest(self._bars[0].opening, price):
            self._bars[0].touched_at = self._wall

    def _close_until(self, instant: datetime, *, including: bool) -> list[CandleRow]:
        """Close the bars that end before the instant, or also those that end at it."""
        closed: list[CandleRow] = []
        while self._bars and (self._bars[-1].end < instant or (including and self._bars[-1].end == instant)):
            closed += self._close(self._bars[-1])
        return closed

    def _close(self, bar: TracedBar) -> list[CandleRow]:
        if bar.touched_at is not None or self._forming is None:
            formed, prices = bar.retrace(self._held)
        else:
            formed, prices = self._forming, dict(self._prices)
            formed.observe(self._values(bar.end))
        rows = self._give(bar, formed, prices)
        self._open(TracedBar(bar.end, bar.end + RESOLUTION.span, prices, is_whole=True))
        return rows

    def _open(self, bar: TracedBar) -> None:
        self._bars.append(bar)
        self._forming = bar.begin(self._held)
        kept = sum(each.price_count for each in self._bars)
        while len(self._bars) > BARS_KEPT or (len(self._bars) > 2 and kept > self._prices_kept):  # noqa: PLR2004
            forgotten = self._bars.pop(0)
            kept -= forgotten.price_count
            if forgotten.touched_at is not None:
                self._beyond.add(forgotten.start)
        self._held.forget(self._bars[0].start)

    def _corrected(self, touched_until: datetime, samples: int | None) -> list[CandleRow]:
        """Make bars again for which nothing came since then; a turn ends when it took so many samples."""
        rows: list[CandleRow] = []
        for bar, following in zip(self._bars, self._bars[1:], strict=False):
            if bar.touched_at is None or bar.touched_at > touched_until:
                continue
            if samples is not None and samples <= 0:
                break
            samples = None if samples is None else samples - bar.price_count
            touched_at = bar.touched_at
            formed, prices = bar.retrace(self._held)
            rows += self._give(bar, formed, prices)
            if prices != following.opening:
                following.opening, following.touched_at = prices, following.touched_at or touched_at
        return rows

    def _give(self, bar: TracedBar, formed: FormingBars, prices: Prices) -> list[CandleRow]:
        """What is new in the bars, and beside it what their closes rest on."""
        given = bar.give(formed)
        theirs = {portfolio_id for portfolio_id, _ in given}
        if theirs:
            held = [each for each in self._held.exposures_at(bar.end) if each.portfolio_id in theirs]
            self._told.append(provenance(bar.end, held, PriceGraph(prices.values())))
        return _rows(given)

    def _values(self, instant: datetime) -> Values:
        return self._held.at(instant).values(self._graph)

    def _put(self, price: Price) -> None:
        if put_newest(self._prices, price):
            self._graph.hear(price)


def _rows(bars: Sequence[tuple[TenantId, Candle]]) -> list[CandleRow]:
    source = CandleSource.VALUATION
    return [CandleRow(str(PortfolioSeries(portfolio_id)), RESOLUTION, candle, source) for portfolio_id, candle in bars]


def _without_quotes(price: Price) -> Price:
    """Quotes value nothing here, and many prices are kept."""
    if price.bid is None and price.ask is None:
        return price
    return Price(instrument=price.instrument, last=price.last, at=price.at, number=price.number)
