"""What is held, valued at the last known prices, each figure with its age."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from nightdesk.contracts.api.common import AmountShape, DecimalText, InstantText, Shape

PriceStanding = Literal["agreed", "one_source", "disputed", "stale"]


class TotalShape(Shape):
    """The value of everything.

    Attributes:
        complete: False when something held has no price.
        priced_at: When the oldest of the prices used was made.
    """

    value: DecimalText
    complete: bool
    priced_at: InstantText | None


class AccountValueShape(Shape):
    """The value of one account."""

    account_id: UUID
    label: str
    venue: str
    state: str
    value: DecimalText | None
    refreshed_at: InstantText | None


class AssetValueShape(Shape):
    """One asset over all accounts; figures in the base asset, null when not known.

    Attributes:
        price_verdict: How well the price is confirmed; null without a price and of the base asset.
        price_sources: How many venues' fresh prices stand behind it.
    """

    asset: str
    quantity: DecimalText
    unproven: DecimalText
    value: DecimalText | None
    price: DecimalText | None
    priced_at: InstantText | None
    price_verdict: PriceStanding | None = None
    price_sources: int | None = None
    average_cost: DecimalText | None
    realised_pnl: DecimalText | None
    unrealised_pnl: DecimalText | None
    share_ratio: DecimalText | None


class HoldingShape(Shape):
    """One asset in one account.

    Attributes:
        difference: Reported by the venue less what the ledger says.
        unproven: The part whose cost is not known.
        price_verdict: How well the price is confirmed; null without a price and of the base asset.
        price_sources: How many venues' fresh prices stand behind it.
        stale: An older event arrived since it was folded.
    """

    account_id: UUID
    asset: str
    quantity: DecimalText
    reported_quantity: DecimalText | None
    reported_at: InstantText | None
    difference: DecimalText | None
    unproven: DecimalText
    average_cost: list[AmountShape]
    average_cost_value: DecimalText | None
    realised_pnl: list[AmountShape]
    realised_pnl_value: DecimalText | None
    unrealised_pnl_value: DecimalText | None
    price: DecimalText | None
    priced_at: InstantText | None
    price_verdict: PriceStanding | None = None
    price_sources: int | None = None
    value: DecimalText | None
    folded_at: InstantText | None
    stale: bool


class PortfolioShape(Shape):
    """The portfolio of a tenant.

    Attributes:
        unpriced: Assets held that have no price: they are in no value.
        rates: Base asset per unit of each display asset that has a price.
    """

    portfolio_id: UUID
    base_asset: str
    as_of: InstantText
    total: TotalShape
    accounts: list[AccountValueShape]
    assets: list[AssetValueShape]
    holdings: list[HoldingShape]
    unpriced: list[str]
    rates: dict[str, DecimalText]
