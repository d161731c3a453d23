"""What an account held at any instant, and what was known of it on any day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from nightdesk.kernel.assets import AssetId, Wallet
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId

SETTLED_AFTER: Final = timedelta(minutes=1)
"""What is being recorded now may still become known as of a moment ago: that long nobody asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account holds of an asset in one of its wallets, by its ledger; never zero."""

    account_id: AccountId
    wallet: Wallet
    asset: AssetId
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceQuery:
    """Which balances are asked for; what is None is not asked.

    Attributes:
        at: The events up to this instant, inclusive.
        known_on: The ledger as it was known at this instant: without what was recorded later.
    """

    account_id: AccountId | None = None
    at: datetime | None = None
    known_on: datetime | None = None


def require_settled(known_on: datetime | None, now: datetime) -> datetime | None:
    """The instant itself.

    Raises:
        InvalidInput: It is not past for long enough that what was known then can't change any more.
    """
    if known_on is not None and known_on > now - SETTLED_AFTER:
        raise InvalidInput("ledger.known_on_not_past", "Ask what was known at least a minute ago.")
    return known_on
