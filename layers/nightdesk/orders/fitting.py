"""An order made to fit its market: rounded down to lots and ticks, checked against the least and the most."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Final

from nightdesk.kernel.money import DIGITS, EXACT, ZERO, multiply
from nightdesk.markets.orders import MarketRules, OrderType, Side
from nightdesk.orders import errors

_DIGITS_ENOUGH: Final = 4 * DIGITS
"""For how many steps an amount is: by a context of fewer digits a step down could go up."""

_MARKET_TYPES: Final = frozenset({OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of an order has to fit."""

    side: Side
    type: OrderType
    quantity: Decimal
    price: Decimal | None = None
    stop_price: Decimal | None = None


def require_whole(wanted: Wanted, rules: MarketRules) -> None:
    """Pass if the order names what its type needs, and nothing else, at a market that takes it.

    Raises:
        InvalidInput: `orders.type_refused`, `orders.price_missing`, `orders.price_unwanted`,
            `orders.quantity_malformed`.
        Conflict: `orders.market_closed`.
    """
    if not rules.is_open:
        raise errors.market_closed(rules.instrument)
    if wanted.type not in rules.types:
        raise errors.type_refused(wanted.type, rules.instrument)
    if wanted.quantity <= ZERO:
        raise errors.quantity_malformed()
    _require_price(wanted.price, "limit price", needed=wanted.type.has_price)
    _require_price(wanted.stop_price, "stop price", needed=wanted.type.has_stop_price)


def fit(wanted: Wanted, rules: MarketRules) -> Wanted:
    """The order with its quantity rounded down to the lot and its prices to the tick.

    Prices are rounded so that the order is never worse than it was wanted: a buy's down, a sell's up.
    """
    market = wanted.type in _MARKET_TYPES
    lot = (rules.market_lot if market else None) or rules.lot
    rounding = ROUND_FLOOR if wanted.side is Side.BUY else ROUND_CEILING
    return Wanted(
        side=wanted.side,
        type=wanted.type,
        quantity=to_step(wanted.quantity, lot, ROUND_FLOOR),
        price=None if wanted.price is None else _to_market(wanted.price, rules, rounding),
        stop_price=None if wanted.stop_price is None else _to_market(wanted.stop_price, rules, rounding),
    )


def require_size(fitted: Wanted, rules: MarketRules, reference_price: Decimal | None) -> None:
    """Pass if the market takes so much.

    Args:
        fitted: Rounded already.
        rules: The market's.
        reference_price: The limit price, or the last one; None leaves the notional to the venue.

    Raises:
        InvalidInput: `orders.quantity_too_small`, `orders.quantity_too_large`, `orders.notional_too_small`.
    """
    least = max(rules.quantity_min, rules.lot)
    if fitted.quantity < least:
        raise errors.quantity_too_small(least, rules.instrument.base)
    most = rules.market_quantity_max if fitted.type in _MARKET_TYPES else None
    most = rules.quantity_max if most is None else most
    if most is not None and fitted.quantity > most:
        raise errors.quantity_too_large(most, rules.instrument.base)
    if reference_price is not None:
        notional = multiply(fitted.quantity, reference_price)
        if notional < rules.notional_min:
            raise errors.notional_too_small(notional, rules.notional_min, rules.instrument.quote)


def to_step(amount: Decimal, step: Decimal, rounding: str) -> Decimal:
    """The nearest whole number of steps in the direction of the rounding; a step of zero rounds nothing."""
    if not step:
        return amount
    steps = Context(prec=_DIGITS_ENOUGH, rounding=rounding).divide(amount, step).to_integral_value(rounding)
    return EXACT.multiply(steps, step)


def to_digits(amount: Decimal, digits: int, rounding: str) -> Decimal:
    """The nearest amount of so many significant digits in the direction of the rounding."""
    return to_step(amount, Decimal(1).scaleb(amount.adjusted() - digits + 1), rounding)


def _to_market(price: Decimal, rules: MarketRules, rounding: str) -> Decimal:
    """The price on a tick, with no more digits than the market takes."""
    rounded = to_step(price, rules.tick, rounding)
    return rounded if rules.price_digits is None else to_digits(rounded, rules.price_digits, rounding)


def _require_price(price: Decimal | None, what: str, *, needed: bool) -> None:
    if needed and (price is None or price <= ZERO):
        raise errors.price_missing(what)
    if not needed and price is not None:
        raise errors.price_unwanted(what)
