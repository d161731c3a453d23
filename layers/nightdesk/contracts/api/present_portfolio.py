"""Turns a valued portfolio into the API's shape."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from nightdesk.contracts.api.common import AmountShape
from nightdesk.contracts.api.portfolio import (
    AccountValueShape,
    AssetValueShape,
    HoldingShape,
    PortfolioShape,
    TotalShape,
)
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import Money, format_amount
from nightdesk.portfolio.model import Portfolio, PriceVerdict, ValuedAccount, ValuedAsset, ValuedHolding


def portfolio_shape(portfolio: Portfolio) -> PortfolioShape:
    """The portfolio."""
    total = portfolio.total
    return PortfolioShape(
        portfolio_id=portfolio.portfolio_id,
        base_asset=portfolio.base_asset,
        as_of=format_instant(portfolio.as_of),
        total=TotalShape(
            value=format_amount(total.value), complete=total.complete, priced_at=_instant(total.priced_at)
        ),
        accounts=[_account(account) for account in portfolio.accounts],
        assets=[_asset(asset, portfolio.verdicts.get(asset.asset)) for asset in portfolio.assets],
        holdings=[_holding(holding, portfolio.verdicts.get(holding.asset)) for holding in portfolio.holdings],
        unpriced=list(portfolio.unpriced),
        rates={asset: format_amount(rate) for asset, rate in portfolio.rates.items()},
    )


def _account(account: ValuedAccount) -> AccountValueShape:
    return AccountValueShape(
        account_id=account.account_id,
        label=account.label,
        venue=account.venue,
        state=account.state,
        value=_amount(account.value),
        refreshed_at=_instant(account.refreshed_at),
    )


def _asset(asset: ValuedAsset, verdict: PriceVerdict | None) -> AssetValueShape:
    return AssetValueShape(
        asset=asset.asset,
        quantity=format_amount(asset.quantity),
        unproven=format_amount(asset.unproven),
        value=_amount(asset.value),
        price=_amount(asset.price),
        priced_at=_instant(asset.priced_at),
        price_verdict=verdict.standing.value if verdict else None,
        price_sources=verdict.sources if verdict else None,
        average_cost=_amount(asset.average_cost),
        realised_pnl=_amount(asset.realised_pnl),
        unrealised_pnl=_amount(asset.unrealised_pnl),
        share_ratio=_amount(asset.share_ratio),
    )


def _holding(holding: ValuedHolding, verdict: PriceVerdict | None) -> HoldingShape:
    return HoldingShape(
        account_id=holding.account_id,
        asset=holding.asset,
        quantity=format_amount(holding.quantity),
        reported_quantity=_amount(holding.reported_quantity),
        reported_at=_instant(holding.reported_at),
        difference=_amount(holding.difference),
        unproven=format_amount(holding.unproven),
        average_cost=_amounts(holding.average_cost),
        average_cost_value=_amount(holding.average_cost_value),
        realised_pnl=_amounts(holding.realised_pnl),
        realised_pnl_value=_amount(holding.realised_pnl_value),
        unrealised_pnl_value=_amount(holding.unrealised_pnl_value),
        price=_amount(holding.price),
        priced_at=_instant(holding.priced_at),
        price_verdict=verdict.standing.value if verdict else None,
        price_sources=verdict.sources if verdict else None,
        value=_amount(holding.value),
        folded_at=_instant(holding.folded_at),
        stale=holding.stale,
    )


def _amounts(amounts: Sequence[Money]) -> list[AmountShape]:
    return [AmountShape(amount=format_amount(each.amount), asset=each.asset) for each in amounts]


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else format_amount(amount)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)
