"""Holdings, and what they are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.money import Money
from nightdesk.lots.average_cost import Amounts, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """An asset in an account, folded from the ledger.

    Attributes:
        position: Its quantity is always the sum of the asset's legs; the rest is as of the last fold.
        folded_at: `occurred_at` of the last entry folded in; None before the first.
        folded_sequence: Its sequence; 0 before the first.
        stale: An older event arrived since: cost and realised PnL wait for a fold from the start.
    """

    account_id: AccountId
    asset: AssetId
    position: Position
    folded_at: datetime | None
    folded_sequence: int
    stale: bool


@dataclass(frozen=True, slots=True)
class Brought:
    """What a deposit from another own account brings along.

    Attributes:
        proven: So much of it has a known cost.
        cost: What that part cost, in the currencies paid.
    """

    proven: Decimal
    cost: Amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a venue says an account holds of an asset, free and locked together."""

    account_id: AccountId
    asset: AssetId
    quantity: Decimal
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenContract:
    """What a contract would bring, or cost, were it closed; the ledger holds nothing of that.

    Attributes:
        unrealised_pnl: In `settle`, as the venue says.
    """

    account_id: AccountId
    contract: str
    side: str
    settle: AssetId
    unrealised_pnl: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioAccount:
    """An account that counts for the portfolio."""

    account_id: AccountId
    venue: VenueId
    label: str
    state: str
    refreshed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Everything of a tenant that a valuation reads, of one moment."""

    base_asset: AssetId
    accounts: tuple[PortfolioAccount, ...]
    holdings: tuple[Holding, ...]
    reported: tuple[Reported, ...]
    contracts: tuple[OpenContract, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuedHolding:
    """A holding beside what the venue reports, in the base asset where a price is known.

    Attributes:
        difference: Reported by the venue less what the ledger says.
        average_cost: Of one unit of the proven part, in the currencies paid.
        average_cost_value: The same at present rates, like every value here; None when a rate is not known.
        unrealised_pnl_value: Of the proven part; None when it can't be known, or the holding is stale.
        priced_at: When the oldest price behind `price` was made; None for the base asset itself.
    """

    account_id: AccountId
    asset: AssetId
    quantity: Decimal
    reported_quantity: Decimal | None
    reported_at: datetime | None
    difference: Decimal | None
    unproven: Decimal
    average_cost: tuple[Money, ...]
    average_cost_value: Decimal | None
    realised_pnl: tuple[Money, ...]
    realised_pnl_value: Decimal | None
    unrealised_pnl_value: Decimal | None
    price: Decimal | None
    priced_at: datetime | None
    value: Decimal | None
    folded_at: datetime | None
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuedAsset:
    """An asset over all accounts, in the base asset.

    Attributes:
        average_cost: Of one unit of the proven part.
        share_ratio: Of the portfolio's value, 0 to 1; None without a value.
    """

    asset: AssetId
    quantity: Decimal
    unproven: Decimal
    value: Decimal | None
    price: Decimal | None
    priced_at: datetime | None
    average_cost: Decimal | None
    realised_pnl: Decimal | None
    unrealised_pnl: Decimal | None
    share_ratio: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuedAccount:
    """An account and what its holdings with a price and open contracts are worth; None when none has a price."""

    account_id: AccountId
    label: str
    venue: VenueId
    state: str
    value: Decimal | None
    refreshed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The whole.

    Attributes:
        complete: False when something held has no price.
        priced_at: When the oldest of the prices used was made.
    """

    value: Decimal
    complete: bool
    priced_at: datetime | None


class Standing(StrEnum):
    """What can be said of a price."""

    AGREED = "agreed"
    """Several venues stand behind it."""
    ONE_SOURCE = "one_source"
    """One venue's price somewhere on the way, which no other confirms: not proven."""
    DISPUTED = "disputed"
    """One of two that contradict each other: not proven."""
    STALE = "stale"
    """Much older than the newest price of what is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceVerdict:
    """How well a price is confirmed.

    Attributes:
        sources: How many venues' fresh prices stand behind it; on a way over two markets, behind the weaker.
        low: The least that it can be in the base asset: of two that contradict each other the lower, of what nobody
            confirms nothing. The price itself where it is proven.
        high: The most, likewise.
    """

    standing: Standing
    sources: int
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """What a tenant holds, valued at the last known prices.

    Attributes:
        portfolio_id: The tenant's one portfolio has the tenant's id.
        assets: By value, the largest first, those without one last.
        holdings: By account, then asset.
        unpriced: Assets held that have no price: they are in no value.
        rates: Base asset per unit of each display asset that has a price.
        verdicts: How well the prices are confirmed, where somebody looked; the base asset needs no price.
    """

    portfolio_id: TenantId
    base_asset: AssetId
    as_of: datetime
    total: Total
    accounts: tuple[ValuedAccount, ...]
    assets: tuple[ValuedAsset, ...]
    holdings: tuple[ValuedHolding, ...]
    unpriced: tuple[AssetId, ...]
    rates: Mapping[AssetId, Decimal]
    verdicts: Mapping[AssetId, PriceVerdict] = field(default_factory=dict)
