from __future__ import annotations

from uuid import UUID

import pytest

from nightdesk.kernel.errors import NightdeskError, Unavailable
from nightdesk.markets.orders import Side
from nightdesk.orders.halting import CONFIRM_RELEASE
from nightdesk.orders.model import OrderState
from tests.unit.orders.rig import CORRELATION, TENANT, Rig

AWAY = Unavailable("venue.unavailable", "Away.", retry_after_s=1)


def refusal(rig: Rig, **request: object) -> str:
    with pytest.raises(NightdeskError) as refused:
        rig.desk.submit(rig.request(**request))  # type: ignore[arg-type]
    return refused.value.code


def release(rig: Rig, halt_id: UUID, word: str = CONFIRM_RELEASE) -> None:
    rig.switch.release(TENANT, halt_id, actor="user:1", confirmation=word, correlation_id=CORRELATION)


def test_halt_stops_buys_sells_and_panic_sells(rig: Rig) -> None:
    halted = rig.switch.engage(TENANT, rig.halt())
    assert refusal(rig) == "orders.halted"
    assert refusal(rig, side=Side.SELL) == "orders.halted"
    assert refusal(rig, side=Side.SELL, reduce_only=True, under_halt=True) == "orders.halted"
    release(rig, halted.halt.halt_id)
    assert rig.desk.submit(rig.request()).state is OrderState.FILLED
    assert rig.events[:2] == ["trading.halted.v1", "trading.resumed.v1"]
    assert [line.action for line in rig.limits.audit(TENANT)] == ["trading.resumed", "trading.halted"]


def test_reduction_passes_a_halt_only_if_both_sides_say_so(rig: Rig) -> None:
    rig.switch.engage(TENANT, rig.halt(allow_reducing=True))
    assert refusal(rig, side=Side.SELL, reduce_only=True) == "orders.halted"
    assert refusal(rig, side=Side.SELL, under_halt=True) == "orders.halted"
    assert rig.desk.submit(rig.request(Side.SELL, reduce_only=True, under_halt=True)).state is OrderState.FILLED


def test_second_halt_is_stricter_and_never_looser(rig: Rig) -> None:
    first = rig.switch.engage(TENANT, rig.halt(allow_reducing=True)).halt
    rig.switch.engage(TENANT, rig.halt(cancel_orders=True))
    (halt,) = rig.switch.active(TENANT)
    assert (halt.halt_id, halt.allow_reducing, halt.cancel_orders) == (first.halt_id, False, True)
    rig.switch.engage(TENANT, rig.halt(allow_reducing=True))
    assert rig.switch.active(TENANT) == (halt,)
    assert rig.switch.history(TENANT) == (halt,)


def test_open_orders_are_cancelled_if_wished(rig: Rig) -> None:
    order = rig.rest()
    assert rig.switch.engage(TENANT, rig.halt()).cancelled.cancelled == ()
    assert rig.desk.get(TENANT, order.order_id).state is OrderState.OPEN
    assert len(rig.switch.engage(TENANT, rig.halt(cancel_orders=True)).cancelled.cancelled) == 1


def test_halt_between_intent_and_sending_stops_the_order(rig: Rig) -> None:
    rig.venue.refusal = AWAY
    waiting = rig.desk.submit(rig.request())
    rig.venue.refusal = None
    rig.switch.engage(TENANT, rig.halt())
    stopped = rig.desk.send(waiting)
    assert (stopped.state, stopped.code) == (OrderState.REJECTED, "orders.halted")
    assert len(rig.venue.placed) == 1


def test_release_needs_the_word_and_the_halt(rig: Rig) -> None:
    halt = rig.switch.engage(TENANT, rig.halt()).halt
    for halt_id, word, code in (
        (halt.halt_id, "yes", "orders.halt_not_confirmed"),
        (UUID(int=9), CONFIRM_RELEASE, "orders.halt_not_found"),
    ):
        with pytest.raises(NightdeskError) as refused:
            release(rig, halt_id, word)
        assert refused.value.code == code
    release(rig, halt.halt_id)
    with pytest.raises(NightdeskError):
        release(rig, halt.halt_id)


def test_platform_is_halted_for_everybody_and_resumed_by_its_operator_only(rig: Rig) -> None:
    assert rig.platform.engage(reason="drill")
    assert not rig.platform.engage(reason="drill")
    assert refusal(rig) == "orders.halted"
    (halt,) = rig.switch.active(TENANT)
    with pytest.raises(NightdeskError):
        release(rig, halt.halt_id)
    assert rig.platform.release()
    assert not rig.platform.release()
    rig.desk.submit(rig.request())
