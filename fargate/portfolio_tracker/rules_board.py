"""The figures that rules read: as floats for the arrays that say where to look, and exactly for who looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from fargate.portfolio_tracker.rules_pasts import PastValues
from fargate.portfolio_tracker.rules_snapshot import Known, SignalKey
from fargate.portfolio_tracker.rules_worth import SLACK, WorthArrays, places_by_tenant
from nightdesk.candles.model import PortfolioSeries, SeriesName
from nightdesk.execution.scope import Scope
from nightdesk.indicators.exact import exact
from nightdesk.indicators.model import Expression, Leaf, Metric, MetricName, Number, SignalTarget
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.caps_history import NEVER_LISTED, CapHistory
from nightdesk.markets.model import Price
from nightdesk.rules.compiled_block import Floats, Tick, epoch_s
from nightdesk.rules.engine import past_step
from nightdesk.rules.firing import ToldBars
from nightdesk.rules.holdings import Held
from nightdesk.rules.model import Operand
from nightdesk.rules.reading import Seen, expression_of
from nightdesk.rules.recomputing import decimal_of, is_of_prices
from nightdesk.rules.signals import ToldSignal
from nightdesk.rules.slots import Past, Present, SlotTable, Worth

MICROSECOND: Final = timedelta(microseconds=1)
TINY: Final = 1e-17


@dataclass(frozen=True, slots=True)
class Close:
    """What a market closed at in a minute.

    Attributes:
        at: When the minute ended.
    """

    market: Instrument
    at: datetime
    last: float


class Lines(Protocol):
    """Figures that change with bars, each kept up to date once."""

    def watch(self, expressions: Iterable[Expression]) -> None:
        """From now on keep exactly these."""
        ...

    def figures(self) -> Mapping[str, float]:
        """Every kept leaf's figure by its text; a mapping that is not changed afterwards."""
        ...

    def bars(self, names: Iterable[SeriesName]) -> Mapping[str, ToldBars]:
        """The newest bars of these series that were told."""
        ...

    def doubt(self, names: Iterable[SeriesName]) -> None:
        """Begin the figures of these series again from what is stored."""
        ...

    def closes(self) -> Sequence[Close]:
        """What markets closed at, of each minute that ended since the last call."""
        ...


class NoLines:
    """`Lines` that knows of none."""

    def watch(self, expressions: Iterable[Expression]) -> None:
        """Keep none."""

    def figures(self) -> Mapping[str, float]:
        """None."""
        return {}

    def bars(self, names: Iterable[SeriesName]) -> Mapping[str, ToldBars]:  # noqa: ARG002 - whichever
        """None."""
        return {}

    def doubt(self, names: Iterable[SeriesName]) -> None:
        """There is nothing to begin again."""

    def closes(self) -> Sequence[Close]:
        """None."""
        return ()


@dataclass(slots=True)
class _Plan:
    """What is to be done for the places of one revision of the slot table."""

    prices: dict[Instrument, list[int]] = field(default_factory=dict)
    worths: dict[int, tuple[TenantId, Scope]] = field(default_factory=dict)
    lines: list[tuple[int, str]] = field(default_factory=list)
    others: list[tuple[int, Operand, TenantId | None]] = field(default_factory=list)
    pasts: dict[timedelta, list[tuple[int, Past]]] = field(default_factory=dict)
    closing: dict[Instrument, set[Operand]] = field(default_factory=dict)


class Board:
    """Prices, holdings and bars as they are now, and what became of them since the last tick."""

    def __init__(self, slots: SlotTable) -> None:
        self.pasts = PastValues()
        self._slots = slots
        self._lines: Lines = NoLines()
        self._prices: dict[Instrument, Price] = {}
        self._held: dict[TenantId, Held] = {}
        self._worth = WorthArrays()
        self._plan = _Plan()
        self._revision = -1
        self._number = 0
        self._values = np.zeros(0)
        self._bounds = np.zeros(0)
        self._last: Known | None = None
        self._steps: dict[timedelta, datetime] = {}
        self._heard: set[Instrument] = set()
        self._newest: datetime | None = None
        self._closed: dict[Instrument, Close] = {}
        self._signals: Mapping[SignalKey, Seen] = {}
        self._caps = NEVER_LISTED

    def follow(self, lines: Lines) -> None:
        """From now on these tell the figures that change with bars."""
        self._lines = lines

    @property
    def market_at(self) -> datetime | None:
        """The newest instant that a market has told."""
        return self._newest

    @property
    def instant(self) -> datetime | None:
        """The last instant of market time that was ticked."""
        return self._last.instant if self._last else None

    @property
    def snapshot(self) -> Known | None:
        """What was known at the last tick."""
        return self._last

    def hear(self, price: Price) -> None:
        """Take a price; an older one never replaces a newer one."""
        known = self._prices.get(price.instrument)
        if known is None or price.place >= known.place:
            self._prices[price.instrument] = price
            self._heard.add(price.instrument)
        if self._newest is None or price.at > self._newest:
            self._newest = price.at

    def signal(self, told: ToldSignal) -> bool:
        """Take a signal; one that counted before never replaces one that counted later.

        Returns:
            Whether it is a new one.
        """
        before, seen = self._signals, Seen(told.value, "signal", told.counted_at)
        for target in (SignalTarget(told.name), SignalTarget(told.name, told.market)):
            known = self._signals.get((told.tenant_id, target))
            if known is None or (known != seen and known.at is not None and known.at <= told.counted_at):
                self._signals = {**self._signals, (told.tenant_id, target): seen}
        return self._signals is not before

    def take_listings(self, caps: CapHistory) -> bool:
        """From now on these are the listings of coins; whether they are others."""
        known, self._caps = self._caps, caps
        return known.listings != caps.listings

    def hold(self, tenant_id: TenantId, held: Held | None) -> None:
        """From now on the tenant holds this; None when nobody asks any more."""
        self._held = {**self._held, tenant_id: held} if held else _without(self._held, tenant_id)
        self._hold_worth(tenant_id)

    def bars(self, names: Iterable[SeriesName]) -> Mapping[str, ToldBars]:
        """The newest bars of these series that were told."""
        return {name: told for name, told in self._lines.bars(names).items() if told.closed or told.forming}

    def doubt(self, names: Iterable[SeriesName]) -> None:
        """Begin the figures of these series again from what is stored."""
        self._lines.doubt(names)

    def tick(self) -> tuple[Tick, Known] | None:
        """The figures of now, or None while no market has told the time."""
        if self._newest is None:
            return None
        is_new = self._plan_anew()
        instant = self._newest if self._last is None else max(self._newest, self._last.instant + MICROSECOND)
        before, values = self._last, self._values.copy()
        if before is not None:
            self.pasts.pass_over(before.instant, instant, before.value)
        self._take_closes()
        known = Known(
            instant, dict(self._prices), self._held, self._lines.figures(), self.pasts, self._signals, self._caps
        )
        self._write(known, values)
        moved = np.ones(len(values), dtype=np.bool_) if is_new else ~_same(values, self._values)
        self._values, self._last, self._number = values, known, self._number + 1
        return Tick(self._number, epoch_s(instant), values, self._bounds, moved), known

    def _plan_anew(self) -> bool:
        """Look at the slot table again if it was changed; whether it was."""
        if self._revision == self._slots.revision:
            return False
        self._revision = self._slots.revision
        count = len(self._slots)
        self._values, self._bounds, self._plan = np.full(count, np.nan), np.zeros(count), _Plan()
        expressions: list[Expression] = []
        for place, key in enumerate(self._slots.keys):
            match key:
                case Present(operand, None):
                    expressions.append(expression_of(operand))
                    self._plan_operand(place, operand, expressions[-1])
                case Present(operand, whose):
                    expressions.append(expression_of(operand))
                    self._plan.others.append((place, operand, whose))
                case Past():
                    self._plan.pasts.setdefault(key.window, []).append((place, key))
                    expressions += self._plan_past(key.operand)
                case Worth(portfolio_id, scope, None):
                    self._plan.worths[place] = portfolio_id, scope
                case _:
                    continue
        self._lines.watch(expressions)
        self.pasts.want(past for pasts in self._plan.pasts.values() for _, past in pasts)
        self._steps.clear()
        self._heard.update(self._prices)
        for tenant_id in self._held:
            self._hold_worth(tenant_id)
        return True

    def _plan_operand(self, place: int, operand: Operand, expression: Expression) -> None:
        match expression.root:
            case Number(value):
                self._values[place], self._bounds[place] = float(value), abs(float(value)) * SLACK
            case Metric(MetricName.PRICE, Instrument() as instrument):
                self._plan.prices.setdefault(instrument, []).append(place)
            case Metric(MetricName.VALUE, PortfolioSeries(portfolio_id), asset):
                self._plan.worths[place] = TenantId(portfolio_id), Scope(asset=asset)
            case leaf if expression.leaves == (leaf,) and not isinstance(leaf, Metric):
                self._plan.lines.append((place, expression.text))
            case _:
                self._plan.others.append((place, operand, None))

    def _plan_past(self, operand: Operand) -> list[Expression]:
        """What must be heard for the operand's past: of prices the closes of their minutes."""
        expression = expression_of(operand)
        if not is_of_prices(expression):
            return []
        markets = [metric.target for metric in expression.metrics if isinstance(metric.target, Instrument)]
        for market in markets:
            self._plan.closing.setdefault(market, set()).add(operand)
        return [expression_of(f"close({market},1m)") for market in markets]

    def _take_closes(self) -> None:
        """Past prices are what their minutes closed at, as soon as that is known."""
        for close in self._lines.closes():
            self._closed[close.market] = close
            for operand in self._plan.closing.get(close.market, ()):
                value = exact(expression_of(operand), partial(self._closed_at, close.at))
                self.pasts.correct(operand, close.at, value)
                self._steps.clear()

    def _closed_at(self, at: datetime, leaf: Leaf) -> Decimal | None:
        market = leaf.target if isinstance(leaf, Metric) else None
        close = self._closed.get(market) if isinstance(market, Instrument) else None
        return decimal_of(close.last) if close is not None and close.at == at else None

    def _hold_worth(self, tenant_id: TenantId) -> None:
        wanted = places_by_tenant(self._plan.worths).get(tenant_id, ())
        self._worth.hold(tenant_id, self._held.get(tenant_id), wanted)

    def _write(self, known: Known, values: Floats) -> None:
        for instrument in self._heard:
            for place in self._plan.prices.get(instrument, ()):
                values[place] = float(self._prices[instrument].last)
                self._bounds[place] = abs(values[place]) * SLACK
        self._heard.clear()
        for place, text in self._plan.lines:
            values[place] = known.lines.get(text, np.nan)
        self._worth.write(known.graph, values, self._bounds)
        for place, operand, whose in self._plan.others:
            self._put(values, place, known.value(operand, whose))
        self._write_pasts(known, values)

    def _write_pasts(self, known: Known, values: Floats) -> None:
        for window, pasts in self._plan.pasts.items():
            at = past_step(window, known.instant)
            if self._steps.get(window) != at:
                self._steps[window] = at
                for place, past in pasts:
                    self._put(values, place, self.pasts.at(past.operand, at))

    def _put(self, values: Floats, place: int, figure: Decimal | None) -> None:
        values[place] = np.nan if figure is None else float(figure)
        self._bounds[place] = 0.0 if figure is None else abs(values[place]) * SLACK + TINY

    def warmed(self) -> None:
        """Look at past values again, for some were put."""
        self._steps.clear()


def _without(held: Mapping[TenantId, Held], tenant_id: TenantId) -> dict[TenantId, Held]:
    return {each: theirs for each, theirs in held.items() if each != tenant_id}


def _same(values: Floats, others: Floats) -> npt.NDArray[np.bool_]:
    same: npt.NDArray[np.bool_] = (values == others) | (np.isnan(values) & np.isnan(others))
    return same
