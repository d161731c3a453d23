"""Pre-trade limits: what one more order would make of the exposure, and whether that is allowed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.money import ZERO, add, multiply, subtract
from nightdesk.markets.orders import Side
from nightdesk.orders import errors
from nightdesk.orders.model import Limits, Order
from nightdesk.orders.ports import Held

CASH: Final = frozenset(
    map(
        AssetId,
        ("USDT", "USDC", "FDUSD", "TUSD", "DAI", "USDP", "PYUSD", "USD", "EUR", "GBP", "CHF", "JPY", "TRY", "BRL"),
    )
)
"""What is not counted as exposure, together with the tenant's base asset."""

MINUTE_S: Final = 60.0

Rates = Callable[[AssetId], Decimal | None]
"""The base asset per unit; None where no price is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The order that asks to pass.

    Attributes:
        price: The limit price, or the last one; None where none is known.
    """

    instrument: Instrument
    side: Side
    quantity: Decimal
    price: Decimal | None
    reduce_only: bool

    @property
    def acquired(self) -> AssetId:
        """The asset there will be more of."""
        return self.instrument.base if self.side is Side.BUY else self.instrument.quote

    @property
    def paid(self) -> AssetId:
        """The asset there will be less of."""
        return self.instrument.quote if self.side is Side.BUY else self.instrument.base


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What there is before the order.

    Attributes:
        held: Reported balances of the accounts that the limits are for.
        live: Their orders that are not over.
        submitted: How many were submitted within the last minute.
    """

    base_asset: AssetId
    rates: Rates
    held: tuple[Held, ...]
    live: tuple[Order, ...]
    submitted: int

    def is_cash(self, asset: AssetId) -> bool:
        """Whether the asset is no exposure."""
        return asset in CASH or asset == self.base_asset

    def value(self, asset: AssetId, amount: Decimal) -> Decimal | None:
        """The amount in the base asset."""
        rate = self.rates(asset)
        return None if rate is None else multiply(amount, rate)


def require_within(limits: Limits, proposed: Proposed, situation: Situation) -> None:
    """Pass if the limits allow the order.

    Orders that only reduce pass the limits on notional and exposure: they can only lessen the risk.

    Raises:
        Conflict: `orders.limit_notional`, `orders.limit_exposure`, `orders.limit_asset_exposure`,
            `orders.limit_reduce_only`, `orders.price_unknown`.
        RateLimited: `orders.limit_rate`.
    """
    most = limits.orders_per_minute_max
    if most is not None and situation.submitted >= most:
        raise errors.too_many(most, MINUTE_S)
    if proposed.reduce_only:
        return
    if limits.reduce_only:
        raise errors.only_reducing()
    if needs_prices(limits):
        _require_values(limits, proposed, situation)


def needs_prices(limits: Limits) -> bool:
    """Whether judging an order takes the prices of assets."""
    most = (limits.notional_max, limits.exposure_max, limits.asset_exposure_max)
    return bool(limits.asset_exposures) or any(each is not None for each in most)


def _require_values(limits: Limits, proposed: Proposed, situation: Situation) -> None:
    value = order_value(proposed, situation)
    if value is None:
        raise errors.price_unknown(proposed.instrument.symbol)
    if limits.notional_max is not None and value > limits.notional_max:
        raise errors.over_limit("notional", "The order", value, limits.notional_max, situation.base_asset)
    if situation.is_cash(proposed.acquired):
        return
    _require_asset(limits, proposed, situation, value)
    _require_total(limits, proposed, situation, value)


def order_value(proposed: Proposed, situation: Situation) -> Decimal | None:
    """What the order is for, in the base asset."""
    if proposed.price is None:
        return situation.value(proposed.instrument.base, proposed.quantity)
    return situation.value(proposed.instrument.quote, multiply(proposed.quantity, proposed.price))


def _require_asset(limits: Limits, proposed: Proposed, situation: Situation, value: Decimal) -> None:
    asset = proposed.acquired
    most = limits.asset_exposures.get(asset, limits.asset_exposure_max)
    if most is None:
        return
    after = add(exposure(situation, {asset}), value)
    if after > most:
        raise errors.over_limit("asset_exposure", f"The exposure to {asset}", after, most, situation.base_asset)


def _require_total(limits: Limits, proposed: Proposed, situation: Situation, value: Decimal) -> None:
    most = limits.exposure_max
    if most is None:
        return
    swapped = ZERO if situation.is_cash(proposed.paid) else value
    after = subtract(add(exposure(situation), value), swapped)
    if after > most:
        raise errors.over_limit("exposure", "The whole exposure", after, most, situation.base_asset)


def exposure(situation: Situation, assets: Iterable[AssetId] | None = None) -> Decimal:
    """The value of what is held and being bought besides cash; what has no price counts as nothing."""
    only = None if assets is None else frozenset(assets)
    amounts = [(held.asset, add(held.free, held.locked)) for held in situation.held]
    amounts += [(order.instrument.base, order.remaining) for order in situation.live if order.side is Side.BUY]
    values = (
        situation.value(asset, amount)
        for asset, amount in amounts
        if not situation.is_cash(asset) and (only is None or asset in only)
    )
    total = ZERO
    for value in values:
        total = total if value is None else add(total, value)
    return total


def reducible(held: Held | None, live: Iterable[Order], sold_unreported: Decimal) -> Decimal:
    """How much of an asset can be sold that is not being sold already; never less than nothing.

    Args:
        held: What the venue reported last.
        live: The account's orders that are not over, in any market of the asset.
        sold_unreported: What was sold since, that the report does not show.
    """
    if held is None:
        return ZERO
    left = subtract(add(held.free, held.locked), sold_unreported)
    for order in live:
        if order.side is Side.SELL and order.instrument.base == held.asset:
            left = subtract(left, order.remaining)
    return max(left, ZERO)
