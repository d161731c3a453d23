"""Exact figures of one instant, each kept with where it came from: what a decision is made of and explained by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Final, Protocol

from nightdesk.candles.model import PortfolioSeries
from nightdesk.indicators.canonical import canonical
from nightdesk.indicators.exact import exact
from nightdesk.indicators.language import parse
from nightdesk.indicators.listed import coin_figure
from nightdesk.indicators.model import CAP_METRICS, AccountTarget, Expression, Leaf, Metric, MetricName, SignalTarget
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.money import divide, subtract
from nightdesk.markets.caps_history import CapListing
from nightdesk.markets.model import Price
from nightdesk.portfolio.figures import Valuer, known_sum
from nightdesk.portfolio.model import Holding, Portfolio, ValuedHolding
from nightdesk.portfolio.service import value_books
from nightdesk.portfolio.valuation import PriceGraph
from nightdesk.rules.cap_reading import Row, held_figure
from nightdesk.rules.holdings import Held, scope_reading
from nightdesk.rules.model import Operand, TrailingStop
from nightdesk.rules.ports import ScopeReading
from nightdesk.rules.state import Trail

PARSED_MAX: Final = 100_000
expression_of = lru_cache(maxsize=PARSED_MAX)(parse)
"""The expression of a canonical text, read once."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A figure as it was read.

    Attributes:
        value: None was not known.
        source: `price`, `ledger`, `candles`, `listing`, `signal`, `tracker` (what it told with a candidate).
        at: When it was made; None where that has no meaning.
    """

    value: Decimal | None
    source: str
    at: datetime | None = None


def _not_known(_series: PortfolioSeries) -> Seen:
    return Seen(None, "candles")


def _no_signal(_target: SignalTarget) -> Seen:
    return Seen(None, "signal")


def _not_listed() -> CapListing | None:
    return None


class BarFigures(Protocol):
    """Figures that change with bars: indicators and columns."""

    def seen(self, leaf: Leaf) -> Seen:
        """The leaf's value with the newest bars."""
        ...

    def past(self, operand: Operand, at: datetime) -> Seen:
        """An operand's value at the last instant seen at or before a whole step."""
        ...


class ExactReadings:
    """`Readings` over prices, books and bars of one instant.

    Args:
        held: None when the tenant's books are not known.
        highest: The most that a portfolio has been worth, by its bars.
        signal: What the newest signal says that counts.
        listed: The listing of coins that was known at the instant; asked for only where a figure is made of it.

    Attributes:
        seen: Every figure that was asked for, by its text.
    """

    def __init__(
        self,
        instant: datetime,
        prices: Mapping[Instrument, Price],
        bars: BarFigures,
        *,
        graph: PriceGraph,
        portfolio_id: TenantId,
        held: Held | None,
        highest: Callable[[PortfolioSeries], Seen] = _not_known,
        signal: Callable[[SignalTarget], Seen] = _no_signal,
        listed: Callable[[], CapListing | None] = _not_listed,
    ) -> None:
        self.seen: dict[str, Seen] = {}
        self._instant = instant
        self._prices = prices
        self._bars = bars
        self._graph = graph
        self._portfolio_id = portfolio_id
        self._held = held
        self._highest = highest
        self._signal = signal
        self._listed = cache(listed)
        self._portfolio: Portfolio | None = None

    def value(self, operand: Operand) -> Decimal | None:
        """The operand's value."""
        expression: Expression = expression_of(operand)
        return exact(expression, self._leaf)

    def past(self, operand: Operand, at: datetime) -> Decimal | None:
        """The operand's value at the last instant seen at or before this whole step."""
        found = self.seen[f"{operand} at {at.isoformat()}"] = self._bars.past(operand, at)
        return found.value

    def scope(self, stop: TrailingStop, trail: Trail | None) -> ScopeReading | None:
        """What the stop's scope is worth, and what flowed since the trail was last looked at."""
        if self._held is None or stop.bot_id is not None:
            return None
        valuer = Valuer(self._graph, self._held.books.base_asset)
        reading = scope_reading(self._held, stop.scope, trail, valuer)
        self.seen[scope_text(stop)] = Seen(reading.value, "ledger", self._instant)
        return reading

    def _leaf(self, leaf: Leaf) -> Decimal | None:
        text = canonical(leaf)
        if text not in self.seen:
            self.seen[text] = self._metric(leaf) if isinstance(leaf, Metric) else self._bars.seen(leaf)
        return self.seen[text].value

    def _metric(self, metric: Metric) -> Seen:
        if isinstance(metric.target, Instrument):
            return self._of_market(metric.name, metric.target)
        if isinstance(metric.target, SignalTarget):
            return self._signal(metric.target)
        return Seen(None, "ledger") if self._held is None else self._of_held(self._held, metric)

    def _of_held(self, held: Held, metric: Metric) -> Seen:
        if metric.name is MetricName.BALANCE:  # asks for no prices
            return Seen(_balance(self._portfolio_id, held, metric), "ledger", self._instant)
        if self._portfolio is None:
            self._portfolio = value_books(self._portfolio_id, held.books, self._graph, self._instant)
        if metric.name in CAP_METRICS:
            return self._of_coins(self._portfolio, metric)
        if metric.name is MetricName.DRAWDOWN:
            return self._drawdown(self._portfolio, metric)
        return Seen(portfolio_metric(self._portfolio, metric), "ledger", self._instant)

    def _of_coins(self, portfolio: Portfolio, metric: Metric) -> Seen:
        listing = self._listed()
        rows: Sequence[Row] = [each for each in portfolio.holdings if _covers(portfolio.portfolio_id, metric, each)]
        if rows and isinstance(metric.target, PortfolioSeries):  # each asset once, as the page sums them
            rows = [each for each in portfolio.assets if metric.asset in {None, each.asset}]
        return Seen(held_figure(listing, metric.name, rows), "listing", listing.at if listing else None)

    def _drawdown(self, portfolio: Portfolio, metric: Metric) -> Seen:
        """How far the portfolio is below the most it was worth: 0.1 is 10 %; of an account nobody keeps that."""
        if not isinstance(metric.target, PortfolioSeries):
            return Seen(None, "ledger")
        highest = self.seen[f"highest of {metric.target}"] = self._highest(metric.target)
        value = portfolio_metric(portfolio, Metric(MetricName.VALUE, metric.target))
        if highest.value is None or value is None:
            return Seen(None, "ledger")
        most = max(highest.value, value)
        return Seen(divide(subtract(most, value), most) if most > 0 else None, "ledger", self._instant)

    def _of_market(self, name: MetricName, instrument: Instrument) -> Seen:
        if name in CAP_METRICS:
            listing = self._listed()
            return Seen(coin_figure(listing, name, instrument.base), "listing", listing.at if listing else None)
        price = self._prices.get(instrument)
        if price is None:
            return Seen(None, "price")
        return Seen(_MARKET[name](price, self._instant), "price", price.at)


def _staleness(price: Price, instant: datetime) -> Decimal:
    """Seconds since the market's last price was made."""
    return Decimal(str((instant - price.at).total_seconds()))


def _spread(price: Price, _instant: datetime) -> Decimal | None:
    """What of the ask the bid is below it, as the page of markets tells it: 0.001 is 0.1 %."""
    if price.bid is None or not price.ask:
        return None
    return divide(subtract(price.ask, price.bid), price.ask)


_MARKET: Final[Mapping[MetricName, Callable[[Price, datetime], Decimal | None]]] = {
    MetricName.PRICE: lambda price, _: price.last,
    MetricName.BID: lambda price, _: price.bid,
    MetricName.ASK: lambda price, _: price.ask,
    MetricName.SPREAD: _spread,
    MetricName.STALENESS: _staleness,
}
_COLUMNS: Final[Mapping[MetricName, Callable[[ValuedHolding], Sequence[Decimal | None]]]] = {
    MetricName.BALANCE: lambda each: (each.quantity,),
    MetricName.VALUE: lambda each: (each.value,),
    MetricName.REALISED_PNL: lambda each: (each.realised_pnl_value,),
    MetricName.UNREALISED_PNL: lambda each: (each.unrealised_pnl_value,),
    MetricName.PNL: lambda each: (each.realised_pnl_value, each.unrealised_pnl_value),
}
_NOTHING_IS_ZERO: Final = frozenset({MetricName.BALANCE, MetricName.VALUE})


def scope_text(stop: TrailingStop) -> str:
    """What a figure of the stop's scope is called: `value of position BTC`."""
    named = [part for part in (stop.scope.account_id, stop.scope.asset) if part is not None]
    return " ".join(map(str, ["value of", stop.scope.kind.value, *named]))


def portfolio_metric(portfolio: Portfolio, metric: Metric) -> Decimal | None:
    """A live figure of a portfolio or of one of its accounts; None where it is not known."""
    rows = [each for each in portfolio.holdings if _covers(portfolio.portfolio_id, metric, each)]
    if metric.name is MetricName.ALLOCATION:
        return _allocation(portfolio, metric, rows)
    column = _COLUMNS.get(metric.name)
    if column is None:
        return None
    total = known_sum(part for each in rows for part in column(each))
    return Decimal(0) if total is None and metric.name in _NOTHING_IS_ZERO else total


def _allocation(portfolio: Portfolio, metric: Metric, rows: list[ValuedHolding]) -> Decimal | None:
    whole = Metric(MetricName.VALUE, metric.target)
    total = known_sum(each.value for each in portfolio.holdings if _covers(portfolio.portfolio_id, whole, each))
    return divide(known_sum(each.value for each in rows) or Decimal(0), total) if total else None


def _balance(portfolio_id: TenantId, held: Held, metric: Metric) -> Decimal:
    rows = (each.position.quantity for each in held.books.holdings if _covers(portfolio_id, metric, each))
    return known_sum(rows) or Decimal(0)


def _covers(portfolio_id: TenantId, metric: Metric, holding: Holding | ValuedHolding) -> bool:
    if metric.asset not in {None, holding.asset}:
        return False
    if isinstance(metric.target, AccountTarget):
        return metric.target.account_id == holding.account_id
    return isinstance(metric.target, PortfolioSeries) and metric.target.portfolio_id == portfolio_id
