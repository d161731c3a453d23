from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from nightdesk.markets.orders import VenueOrderState
from nightdesk.orders.bookkeeping import OrderBook, adopted
from nightdesk.orders.model import OrderState
from tests.unit.orders.rig import REF, Rig, venue_order


def book(rig: Rig) -> OrderBook:
    return OrderBook(rig.store, rig.units.outbox)


def test_what_is_told_twice_changes_once(rig: Rig) -> None:
    order = rig.rest()
    told = venue_order(order, VenueOrderState.PARTIALLY_FILLED, "0.05")
    (changed,) = book(rig).hear(REF, [told, told], rig.clock.now(), "stream")
    assert (changed.filled, rig.events) == (Decimal("0.05"), ["order.placed.v1", "order.partially_filled.v1"])


def test_order_of_another_is_adopted_with_its_own_quantity(rig: Rig) -> None:
    order = replace(rig.rest(), client_order_id="web-1", venue_order_id="77")
    rig.store.orders.clear()
    opened = venue_order(order, VenueOrderState.OPEN)
    (first,) = book(rig).hear(REF, [opened], rig.clock.now(), "stream")
    assert first.adopted
    more = venue_order(order, VenueOrderState.PARTIALLY_FILLED, "0.05", quantity=Decimal("0.3"))
    (changed,) = book(rig).hear(REF, [more], rig.clock.now(), "stream")
    assert (changed.quantity, changed.filled) == (Decimal("0.3"), Decimal("0.05"))


def test_what_was_over_when_it_was_first_heard_of_is_history(rig: Rig) -> None:
    order = replace(rig.rest(), client_order_id="web-1", venue_order_id="77")
    rig.store.orders.clear()
    assert book(rig).hear(REF, [venue_order(order, VenueOrderState.CANCELLED)], rig.clock.now(), "stream") == ()
    (filled,) = book(rig).hear(REF, [venue_order(order, VenueOrderState.FILLED, "0.1")], rig.clock.now(), "stream")
    assert filled.state is OrderState.FILLED


def test_adopting_what_another_adopted_at_the_same_time(rig: Rig) -> None:
    order = replace(rig.rest(), client_order_id="web-1", venue_order_id="77")
    rig.store.orders.clear()
    rig.store.rivals.append(adopted(REF, venue_order(order, VenueOrderState.OPEN), rig.clock.now()))
    assert book(rig).hear(REF, [venue_order(order, VenueOrderState.OPEN)], rig.clock.now(), "stream") == ()


def test_no_change_is_not_kept(rig: Rig) -> None:
    order = rig.rest()
    steps = len(rig.store.told[order.order_id])
    assert book(rig).change(order, order, "desk") is order
    assert len(rig.store.told[order.order_id]) == steps
