"""What the desk answers about how a portfolio is valued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.contracts.api.valuations import AssetValuationShape, PriceSourceShape, PriceStepShape, ValuationShape
from nightdesk.identity.model import Caller
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import format_instant, parse_instant
from nightdesk.kernel.money import format_amount, multiply
from nightdesk.markets.composite import Composite, Source
from nightdesk.portfolio.provenance import PastValuation, ValuationReads
from nightdesk.portfolio.service import PortfolioService
from nightdesk.portfolio.valuation import Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuationAnswers:
    """Asks for provenance and puts it in shape; every answer is of the caller's own portfolio."""

    portfolio: PortfolioService
    reads: ValuationReads

    def present(self, caller: Caller) -> ValuationShape:
        """How the portfolio is valued now."""
        caller.require("read", "Portfolio")
        return _shape(caller.tenant_id, self.portfolio.explain(caller.tenant_id))

    def past(self, caller: Caller, at: str) -> ValuationShape:
        """How it was valued at the close of the last candle up to an instant.

        Raises:
            InvalidInput: It is no instant.
            NotFound: `valuations.not_found`: nothing is kept of that time.
        """
        caller.require("read", "Portfolio")
        found = self.reads.last(caller.tenant_id, parse_instant(at))
        if found is None:
            raise NotFound("valuations.not_found", "No valuation of that time is kept.")
        return _shape(caller.tenant_id, found)


def _shape(tenant_id: TenantId, told: PastValuation) -> ValuationShape:
    assets = [_asset(asset, quantity, told) for asset, quantity in sorted(told.quantities.items())]
    unproven = sum(not asset.is_proven for asset in assets)
    assets.sort(key=lambda each: (each.value is None, -Decimal(each.value or 0), each.asset))
    return ValuationShape(
        portfolio_id=str(tenant_id),
        at=format_instant(told.at),
        base_asset=told.base_asset,
        value=format_amount(told.value),
        is_proven=not unproven,
        unproven=unproven,
        assets=assets,
    )


def _asset(asset: AssetId, quantity: Decimal, told: PastValuation) -> AssetValuationShape:
    price: Explanation | None = told.prices.get(asset)
    return AssetValuationShape(
        asset=asset,
        quantity=format_amount(quantity),
        price=None if price is None else format_amount(price.value),
        priced_at=_instant(None if price is None else price.at),
        value=None if price is None else format_amount(multiply(quantity, price.value)),
        verdict=None if price is None else price.verdict.value,
        is_proven=price is not None and all(step.is_proven for step in price.steps),
        steps=[] if price is None else [_step(step) for step in price.steps],
    )


def _step(step: Composite) -> PriceStepShape:
    return PriceStepShape(
        symbol=f"{step.base}/{step.quote}",
        value=format_amount(step.value),
        at=format_instant(step.at),
        verdict=step.verdict.value,
        venue=None if step.chosen is None else step.chosen.venue,
        median=format_amount(step.median),
        sources=[_source(source) for source in step.sources],
    )


def _source(source: Source) -> PriceSourceShape:
    return PriceSourceShape(
        venue=source.instrument.venue,
        symbol=source.instrument.symbol,
        price=format_amount(source.price),
        at=format_instant(source.at),
        converted=_amount(source.converted),
        deviation_bp=_amount(source.deviation_bp),
        is_fresh=source.is_fresh,
    )


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else format_amount(amount)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)
