"""Everything known at an instant, exactly; what the engine looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from nightdesk.candles.model import PortfolioSeries
from nightdesk.indicators.canonical import canonical
from nightdesk.indicators.model import AccountTarget, Expression, Leaf, SignalTarget
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.caps_history import NEVER_LISTED, CapHistory
from nightdesk.markets.model import Price
from nightdesk.portfolio.valuation import PriceGraph
from nightdesk.rules.holdings import Held
from nightdesk.rules.model import Operand, RuleSet
from nightdesk.rules.reading import ExactReadings, Seen, expression_of
from nightdesk.rules.recomputing import decimal_of

NOBODY = TenantId(UUID(int=0))
CANDLES = "candles"
"""The source of figures that change with bars, and of past values."""


class Pasts(Protocol):
    """Values of operands a while ago."""

    def at(self, operand: Operand, instant: datetime) -> Decimal | None:
        """The operand's value at the last instant seen at or before a whole step."""
        ...


SignalKey = tuple[TenantId, SignalTarget]


@dataclass(slots=True)
class Known:
    """`Snapshot`: prices, holdings and bars of one instant. None of the mappings is changed afterwards.

    Attributes:
        lines: Figures that change with bars, by their text; NaN is not known.
        rates: A graph of these prices if there is one; it goes on with the next snapshot.
    """

    instant: datetime
    prices: Mapping[Instrument, Price]
    held: Mapping[TenantId, Held]
    lines: Mapping[str, float]
    pasts: Pasts
    signals: Mapping[SignalKey, Seen] = field(default_factory=dict)
    caps: CapHistory = NEVER_LISTED
    rates: PriceGraph | None = None
    _readers: dict[TenantId | None, ExactReadings] = field(default_factory=dict)

    @property
    def graph(self) -> PriceGraph:
        """The rates that the prices make."""
        if self.rates is None:
            self.rates = PriceGraph(self.prices.values())
        return self.rates

    def readings(self, rule_set: RuleSet) -> ExactReadings:
        """Exact figures for the rule set, each remembered where it was asked for."""
        return self._readings(rule_set.portfolio_id)

    def value(self, operand: Operand, reader: TenantId | None = None) -> Decimal | None:
        """An operand's exact value, whoever's it is; for a reader if it means another thing for each."""
        whose = reader or self._whose(expression_of(operand))
        if whose not in self._readers:
            self._readers[whose] = self._readings(whose)
        return self._readers[whose].value(operand)

    def _readings(self, portfolio_id: TenantId | None) -> ExactReadings:
        held = None if portfolio_id is None else self.held.get(portfolio_id)
        whose = portfolio_id or NOBODY
        bars = _Bars(self)
        return ExactReadings(
            self.instant,
            self.prices,
            bars,
            graph=self.graph,
            portfolio_id=whose,
            held=held,
            highest=bars.highest,
            signal=lambda target: self.signals.get((whose, target), Seen(None, "signal")),
            listed=lambda: self.caps.at(self.instant),
        )

    def _whose(self, expression: Expression) -> TenantId | None:
        for metric in expression.metrics:
            match metric.target:
                case PortfolioSeries(portfolio_id):
                    return TenantId(portfolio_id)
                case AccountTarget(account_id):
                    return self._owner(account_id)
                case _:
                    continue
        return None

    def _owner(self, account_id: UUID) -> TenantId | None:
        found = (tenant for tenant, held in self.held.items() if account_id in held.heads)
        return next(found, None)


@dataclass(frozen=True, slots=True)
class _Bars:
    known: Known

    def seen(self, leaf: Leaf) -> Seen:
        return self._figure(canonical(leaf))

    def highest(self, series: PortfolioSeries) -> Seen:
        return self._figure(f"highest of {series}")

    def _figure(self, text: str) -> Seen:
        figure = self.known.lines.get(text)
        return Seen(None if figure is None else decimal_of(figure), CANDLES, self.known.instant)

    def past(self, operand: Operand, at: datetime) -> Seen:
        return Seen(self.known.pasts.at(operand, at), CANDLES, at)
