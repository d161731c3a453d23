"""Turns reference data into the API's shapes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from nightdesk.contracts.api.reference import (
    CapBucketShape,
    CapPositionShape,
    FxRateShape,
    MarketCapShape,
    PortfolioCapsShape,
    SourceShape,
    ToldRateShape,
)
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount
from nightdesk.markets.caps import MarketCap
from nightdesk.markets.fx_checking import CheckedRate, Told
from nightdesk.markets.sources import SourceState
from nightdesk.portfolio.cap_balance import Bucket, CapBalance, CapPosition, drawdown_ratio


def fx_rate_shape(rate: CheckedRate) -> FxRateShape:
    """A rate with its sources."""
    return FxRateShape(
        currency=rate.currency,
        state=rate.state.value,
        rate=format_amount(rate.rate),
        source=rate.source,
        at=format_instant(rate.at),
        used=rate.used,
        first=_told(rate.first),
        other=_told(rate.other),
        deviation_ratio=_amount(rate.deviation_ratio),
        differs_since=_instant(rate.differs_since),
    )


def market_cap_shape(cap: MarketCap) -> MarketCapShape:
    """A listed coin."""
    listing = cap.listing
    return MarketCapShape(
        cap_id=listing.cap_id,
        rank=listing.rank,
        symbol=listing.symbol,
        name=listing.name,
        asset=cap.asset,
        mapped_by=cap.mapped_by.value if cap.mapped_by else None,
        unmapped=cap.unmapped.value if cap.unmapped else None,
        price=format_amount(listing.price),
        market_cap=_amount(listing.market_cap),
        circulating_supply=_amount(listing.circulating_supply),
        volume_day=_amount(listing.volume_day),
        change_day_ratio=_amount(listing.change_day_ratio),
        stable=listing.stable,
        updated_at=format_instant(listing.updated_at),
        high=format_amount(cap.high.price),
        high_at=format_instant(cap.high.at),
        high_known_since=_instant(cap.high.known_since),
        potential_ratio=format_amount(cap.potential_ratio),
        drawdown_ratio=format_amount(drawdown_ratio(cap)),
    )


def source_shape(state: SourceState) -> SourceShape:
    """How a source is."""
    return SourceShape(
        source=state.source,
        asked_at=format_instant(state.asked_at),
        answered_at=_instant(state.answered_at),
        made_at=_instant(state.made_at),
        items=state.items,
        failure_code=state.failure_code,
        credits_month=state.credits_month,
    )


def cap_balance_shape(balance: CapBalance, listed_at: datetime | None) -> PortfolioCapsShape:
    """A portfolio by size and by distance."""
    portfolio = balance.portfolio
    return PortfolioCapsShape(
        portfolio_id=portfolio.portfolio_id,
        base_asset=portfolio.base_asset,
        as_of=format_instant(portfolio.as_of),
        listed_at=_instant(listed_at),
        positions=[_position(each) for each in balance.positions],
        by_size=_buckets(balance.by_size),
        by_distance=_buckets(balance.by_distance),
        potential_ratio=_amount(balance.potential_ratio),
        covered_ratio=_amount(balance.covered_ratio),
    )


def _position(position: CapPosition) -> CapPositionShape:
    asset = position.asset
    return CapPositionShape(
        asset=asset.asset,
        quantity=format_amount(asset.quantity),
        value=_amount(asset.value),
        share_ratio=_amount(asset.share_ratio),
        size=position.size.value,
        distance=position.distance.value,
        potential_ratio=_amount(position.potential_ratio),
        listing=market_cap_shape(position.cap) if position.cap else None,
    )


def _buckets(buckets: Sequence[Bucket]) -> list[CapBucketShape]:
    return [
        CapBucketShape(
            name=each.name,
            value=format_amount(each.value),
            share_ratio=_amount(each.share_ratio),
            assets=list(each.assets),
        )
        for each in buckets
    ]


def _told(told: Told | None) -> ToldRateShape | None:
    if told is None:
        return None
    return ToldRateShape(source=told.source, rate=format_amount(told.rate), at=format_instant(told.at))


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else format_amount(amount)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)
