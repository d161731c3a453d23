"""Which part of a portfolio something is about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId


class ScopeKind(StrEnum):
    """How much of a portfolio a scope takes in."""

    PORTFOLIO = "portfolio"
    ACCOUNT = "account"
    POSITION = "position"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A whole portfolio, one account of it, or one asset.

    Attributes:
        account_id: Only this account; None for all of the portfolio.
        asset: Only this asset, a position; None for all.
    """

    account_id: AccountId | None = None
    asset: AssetId | None = None

    @property
    def kind(self) -> ScopeKind:
        """How much it takes in."""
        if self.asset is not None:
            return ScopeKind.POSITION
        return ScopeKind.PORTFOLIO if self.account_id is None else ScopeKind.ACCOUNT

    def covers_account(self, account_id: AccountId) -> bool:
        """Whether something of the account may be within it."""
        return self.account_id in {None, account_id}

    def covers(self, account_id: AccountId, asset: AssetId) -> bool:
        """Whether the account's balance of the asset is within it."""
        return self.covers_account(account_id) and self.asset in {None, asset}


WHOLE_PORTFOLIO = Scope()
