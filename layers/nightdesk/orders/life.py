"""What becomes of an order when something is told of it: pure, and the same whoever tells, however often and late."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from nightdesk.accounts.model import Event
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.money import format_amount
from nightdesk.markets.orders import VenueOrder, VenueOrderState
from nightdesk.orders import errors
from nightdesk.orders.model import Order, OrderState

_STATES: Final = {
    VenueOrderState.OPEN: OrderState.OPEN,
    VenueOrderState.PARTIALLY_FILLED: OrderState.PARTIALLY_FILLED,
    VenueOrderState.FILLED: OrderState.FILLED,
    VenueOrderState.CANCELLED: OrderState.CANCELLED,
    VenueOrderState.EXPIRED: OrderState.CANCELLED,
    VenueOrderState.REJECTED: OrderState.REJECTED,
}
_RANKS: Final = {
    OrderState.INTENDED: 0,
    OrderState.SENT: 1,
    OrderState.UNKNOWN: 1,
    OrderState.REJECTED: 2,
    OrderState.OPEN: 3,
    OrderState.PARTIALLY_FILLED: 4,
    OrderState.CANCELLED: 5,
    OrderState.FILLED: 6,
}
"""A telling that comes late never takes an order back: what is further in its life stays. One that we took for refused
and that the venue has all the same is what the venue says."""

_EVENTS: Final = {
    OrderState.OPEN: "order.placed.v1",
    OrderState.PARTIALLY_FILLED: "order.partially_filled.v1",
    OrderState.FILLED: "order.filled.v1",
    OrderState.CANCELLED: "order.cancelled.v1",
    OrderState.REJECTED: "order.rejected.v1",
    OrderState.UNKNOWN: "order.unknown.v1",
}


def sent(order: Order, now: datetime) -> Order:
    """The order, about to be handed to the gateway."""
    return replace(order, state=OrderState.SENT, code=None, message=None, sent_at=now, updated_at=now)


def unsent(order: Order, error: NightdeskError, now: datetime) -> Order:
    """The order, certainly not sent: it waits if there is time for another try, else it is over."""
    waits = error.retryable and now.timestamp() + (error.retry_after_s or 0) < order.send_before.timestamp()
    state = OrderState.INTENDED if waits else OrderState.REJECTED
    return replace(order, state=state, code=error.code, message=error.message, updated_at=now)


def unknown(order: Order, now: datetime) -> Order:
    """The order, its answer lost; one that has been heard of meanwhile stays as it is."""
    if _RANKS[order.state] > _RANKS[OrderState.UNKNOWN]:
        return order
    error = errors.outcome_unknown()
    return replace(order, state=OrderState.UNKNOWN, code=error.code, message=error.message, updated_at=now)


def rejected(order: Order, code: str, message: str, now: datetime) -> Order:
    """The order, refused; one that is further on stays as it is."""
    if _RANKS[order.state] > _RANKS[OrderState.UNKNOWN]:
        return order
    return replace(order, state=OrderState.REJECTED, code=code, message=message, updated_at=now)


def cancelled_unsent(order: Order, now: datetime) -> Order:
    """The order, given up before anybody saw it."""
    return replace(
        order,
        state=OrderState.CANCELLED,
        code=errors.CANCELLED_UNSENT,
        message="Cancelled before it was sent.",
        cancel_wanted_at=now,
        updated_at=now,
    )


def cancel_wanted(order: Order, now: datetime) -> Order:
    """The order, which somebody wants cancelled since then."""
    return order if order.cancel_wanted_at else replace(order, cancel_wanted_at=now)


def looked(order: Order, now: datetime) -> Order:
    """The order, looked for at the venue in vain."""
    return replace(order, looked_at=now)


def told(order: Order, venue: VenueOrder, now: datetime) -> Order:
    """The order after a venue told of it; the order itself if that is nothing new."""
    state, filled = _STATES[venue.state], max(order.filled, venue.filled)
    if _RANKS[state] < _RANKS[order.state]:
        state = order.state
    grew = venue.filled > order.filled
    code, message = _why(order, venue, state)
    after = replace(
        order,
        venue_order_id=venue.venue_order_id or order.venue_order_id,
        quantity=_quantity(order, venue),
        state=state,
        code=code,
        message=message,
        filled=filled,
        filled_quote=venue.filled_quote if grew else order.filled_quote,
        filled_at=now if grew else order.filled_at,
    )
    return order if after == order else replace(after, updated_at=now)


def event_of(before: OrderState | None, order: Order, filled_before: Decimal) -> Event | None:
    """What the bus is told of a change; nothing of steps that only we see."""
    if order.state is before and order.filled == filled_before:
        return None
    name = _EVENTS.get(order.state)
    return None if name is None else Event(name=name, payload=payload_of(order))


def payload_of(order: Order) -> dict[str, str | int | None]:
    """An order in an event."""
    average = order.average_price
    return {
        "order_id": str(order.order_id),
        "account_id": str(order.account_id),
        "client_order_id": order.client_order_id,
        "instrument": str(order.instrument),
        "side": order.side.value,
        "type": order.type.value,
        "state": order.state.value,
        "quantity": format_amount(order.quantity),
        "filled": format_amount(order.filled),
        "average_price": None if average is None else format_amount(average),
        "reason": order.reason,
        "code": order.code,
    }


def _quantity(order: Order, venue: VenueOrder) -> Decimal:
    """Only the venue knows how much an order placed elsewhere is for."""
    return venue.quantity if order.adopted and venue.quantity else order.quantity


def _why(order: Order, venue: VenueOrder, state: OrderState) -> tuple[str | None, str | None]:
    if state is not _STATES[venue.state] or state is order.state:
        return order.code, order.message
    match venue.state:
        case VenueOrderState.EXPIRED:
            return errors.EXPIRED, "The venue ended the order: nothing more could be filled at its terms."
        case VenueOrderState.REJECTED:
            return errors.VENUE_REFUSED, "The venue refused the order."
        case _:
            return None, None
