"""The errors of orders, by code; each message is one sentence for a person."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    RateLimited,
)
from nightdesk.kernel.money import format_amount
from nightdesk.markets.orders import OrderType

HALTED: Final = "orders.halted"
NEVER_ARRIVED: Final = "orders.never_arrived"
INTENT_EXPIRED: Final = "orders.intent_expired"
OUTCOME_UNKNOWN: Final = "orders.outcome_unknown"
EXPIRED: Final = "orders.expired"
VENUE_REFUSED: Final = "orders.venue_refused"
CANCELLED_UNSENT: Final = "orders.cancelled_before_sending"
NOT_AT_VENUE: Final = "orders.not_at_venue"
VENUE_READ_ONLY: Final = "orders.venue_read_only"

LIMIT_CODES: Final = frozenset(
    {
        "orders.limit_notional",
        "orders.limit_exposure",
        "orders.limit_asset_exposure",
        "orders.limit_rate",
        "orders.limit_reduce_only",
    }
)


def halted(where: str) -> Conflict:
    """The kill switch is engaged."""
    return Conflict(HALTED, f"Trading is halted for {where}. Release the halt first.")


def not_found() -> NotFound:
    """No such order for this tenant."""
    return NotFound("orders.not_found", "There is no such order.")


def halt_not_found() -> NotFound:
    """No such halt that is engaged."""
    return NotFound("orders.halt_not_found", "There is no such halt, or it was released.")


def halt_not_confirmed(word: str) -> InvalidInput:
    """Releasing needs the word."""
    return InvalidInput("orders.halt_not_confirmed", f"To let trading go on, confirm with the word {word}.")


def account_inactive(state: str) -> Conflict:
    """The account can't be used now."""
    return Conflict("orders.account_inactive", f"The account is {state}. Connect a working key first.")


def key_may_not_trade() -> Forbidden:
    """The key of the account has no right to trade."""
    return Forbidden("orders.key_may_not_trade", "The account's key may not trade. Connect one that may.")


def market_unknown(instrument: Instrument) -> NotFound:
    """The venue has no such market."""
    return NotFound("orders.market_unknown", f"There is no market {instrument}.")


def market_closed(instrument: Instrument) -> Conflict:
    """The venue takes no orders there now."""
    return Conflict("orders.market_closed", f"{instrument} takes no orders now.")


def other_venue(instrument: Instrument) -> InvalidInput:
    """The account is at another venue than the market."""
    return InvalidInput("orders.other_venue", f"The account can't trade {instrument}: it is at another venue.")


def venue_read_only() -> Conflict:
    """The desk reads accounts there and does not trade on them."""
    return Conflict(VENUE_READ_ONLY, "The desk reads accounts at this venue and sends it no orders.")


def type_refused(kind: OrderType, instrument: Instrument) -> InvalidInput:
    """The market has no orders of this type."""
    return InvalidInput("orders.type_refused", f"{instrument} takes no {kind.value.replace('_', ' ')} orders.")


def price_missing(what: str) -> InvalidInput:
    """The type needs a price."""
    return InvalidInput("orders.price_missing", f"An order of this type names a positive {what}.")


def price_unwanted(what: str) -> InvalidInput:
    """The type has no such price."""
    return InvalidInput("orders.price_unwanted", f"An order of this type names no {what}.")


def quantity_malformed() -> InvalidInput:
    """Not a positive quantity."""
    return InvalidInput("orders.quantity_malformed", "A quantity is more than zero.")


def quantity_too_small(least: Decimal, asset: AssetId) -> InvalidInput:
    """Less than the market takes."""
    message = f"The market takes {format_amount(least)} {asset} or more."
    return InvalidInput("orders.quantity_too_small", message)


def quantity_too_large(most: Decimal, asset: AssetId) -> InvalidInput:
    """More than the market takes."""
    message = f"The market takes {format_amount(most)} {asset} or less at a time."
    return InvalidInput("orders.quantity_too_large", message)


def notional_too_small(notional: Decimal, least: Decimal, asset: AssetId) -> InvalidInput:
    """Worth less than the market takes."""
    message = f"The order is worth {format_amount(notional)} {asset}; the market takes {format_amount(least)} or more."
    return InvalidInput("orders.notional_too_small", message)


def not_a_reduction() -> InvalidInput:
    """Only sells reduce."""
    return InvalidInput("orders.not_a_reduction", "An order that only reduces is a sell.")


def nothing_to_reduce(asset: AssetId) -> Conflict:
    """All of it is sold or being sold already."""
    return Conflict("orders.nothing_to_reduce", f"The account holds no {asset} that is not being sold already.")


def price_unknown(asset: str) -> Conflict:
    """A limit can't be judged."""
    return Conflict("orders.price_unknown", f"No price of {asset} is known, so the limits can't be checked.")


def over_limit(code: str, what: str, amount: Decimal, most: Decimal, asset: AssetId) -> Conflict:
    """A pre-trade limit says no."""
    message = f"{what} would be {format_amount(amount)} {asset}; the limit is {format_amount(most)} {asset}."
    return Conflict(f"orders.limit_{code}", message)


def only_reducing() -> Conflict:
    """The limits let only reductions through."""
    return Conflict("orders.limit_reduce_only", "Only orders that reduce are allowed now.")


def too_many(most: int, retry_after_s: float) -> RateLimited:
    """Too many orders within a minute."""
    message = f"At most {most} orders a minute are allowed."
    return RateLimited("orders.limit_rate", message, retry_after_s=retry_after_s)


def limit_malformed(what: str) -> InvalidInput:
    """A limit that can't be meant."""
    return InvalidInput("orders.limit_malformed", f"{what} is zero or more.")


def outcome_unknown() -> OutcomeUnknown:
    """Sent, no answer."""
    return OutcomeUnknown(OUTCOME_UNKNOWN, "The venue did not answer; the order is looked up until it is known.")


def not_at_venue() -> NotFound:
    """The venue knows no such order."""
    return NotFound(NOT_AT_VENUE, "The venue knows no such order.")
