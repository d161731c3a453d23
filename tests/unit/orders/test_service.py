from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from nightdesk.accounts.model import AccountState
from nightdesk.kernel.errors import Conflict, NightdeskError, OutcomeUnknown, RateLimited, Unavailable
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.markets.orders import Side, VenueOrderState
from nightdesk.orders.errors import market_closed, venue_read_only
from nightdesk.orders.model import Order, OrderId, OrderScope, OrderState, client_order_id_of, order_id_of
from nightdesk.orders.remembering import RulesRemembered
from tests.fakes.orders import BTC_USDT
from tests.unit.orders.rig import CORRELATION, REF, TENANT, TRADING, Rig, venue_order

LOST = OutcomeUnknown("orders.outcome_unknown", "No answer.")
AWAY = Unavailable("venue.unavailable", "Away.", retry_after_s=1)


def code_of(rig: Rig, **request: object) -> str:
    with pytest.raises(NightdeskError) as refused:
        rig.desk.submit(rig.request(**request))  # type: ignore[arg-type]
    assert rig.store.orders == {}
    return refused.value.code


def test_ids_follow_from_the_intent() -> None:
    order_id = order_id_of(TENANT, "x")
    assert order_id == order_id_of(TENANT, "x") != order_id_of(TenantId(UUID(int=9)), "x")
    assert client_order_id_of(order_id) == f"nd-{order_id.hex}"
    assert len(client_order_id_of(order_id)) <= 36


def test_intent_is_kept_before_it_is_sent(rig: Rig) -> None:
    seen: list[Order] = []
    rig.venue.before = lambda: seen.extend(rig.store.orders.values())
    order = rig.desk.submit(rig.request())
    assert [each.state for each in seen] == [OrderState.SENT]
    assert (seen[0].client_order_id, order.state) == (rig.venue.placed[0].client_order_id, OrderState.FILLED)
    assert rig.events == ["order.filled.v1"]
    assert rig.trading.news.told == [order]


def test_same_key_is_the_same_order_whatever_else_is_said(rig: Rig) -> None:
    request = rig.request()
    first = rig.desk.submit(request)
    assert rig.desk.submit(replace(request, quantity=Decimal(7))) == first
    assert len(rig.venue.placed) == 1


def test_two_at_once_keep_one(rig: Rig) -> None:
    request = rig.request()
    other = Rig()
    other.venue.refusal = AWAY
    rig.store.rivals.append(other.desk.submit(request))
    rig.desk.submit(request)
    assert len(rig.store.orders) == len(rig.venue.placed) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": AccountState.DISCONNECTED}, "accounts.not_found"),
        ({"state": AccountState.FAILING}, "orders.account_inactive"),
        ({"venue": "kraken"}, "orders.other_venue"),
        ({"permissions": None}, "orders.key_may_not_trade"),
        ({"permissions": replace(TRADING, may_trade=False)}, "orders.key_may_not_trade"),
    ],
)
def test_accounts_that_can_not_trade(rig: Rig, change: dict[str, object], code: str) -> None:
    rig.account(REF.account_id, **change)
    assert code_of(rig) == code


def test_no_account(rig: Rig) -> None:
    assert code_of(rig, account_id=AccountId(UUID(int=77))) == "accounts.not_found"


def test_certain_refusal_is_told_with_its_code(rig: Rig) -> None:
    rig.venue.refusal = Conflict("orders.insufficient_balance", "Not enough.")
    order = rig.desk.submit(rig.request())
    assert (order.state, order.code) == (OrderState.REJECTED, "orders.insufficient_balance")


def test_venue_that_is_away_leaves_the_intent_until_its_time_is_over(rig: Rig) -> None:
    request = rig.request(send_within=timedelta(minutes=5))
    rig.venue.refusal = RateLimited("venue.rate_limited", "Wait.", retry_after_s=60)
    waiting = rig.desk.submit(request)
    assert (waiting.state, waiting.code) == (OrderState.INTENDED, "venue.rate_limited")
    rig.venue.refusal = None
    assert rig.desk.submit(request).state is OrderState.FILLED


def test_intent_is_not_sent_after_its_time(rig: Rig) -> None:
    request = rig.request()
    rig.venue.refusal = AWAY
    rig.desk.submit(request)
    rig.venue.refusal = None
    rig.clock.advance(11)
    late = rig.desk.submit(request)
    assert (late.state, late.code) == (OrderState.REJECTED, "venue.unavailable")
    assert len(rig.venue.placed) == 1


def test_lost_answer_is_looked_up_at_once_and_never_sent_again(rig: Rig) -> None:
    rig.venue.lost = LOST
    order = rig.desk.submit(rig.request())
    assert order.state is OrderState.FILLED
    assert len(rig.venue.placed) == 1


def test_unheard_order_is_unknown_until_it_is_proven_absent(rig: Rig) -> None:
    request = rig.request()
    rig.venue.refusal = LOST
    order = rig.desk.submit(request)
    assert (order.state, order.code) == (OrderState.UNKNOWN, "orders.outcome_unknown")
    rig.clock.advance(119)
    assert rig.desk.submit(request).state is OrderState.UNKNOWN
    rig.clock.advance(2)
    gone = rig.desk.look_up(TENANT, order.order_id)
    assert (gone.state, gone.code) == (OrderState.REJECTED, "orders.never_arrived")
    assert len(rig.venue.placed) == 1
    assert rig.events == ["order.unknown.v1", "order.rejected.v1"]


def test_venue_that_can_not_be_asked_leaves_an_order_as_it_is(rig: Rig) -> None:
    rig.venue.refusal, rig.venue.silent = LOST, AWAY
    order = rig.desk.submit(rig.request())
    rig.clock.advance(1000)
    assert rig.desk.look_up(TENANT, order.order_id) == order


def test_open_order_that_the_venue_does_not_find_stays_open(rig: Rig) -> None:
    order = rig.rest()
    rig.venue.orders.clear()
    rig.clock.advance(1000)
    assert rig.desk.look_up(TENANT, order.order_id).state is OrderState.OPEN


def test_stream_that_tells_before_the_answer_comes_is_not_undone(rig: Rig) -> None:
    def stream() -> None:
        (order,) = rig.store.orders.values()
        rig.desk.tell(order, venue_order(order, VenueOrderState.FILLED, "0.1"), "stream")

    rig.venue.before, rig.venue.refusal = stream, Conflict("orders.venue_refused", "No.")
    assert rig.desk.submit(rig.request()).state is OrderState.FILLED


def test_order_claimed_by_another_is_left_to_it(rig: Rig) -> None:
    rig.venue.refusal = AWAY
    waiting = rig.desk.submit(rig.request())
    rig.venue.refusal = None
    desk = rig.desk
    assert desk.send(waiting).state is OrderState.FILLED
    assert desk.send(waiting).state is OrderState.FILLED
    assert len(rig.venue.placed) == 2


def test_cancelling_is_done_once_and_asked_often(rig: Rig) -> None:
    order = rig.rest()
    cancelled = rig.desk.cancel(TENANT, order.order_id, actor="user:1")
    assert cancelled.state is OrderState.CANCELLED
    assert rig.desk.cancel(TENANT, order.order_id, actor="user:1") == cancelled


def test_unsent_intent_is_cancelled_here(rig: Rig) -> None:
    rig.venue.refusal = AWAY
    waiting = rig.desk.submit(rig.request())
    rig.venue.refusal = None
    assert rig.desk.cancel(TENANT, waiting.order_id, actor="user:1").code == "orders.cancelled_before_sending"
    assert rig.desk.send(waiting).state is OrderState.CANCELLED


def test_cancelling_what_the_venue_filled_tells_the_fill(rig: Rig) -> None:
    order = rig.rest()
    rig.venue.become(rig.venue.orders[order.client_order_id], VenueOrderState.FILLED, "0.1")
    assert rig.desk.cancel(TENANT, order.order_id, actor="user:1").state is OrderState.FILLED


def test_wish_to_cancel_stays_while_the_venue_is_silent(rig: Rig) -> None:
    order = rig.rest()
    rig.venue.silent = AWAY
    report = rig.desk.cancel_all(TENANT, OrderScope(), actor="user:1")
    assert (report.cancelled, list(report.failed)) == ((), [order.order_id])
    assert rig.desk.get(TENANT, order.order_id).cancel_wanted_at == rig.clock.now()


def test_cancelling_what_the_venue_does_not_have_leaves_the_wish(rig: Rig) -> None:
    order = rig.rest()
    rig.venue.orders.clear()
    assert rig.desk.cancel(TENANT, order.order_id, actor="user:1").cancel_wanted_at is not None


def test_scope_is_cancelled(rig: Rig) -> None:
    orders = [rig.rest() for _ in range(3)]
    report = rig.desk.cancel_all(TENANT, OrderScope(instrument=BTC_USDT), actor="user:1")
    assert [order.order_id for order in report.cancelled] == [order.order_id for order in orders]


def test_reduction_is_cut_to_what_is_left(rig: Rig) -> None:
    rig.desk.submit(rig.limit(Side.SELL, "1.5", price="60000"))
    order = rig.desk.submit(rig.request(Side.SELL, "2", reduce_only=True))
    assert (order.quantity, order.residue) == (Decimal("0.5"), Decimal("1.5"))


def test_two_who_sell_the_same_position_sell_it_once(rig: Rig) -> None:
    first = rig.desk.submit(rig.request(Side.SELL, "2", reduce_only=True))
    rig.store.sold = first.filled
    with pytest.raises(Conflict) as refused:
        rig.desk.submit(rig.request(Side.SELL, "2", reduce_only=True))
    assert refused.value.code == "orders.nothing_to_reduce"


def test_buying_never_reduces(rig: Rig) -> None:
    assert code_of(rig, reduce_only=True) == "orders.not_a_reduction"


def test_nothing_held_is_nothing_to_reduce(rig: Rig) -> None:
    rig.store.balances.clear()
    assert code_of(rig, side=Side.SELL, reduce_only=True) == "orders.nothing_to_reduce"


def test_pages_and_steps(rig: Rig) -> None:
    orders = [rig.rest() for _ in range(3)]
    first = rig.desk.page(TENANT, OrderScope(), limit=2)
    assert [order.order_id for order in first] == [orders[2].order_id, orders[1].order_id]
    assert rig.desk.page(TENANT, OrderScope(), before=first[-1].order_id) == (orders[0],)
    assert [step.state for step in rig.desk.steps(TENANT, orders[0].order_id)] == ["intended", "sent", "open"]
    assert rig.desk.open_orders(TENANT) == tuple(orders)


def test_what_is_not_there(rig: Rig) -> None:
    for ask in (rig.desk.get, rig.desk.steps):
        with pytest.raises(NightdeskError) as refused:
            ask(TENANT, OrderId(UUID(int=5)))
        assert refused.value.code == "orders.not_found"


def test_orders_placed_elsewhere_are_adopted_once(rig: Rig) -> None:
    order = rig.rest()
    rig.store.orders.clear()
    (adopted,) = rig.desk.adopt(REF)
    assert (adopted.adopted, adopted.state, adopted.reason) == (True, OrderState.OPEN, "venue")
    assert adopted.client_order_id == order.client_order_id
    assert rig.desk.adopt(REF) == ()
    rig.venue.become(rig.venue.orders[order.client_order_id], VenueOrderState.PARTIALLY_FILLED, "0.05")
    (changed,) = rig.desk.adopt(REF)
    assert changed.filled == Decimal("0.05")


def test_a_venue_that_is_only_read_keeps_its_orders(rig: Rig) -> None:
    rig.rest()
    rig.store.orders.clear()
    rig.venue.silent = venue_read_only()
    assert rig.desk.adopt(REF) == ()
    rig.venue.silent = market_closed(BTC_USDT)
    with pytest.raises(Conflict):
        rig.desk.adopt(REF)


def test_looking_up_what_was_never_sent_asks_nobody(rig: Rig) -> None:
    rig.venue.refusal = AWAY
    waiting = rig.desk.submit(rig.request())
    assert rig.desk.look_up(TENANT, waiting.order_id) == waiting


def test_rules_are_remembered_for_an_hour(rig: Rig) -> None:
    remembered = RulesRemembered(rig.venue, rig.clock)
    for _ in range(3):
        remembered.market_rules(BTC_USDT, CORRELATION)
    rig.clock.advance(3601)
    remembered.market_rules(BTC_USDT, CORRELATION)
    assert rig.venue.asked_rules == 2


def test_remembering_passes_everything_else_on(rig: Rig) -> None:
    order = rig.rest()
    remembered = RulesRemembered(rig.venue, rig.clock)
    assert remembered.find_order(REF, order.name) == rig.venue.orders[order.client_order_id]
    assert len(remembered.open_orders(REF)) == 1
    assert remembered.cancel_order(REF, order.name).state is VenueOrderState.CANCELLED
    assert remembered.place_order(REF, rig.venue.placed[0]).state is VenueOrderState.OPEN
