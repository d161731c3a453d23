"""What portfolios need from outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.ports import LedgerStore
from nightdesk.portfolio.model import Books, Brought, Holding


class HoldingStore(Protocol):
    """Keeps the projection of the ledger, in the same transaction as the ledger's store."""

    def get(self, tenant_id: TenantId, account_id: AccountId, assets: Collection[AssetId]) -> Mapping[AssetId, Holding]:
        """The account's holdings of these assets, as far as there are any."""
        ...

    def put(self, tenant_id: TenantId, holdings: Sequence[Holding], updated_at: datetime) -> None:
        """Keep the holdings in the place of what was there."""
        ...

    def stale(self, tenant_id: TenantId, account_id: AccountId) -> frozenset[AssetId]:
        """Assets of the account that must be folded again."""
        ...

    def assets(self, tenant_id: TenantId, account_id: AccountId) -> frozenset[AssetId]:
        """Every asset that the account's ledger names."""
        ...

    def brought(
        self, tenant_id: TenantId, account_id: AccountId, assets: Collection[AssetId]
    ) -> Mapping[tuple[AssetId, str], Brought]:
        """By asset and identity, deposits of the account that brought their cost along from another own account."""
        ...

    def put_brought(
        self, tenant_id: TenantId, account_id: AccountId, asset: AssetId, brought: Mapping[str, Brought]
    ) -> None:
        """Keep, by identity, what deposits of an asset bring along, in the place of what was there."""
        ...


class BookStore(Protocol):
    """Reads what a valuation needs."""

    def books(self, tenant_id: TenantId) -> Books:
        """The tenant's accounts that are not disconnected, with their holdings and reported balances."""
        ...

    def unsettled(self, tenant_id: TenantId) -> tuple[AccountId, ...]:
        """Accounts with stale holdings that no open import is going to fold."""
        ...


@dataclass(frozen=True, slots=True)
class PortfolioUnit:
    """Stores that share one transaction."""

    ledger: LedgerStore
    holdings: HoldingStore
    books: BookStore


class PortfolioUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[PortfolioUnit]:
        """Stores in one transaction, committed when the block ends."""
        ...
