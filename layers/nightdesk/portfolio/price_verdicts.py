"""How well the prices of positions are confirmed: a verdict each, small enough to stand beside every live price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.money import divide, multiply
from nightdesk.markets.composite import FRESH_FOR, Composite, Verdict
from nightdesk.portfolio.model import Portfolio, PriceVerdict, Standing
from nightdesk.portfolio.valuation import Explanation, PriceGraph


@dataclass(frozen=True, slots=True)
class _Span:
    """The least and the most that a price can be, as parts of what it is told as."""

    low: Decimal
    high: Decimal


def with_verdicts(portfolio: Portfolio, graph: PriceGraph) -> Portfolio:
    """The portfolio with a verdict for each price that it is valued at by these prices."""
    assets = [each.asset for each in portfolio.assets if each.quantity and each.asset != portfolio.base_asset]
    return replace(portfolio, verdicts=price_verdicts(graph, assets, portfolio.base_asset))


def price_verdicts(graph: PriceGraph, assets: Iterable[AssetId], base_asset: AssetId) -> Mapping[AssetId, PriceVerdict]:
    """Of every asset that has a price; the base asset needs none."""
    found = {asset: graph.explain(asset, base_asset) for asset in assets}
    explained = {asset: each for asset, each in found.items() if each is not None and each.at is not None}
    told = (source.at for each in explained.values() for step in each.steps for source in step.sources)
    newest = max(told, default=None)
    return {asset: _verdict(each, newest) for asset, each in explained.items()}


def _verdict(explained: Explanation, newest: datetime | None) -> PriceVerdict:
    span = _span(explained)
    return PriceVerdict(
        standing=_standing(explained, newest),
        sources=min(sum(source.is_fresh for source in step.sources) for step in explained.steps),
        low=multiply(explained.value, span.low),
        high=multiply(explained.value, span.high),
    )


def _standing(explained: Explanation, newest: datetime | None) -> Standing:
    if explained.verdict is Verdict.DISPUTED:
        return Standing.DISPUTED
    if explained.at is not None and newest is not None and newest - explained.at > FRESH_FOR:
        return Standing.STALE
    return Standing.ONE_SOURCE if explained.verdict is Verdict.ONE_SOURCE else Standing.AGREED


def _span(explained: Explanation) -> _Span:
    low, high, asset = Decimal(1), Decimal(1), explained.asset
    for step in explained.steps:
        is_forward = step.base == asset
        part = _part(step, is_forward=is_forward)
        low, high = multiply(low, part.low), multiply(high, part.high)
        asset = step.quote if is_forward else step.base
    return _Span(low, high)


def _part(step: Composite, *, is_forward: bool) -> _Span:
    """Of two that contradict each other either may be right; what nobody confirms may be worth nothing."""
    if step.verdict is Verdict.ONE_SOURCE:
        return _Span(Decimal(0), Decimal(1))
    if step.verdict is not Verdict.DISPUTED:
        return _Span(Decimal(1), Decimal(1))
    told = [source.converted for source in step.sources if source.is_fresh and source.converted]
    least, most = min(told), max(told)
    if is_forward:
        return _Span(divide(least, step.value), divide(most, step.value))
    return _Span(divide(step.value, most), divide(step.value, least))
