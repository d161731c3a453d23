from __future__ import annotations

from datetime import timedelta

from nightdesk.kernel.errors import OutcomeUnknown, Unavailable
from nightdesk.markets.orders import VenueOrderState
from nightdesk.orders.model import OrderState
from nightdesk.orders.sweeping import Swept
from tests.unit.orders.rig import CORRELATION, REF, TENANT, Rig

LOST = OutcomeUnknown("orders.outcome_unknown", "No answer.")
AWAY = Unavailable("venue.unavailable", "Away.", retry_after_s=1)


def test_intent_that_nobody_sent_is_sent_while_there_is_time(rig: Rig) -> None:
    rig.venue.refusal = AWAY
    waiting = rig.desk.submit(rig.request(send_within=timedelta(minutes=10)))
    rig.venue.refusal = None
    assert rig.sweeper.sweep() == Swept(settled=0, waiting=0)
    rig.clock.advance(60)
    assert rig.sweeper.sweep() == Swept(settled=1, waiting=0)
    assert rig.desk.get(TENANT, waiting.order_id).state is OrderState.FILLED


def test_intent_that_waits_on_is_counted(rig: Rig) -> None:
    rig.venue.refusal = AWAY
    rig.desk.submit(rig.request(send_within=timedelta(minutes=10)))
    rig.clock.advance(60)
    assert rig.sweeper.sweep() == Swept(settled=0, waiting=1)


def test_intent_is_given_up_after_its_time(rig: Rig) -> None:
    rig.venue.refusal = AWAY
    waiting = rig.desk.submit(rig.request())
    rig.venue.refusal = None
    rig.clock.advance(60)
    rig.sweeper.sweep()
    assert rig.desk.get(TENANT, waiting.order_id).code == "venue.unavailable"
    assert rig.desk.expire(waiting).state is OrderState.REJECTED
    order = rig.rest()
    assert rig.desk.expire(order) == order


def test_unknown_outcome_is_looked_up_until_it_is_known(rig: Rig) -> None:
    rig.venue.lost, rig.venue.silent = LOST, AWAY
    order = rig.desk.submit(rig.request())
    assert order.state is OrderState.UNKNOWN
    rig.clock.advance(60)
    assert rig.sweeper.sweep() == Swept(settled=0, waiting=1)
    rig.venue.silent = None
    assert rig.sweeper.sweep() == Swept(settled=1, waiting=0)
    assert rig.desk.get(TENANT, order.order_id).state is OrderState.FILLED
    assert [step.source for step in rig.desk.steps(TENANT, order.order_id)][-1] == "sweeper"


def test_cancellation_that_was_not_done_is_done(rig: Rig) -> None:
    order = rig.rest()
    rig.venue.silent = AWAY
    rig.desk.cancel(TENANT, order.order_id, actor="user:1")
    rig.clock.advance(60)
    assert rig.sweeper.sweep() == Swept(settled=0, waiting=1)
    rig.venue.silent = None
    assert rig.sweeper.sweep() == Swept(settled=1, waiting=0)
    assert rig.desk.get(TENANT, order.order_id).state is OrderState.CANCELLED


def test_one_order_that_fails_does_not_hold_up_the_others(rig: Rig) -> None:
    rig.venue.refusal = AWAY
    for _ in range(2):
        rig.desk.submit(rig.request())
    rig.clock.advance(60)
    rig.units.errors.append(AWAY)
    assert rig.sweeper.sweep() == Swept(settled=1, waiting=1)


def test_halt_that_cancels_is_enforced_after_a_crash_and_spares_what_came_after(rig: Rig) -> None:
    before = rig.rest()
    assert rig.sweeper.enforce_halts() == 0
    rig.clock.advance(1)
    rig.platform.engage(reason="drill", cancel_orders=True)
    rig.clock.advance(1)
    rig.units.halts.halts, halts = [], rig.units.halts.halts
    after = rig.rest()
    rig.units.halts.halts = halts
    assert rig.sweeper.enforce_halts() == 1
    assert rig.desk.get(TENANT, before.order_id).state is OrderState.CANCELLED
    assert rig.desk.get(TENANT, after.order_id).state is OrderState.OPEN


def test_adopting_looks_up_what_ended_unheard(rig: Rig) -> None:
    order, other = rig.rest(), rig.rest()
    rig.venue.become(rig.venue.orders[order.client_order_id], VenueOrderState.FILLED, "0.1")
    rig.venue.become(rig.venue.orders[other.client_order_id], VenueOrderState.PARTIALLY_FILLED, "0.05")
    assert rig.sweeper.adopt_all(CORRELATION) == 1
    assert rig.desk.get(TENANT, order.order_id).state is OrderState.FILLED
    assert rig.desk.get(TENANT, other.order_id).state is OrderState.PARTIALLY_FILLED


def test_account_that_can_not_be_asked_is_left_for_the_next_time(rig: Rig) -> None:
    rig.rest()
    rig.venue.silent = AWAY
    assert rig.sweeper.adopt_all(CORRELATION) == 0


def test_account_that_is_gone_is_left_out(rig: Rig) -> None:
    rig.units.accounts.accounts.pop((TENANT, REF.account_id))
    assert rig.sweeper.adopt_all(CORRELATION) == 0
