"""Balances and markets to liquidate, for tests."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from nightdesk.execution.liquidation import Aim, HeldAsset, Market
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.ids import AccountId
from nightdesk.markets.orders import MarketRules

VENUE = VenueId("binance")
MAIN, OTHER = AccountId(UUID(int=1)), AccountId(UUID(int=2))
USDT = AssetId("USDT")
INTO_USDT = Aim(base_asset=USDT)


def held(asset: str, quantity: str, account_id: AccountId = MAIN) -> HeldAsset:
    """A balance."""
    return HeldAsset(account_id=account_id, venue=VENUE, asset=AssetId(asset), quantity=Decimal(quantity))


def instrument(symbol: str) -> Instrument:
    """A market's name."""
    base, quote = symbol.split("/")
    return Instrument(VENUE, AssetId(base), AssetId(quote))


def market(symbol: str, last: str = "100", **rules: Any) -> Market:
    """A market with ordinary rules unless told."""
    ordinary = {"tick": Decimal("0.01"), "lot": Decimal("0.001"), "notional_min": Decimal(5)}
    return Market(MarketRules(instrument=instrument(symbol), **(ordinary | rules)), Decimal(last))


def markets(*several: Market) -> dict[Instrument, Market]:
    """Markets by name."""
    return {each.rules.instrument: each for each in several}
