"""Which bars a replay reads: those that rules name, that actions trade, and that value what may be held."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from nightdesk.candles.model import SeriesName
from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.model import CAP_METRICS
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.portfolio.valuation import BRIDGES
from nightdesk.rules.actions import PanicSell, PlaceOrder, Reduce, Sell
from nightdesk.rules.model import PercentChange, RuleSet, change_step, nodes, operands
from nightdesk.rules.reading import expression_of

Exists = Callable[[Instrument], bool]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a replay reads.

    Attributes:
        bars: Series and resolutions of indicators and columns.
        traded: Markets that rules name the price of, or that orders are placed on, in order of appearance.
        valuing: Markets that only say what something is worth.
        unpriced: Assets that no market says the worth of.
        figures: How many different indicators and columns rules read.
        reach: So far before the first bar changes over a window look back.
        coins: Whose size and potential rules read; none if no figure is made of listings.
    """

    bars: frozenset[tuple[SeriesName, Resolution]]
    traded: tuple[Instrument, ...]
    valuing: tuple[Instrument, ...]
    unpriced: tuple[AssetId, ...]
    figures: int
    reach: timedelta
    coins: frozenset[AssetId] = frozenset()

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """Every market whose prices count."""
        return (*self.traded, *self.valuing)


def needs_of(
    rule_sets: Sequence[RuleSet],
    held: Collection[AssetId],
    base_asset: AssetId,
    venues: Sequence[VenueId],
    exists: Exists,
) -> Needs:
    """What replaying the rule sets reads.

    Args:
        rule_sets: All that are replayed.
        held: What there is at the beginning.
        base_asset: In which everything is valued.
        venues: Whose markets are looked for where the rule sets name none, in this order.
        exists: Whether the market has bars.
    """
    expressions = [expression_of(each) for rule_set in rule_sets for each in operands(rule_set.condition)]
    bars = frozenset().union(*(each.bars for each in expressions))
    figures = len({leaf for each in expressions for leaf in each.leaves})
    traded = tuple(dict.fromkeys((*_named(rule_sets), *_priced(rule_sets))))
    assets = dict.fromkeys((*held, *(each for market in traded for each in (market.base, market.quote))))
    finder = _Finder(base_asset, tuple(dict.fromkeys((*(each.venue for each in traded), *venues))), exists, traded)
    assets.update(dict.fromkeys(_targets(rule_sets)))
    for asset in assets:
        finder.value(asset)
    of_coins = any(metric.name in CAP_METRICS for each in expressions for metric in each.metrics)
    coins = frozenset(assets) if of_coins else frozenset[AssetId]()
    return Needs(bars, traded, tuple(finder.found), tuple(finder.unpriced), figures, _reach(rule_sets), coins)


def _reach(rule_sets: Iterable[RuleSet]) -> timedelta:
    every = (node for rule_set in rule_sets for node in nodes(rule_set.condition))
    windows = (node.window for node in every if isinstance(node, PercentChange))
    return max((window + change_step(window) for window in windows), default=timedelta(0))


def _named(rule_sets: Iterable[RuleSet]) -> Iterator[Instrument]:
    for rule_set in rule_sets:
        yield from (each.instrument for each in rule_set.actions if isinstance(each, PlaceOrder))


def _priced(rule_sets: Iterable[RuleSet]) -> Iterator[Instrument]:
    for rule_set in rule_sets:
        for operand in operands(rule_set.condition):
            targets = (metric.target for metric in expression_of(operand).metrics)
            yield from (target for target in targets if isinstance(target, Instrument))


def _targets(rule_sets: Iterable[RuleSet]) -> Iterator[AssetId]:
    """What sales are made into."""
    for rule_set in rule_sets:
        for action in rule_set.actions:
            if isinstance(action, PanicSell | Sell | Reduce) and action.into is not None:
                yield action.into


@dataclass(slots=True)
class _Finder:
    """Looks for the markets that value assets: of the two, turned round, or by way of a bridge."""

    base_asset: AssetId
    venues: Sequence[VenueId]
    exists: Exists
    known: Collection[Instrument]
    found: dict[Instrument, None] = field(default_factory=dict)
    unpriced: list[AssetId] = field(default_factory=list)

    def value(self, asset: AssetId) -> None:
        """Find the way from the asset to the base asset."""
        if asset == self.base_asset:
            return
        way = next(self._ways(asset), None)
        if way is None:
            self.unpriced.append(asset)
        else:
            self.found.update(dict.fromkeys(each for each in way if each not in self.known))

    def _ways(self, asset: AssetId) -> Iterator[tuple[Instrument, ...]]:
        if market := self._between(asset, self.base_asset):
            yield (market,)
        for bridge in BRIDGES:
            if bridge not in {asset, self.base_asset}:
                first = self._between(asset, bridge)
                second = None if first is None else self._between(bridge, self.base_asset)
                if first is not None and second is not None:
                    yield first, second

    def _between(self, asset: AssetId, other: AssetId) -> Instrument | None:
        pairs = ((asset, other), (other, asset))
        markets = [Instrument(venue, base, quote) for venue in self.venues for base, quote in pairs]
        at_hand = (each for each in markets if each in self.known or each in self.found)
        return next(at_hand, None) or next((each for each in markets if self.exists(each)), None)
