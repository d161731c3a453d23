"""What people see of comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nightdesk.accounts.reconciling import Check
from nightdesk.kernel.assets import AssetId, Wallet
from nightdesk.kernel.ids import AccountId, TenantId

CheckPlace = tuple[AccountId, AssetId, Wallet]
"""Where a balance stands in the order of reading."""


@dataclass(frozen=True, slots=True)
class ViewedCheck:
    """A balance of an account, compared."""

    account_id: AccountId
    check: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFilter:
    """Which balances are asked for; what is None is not asked."""

    account_id: AccountId | None = None
    asset: AssetId | None = None
    differing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPage:
    """Balances by account, asset and wallet.

    Attributes:
        total: Of all that are compared, whatever page this is.
        differing: Of those, how many differ.
    """

    rows: Sequence[ViewedCheck]
    total: int
    differing: int


class ReconciliationReads(Protocol):
    """Reads comparisons of accounts that are connected."""

    def page(self, tenant_id: TenantId, wanted: CheckFilter, after: CheckPlace | None, limit: int) -> CheckPage:
        """At most so many balances after the place; those that hold and held nothing are left out."""
        ...
