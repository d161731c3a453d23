"""What a portfolio's value at an instant rests on: what was held, each price, and every source of each price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.money import ZERO, add, multiply
from nightdesk.portfolio.exposure import Exposure
from nightdesk.portfolio.valuation import Explanation, PriceGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuedExposure:
    """What a portfolio held, and the sum of what has a price, exactly."""

    exposure: Exposure
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The prices that portfolios were valued at, at one instant.

    Attributes:
        prices: By asset and what it was valued in; an asset without a price is not there.
    """

    at: datetime
    prices: tuple[Explanation, ...]
    portfolios: tuple[ValuedExposure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastValuation:
    """One portfolio's value at an instant, and what it rests on.

    Attributes:
        value: Of what has a price.
        prices: By asset.
    """

    at: datetime
    base_asset: AssetId
    value: Decimal
    quantities: Mapping[AssetId, Decimal]
    prices: Mapping[AssetId, Explanation]


class ValuationLog(Protocol):
    """Keeps what valuations rested on."""

    def write(self, told: Sequence[Provenance]) -> None:
        """Keep it in the place of what was kept of the same instants; once more changes nothing.

        Raises:
            Unavailable: It was perhaps not kept; write it again.
        """
        ...


class ValuationReads(Protocol):
    """Reads what valuations rested on."""

    def last(self, tenant_id: TenantId, at: datetime) -> PastValuation | None:
        """The tenant's last valuation that was kept up to the instant."""
        ...


def provenance(at: datetime, exposures: Iterable[Exposure], graph: PriceGraph) -> Provenance:
    """What the graph's prices make of what was held."""
    prices: dict[tuple[AssetId, AssetId], Explanation | None] = {}
    valued = []
    for exposure in exposures:
        held = {asset: quantity for asset, quantity in exposure.quantities.items() if quantity}
        value = ZERO
        for asset, quantity in held.items():
            pair = (asset, exposure.base_asset)
            if pair not in prices:
                prices[pair] = graph.explain(*pair)
            explained = prices[pair]
            value = value if explained is None else add(value, multiply(quantity, explained.value))
        valued.append(ValuedExposure(exposure=exposure, value=value))
    told = tuple(prices[pair] for pair in sorted(prices))
    return Provenance(at=at, prices=tuple(each for each in told if each is not None), portfolios=tuple(valued))


def valuation_of(told: Provenance, portfolio_id: TenantId) -> PastValuation:
    """One portfolio's part of it; it must be among them."""
    mine = next(each for each in told.portfolios if each.exposure.portfolio_id == portfolio_id)
    exposure = mine.exposure
    held = {asset: quantity for asset, quantity in exposure.quantities.items() if quantity}
    prices = {each.asset: each for each in told.prices if each.into == exposure.base_asset and each.asset in held}
    return PastValuation(at=told.at, base_asset=exposure.base_asset, value=mine.value, quantities=held, prices=prices)
