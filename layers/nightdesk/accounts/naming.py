"""Reported balances under the identity of their assets: what a venue still calls MATIC is POL, as in the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from nightdesk.accounts.model import ReportedBalance
from nightdesk.kernel.assets import AssetId, VenueId, Wallet
from nightdesk.kernel.money import add
from nightdesk.markets.assets import identify


def identified_balances(
    venue: VenueId, balances: Iterable[ReportedBalance], at: datetime
) -> tuple[ReportedBalance, ...]:
    """The balances by wallet and asset; what a venue has under two codes of one asset is added up."""
    found: dict[tuple[Wallet, AssetId], ReportedBalance] = {}
    for told in balances:
        balance = replace(told, asset=identify(venue, told.asset, at))
        place = balance.wallet, balance.asset
        if (known := found.get(place)) is not None:
            balance = replace(balance, free=add(known.free, balance.free), locked=add(known.locked, balance.locked))
        found[place] = balance
    return tuple(found.values())
