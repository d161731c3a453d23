"""What is held, valued at the last known prices, each figure with its age."""

from __future__ import annotations

from uuid import UUID

from nightdesk.contracts.api.common import AmountShape, DecimalText, InstantText, Shape


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
    """One asset over all accounts; figures in the base asset, null when not known."""

    asset: str
    quantity: DecimalText
    unproven: DecimalText
    value: DecimalText | None
    price: DecimalText | None
    priced_at: InstantText | None
    average_cost: DecimalText | None
    realised_pnl: DecimalText | None
    unrealised_pnl: DecimalText | None
    share_ratio: DecimalText | None


class HoldingShape(Shape):
    """One asset in one account.

    Attributes:
        difference: Reported by the venue less what the ledger says.
        unproven: The part whose cost is not known.
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
