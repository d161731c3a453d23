from __future__ import annotations

import random
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.kernel.errors import Conflict, Unavailable
from nightdesk.markets.orders import VenueOrderState
from nightdesk.orders import life
from nightdesk.orders.model import Order, OrderState
from tests.fakes.clock import NOON
from tests.unit.orders.rig import Rig, venue_order

TELLINGS = [
    (VenueOrderState.OPEN, "0"),
    (VenueOrderState.PARTIALLY_FILLED, "0.04"),
    (VenueOrderState.PARTIALLY_FILLED, "0.07"),
    (VenueOrderState.FILLED, "0.1"),
]


def sent() -> Order:
    rig = Rig()
    rig.venue.refusal = Unavailable("venue.unavailable", "Away.", retry_after_s=1)
    order = rig.desk.submit(rig.limit())
    assert order.state is OrderState.INTENDED
    return life.sent(order, NOON)


@given(seed=st.integers(0, 10_000), times=st.integers(1, 3))
def test_tellings_in_any_order_and_number_come_to_the_same_end(seed: int, times: int) -> None:
    order = sent()
    tellings = [*TELLINGS * times]
    random.Random(seed).shuffle(tellings)
    for state, filled in tellings:
        before, order = order, life.told(order, venue_order(order, state, filled), NOON)
        assert order.filled >= before.filled
    assert (order.state, order.filled, order.filled_quote) == (OrderState.FILLED, Decimal("0.1"), Decimal(5000))


def test_nothing_new_changes_nothing() -> None:
    order = life.told(sent(), venue_order(sent(), VenueOrderState.OPEN), NOON)
    assert life.told(order, venue_order(order, VenueOrderState.OPEN), NOON) is order


def test_why_an_order_ended_is_told() -> None:
    order = sent()
    expired = life.told(order, venue_order(order, VenueOrderState.EXPIRED, "0.01"), NOON)
    assert (expired.state, expired.code, expired.filled) == (OrderState.CANCELLED, "orders.expired", Decimal("0.01"))
    refused = life.told(order, venue_order(order, VenueOrderState.REJECTED), NOON)
    assert (refused.state, refused.code) == (OrderState.REJECTED, "orders.venue_refused")


def test_what_was_taken_for_lost_is_what_the_venue_says() -> None:
    order = life.rejected(sent(), "orders.never_arrived", "Lost.", NOON)
    found = life.told(order, venue_order(order, VenueOrderState.FILLED, "0.1"), NOON)
    assert (found.state, found.code) == (OrderState.FILLED, None)


def test_what_is_further_on_is_neither_unknown_nor_rejected_any_more() -> None:
    order = life.told(sent(), venue_order(sent(), VenueOrderState.OPEN), NOON)
    assert life.unknown(order, NOON) is order
    assert life.rejected(order, "x", "x", NOON) is order


def test_unsent_order_waits_only_while_there_is_time() -> None:
    order = sent()
    soon = Unavailable("venue.unavailable", "Away.", retry_after_s=5)
    late = Unavailable("venue.unavailable", "Away.", retry_after_s=15)
    assert life.unsent(order, soon, NOON).state is OrderState.INTENDED
    assert life.unsent(order, late, NOON).state is OrderState.REJECTED
    assert life.unsent(order, Unavailable("x", "x"), NOON).state is OrderState.INTENDED
    assert life.unsent(order, Conflict("x", "x"), NOON).state is OrderState.REJECTED


def test_events_tell_what_others_may_act_on() -> None:
    order = sent()
    assert life.event_of(OrderState.INTENDED, order, Decimal(0)) is None
    assert life.event_of(OrderState.SENT, order, Decimal(0)) is None
    opened = life.told(order, venue_order(order, VenueOrderState.FILLED, "0.1"), NOON)
    event = life.event_of(OrderState.SENT, opened, Decimal(0))
    assert event is not None
    assert (event.name, event.payload["average_price"]) == ("order.filled.v1", "50000")
    more = life.told(order, venue_order(order, VenueOrderState.PARTIALLY_FILLED, "0.05"), NOON)
    assert life.event_of(OrderState.PARTIALLY_FILLED, more, Decimal("0.01")) is not None


def test_wish_to_cancel_keeps_its_first_moment() -> None:
    order = life.cancel_wanted(sent(), NOON)
    assert life.cancel_wanted(order, NOON.replace(hour=13)) is order


def test_figures_of_an_order() -> None:
    order = sent()
    assert (order.remaining, order.residue) == (Decimal("0.1"), Decimal(0))
    assert order.average_price is None
    filled = life.told(order, venue_order(order, VenueOrderState.FILLED, "0.1"), NOON)
    assert filled.remaining == 0
    assert filled.average_price == Decimal(50_000)
    told = venue_order(order, VenueOrderState.PARTIALLY_FILLED, "0.04")
    assert told.remaining == Decimal("0.06")
    assert told.average_price == Decimal(50_000)
    assert venue_order(order, VenueOrderState.OPEN).average_price is None
