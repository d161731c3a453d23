"""Firings run against PostgreSQL and the paper exchange."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from nightdesk.adapters.postgres.actions import PostgresConfirmations, PostgresFirings
from nightdesk.kernel.errors import Conflict
from nightdesk.kernel.ids import TenantId, UserId
from nightdesk.markets.orders import OrderType, Side
from nightdesk.orders.halting import HaltWish
from nightdesk.orders.model import OrderState
from nightdesk.rules.action_ports import Confirmation, RuleSetId
from nightdesk.rules.action_runs import FiringRuns, RunState
from nightdesk.rules.actions import (
    BotPart,
    CallWebhook,
    CancelOrders,
    FailurePolicy,
    HaltTrading,
    Notify,
    PanicSell,
    SwitchBot,
)
from tests.builders.actions import EVERY_ACTION
from tests.builders.desk_accounts import CORRELATION
from tests.builders.desk_actions import HELD, SELL_BTC, DeskActions

pytestmark = pytest.mark.integration


def states(firing: FiringRuns) -> list[str]:
    return [run.state.value for run in firing.runs]


def test_a_panic_sell_sells_what_the_account_holds(rig: DeskActions) -> None:
    firing = rig.run(PanicSell(), Notify(text="All is sold."), CallWebhook(url="https://hooks.example/x"))
    assert states(firing) == ["done"] * 3
    assert rig.orders.at_venue() == 0
    (order,) = [intent for intent in firing.intents if intent.wanted]
    assert (order.filled, order.order_id is not None) == (HELD, True)
    assert order.filled_quote > 0
    assert rig.alert_keys() == {f"firing:{firing.due.firing_id}:0:done", f"firing:{firing.due.firing_id}:1"}
    assert rig.webhooks.called == [firing.intents[-1].key]


def test_open_orders_are_cancelled_before_and_what_they_locked_is_sold(rig: DeskActions) -> None:
    price = rig.orders.last_price() * Decimal("1.2")
    resting = rig.orders.desk().submit(rig.orders.limit(Side.SELL, "0.2", f"{price:.2f}"))
    assert resting.state is OrderState.OPEN
    firing = rig.run(PanicSell())
    assert states(firing) == ["done"]
    assert rig.orders.at_venue() == 0


def test_a_stop_that_waits_is_cancelled_before_what_it_held_back_is_sold(rig: DeskActions) -> None:
    price = rig.orders.last_price() * Decimal("0.7")
    stop = rig.orders.request(Side.SELL, "0.5", type=OrderType.STOP_LOSS, stop_price=price)
    assert rig.orders.desk().submit(stop).state is OrderState.OPEN
    firing = rig.run(PanicSell())
    assert states(firing) == ["done"]
    assert [intent.kind.value for intent in firing.intents] == ["cancel", "order"]
    assert rig.orders.at_venue() == 0


def test_a_firing_comes_back_as_it_was_kept(rig: DeskActions) -> None:
    due = rig.begin(rig.due(*EVERY_ACTION, policy=FailurePolicy.ESCALATE))
    rig.begin(replace(due, reason="another"))
    kept = rig.kept(due)
    assert kept.due == due
    assert [run.state for run in kept.runs] == [RunState.WAITING] * len(EVERY_ACTION)


def test_another_tenant_sees_nothing_of_it(rig: DeskActions) -> None:
    due = rig.begin(rig.due(PanicSell()))
    stranger = TenantId(uuid4())
    rig.runner().run(stranger, due.firing_id)
    assert states(rig.kept(due)) == ["waiting"]


def test_two_rules_that_sell_the_same_position_at_once_sell_it_once(rig: DeskActions) -> None:
    firings = [rig.begin(rig.due(SELL_BTC, rule_set=number)) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda due: rig.runner().run(due.tenant_id, due.firing_id), firings))
    kept = [rig.kept(due) for due in firings]
    assert [states(firing) for firing in kept] == [["done"]] * 4
    assert sum(intent.filled for firing in kept for intent in firing.intents) == HELD
    assert rig.orders.at_venue() == 0


def test_the_kill_switch_in_the_middle_stops_the_rest(rig: DeskActions) -> None:
    wish = HaltWish(reason="enough", engaged_by="user:1", correlation_id=CORRELATION)
    due = rig.begin(rig.due(SELL_BTC, CancelOrders(), Notify()))
    pulled: list[str] = []

    def pull(name: str) -> None:
        if name == "committed" and len(pulled) == 1:
            rig.orders.switch().engage(rig.orders.tenant_id, wish)
        pulled.append(name) if name == "committed" else None

    rig.runner(pull).run(due.tenant_id, due.firing_id)
    firing = rig.kept(due)
    assert states(firing) == ["halted", "halted", "done"]
    assert firing.runs[0].code == "orders.halted"
    assert rig.orders.at_venue() == HELD


def test_halting_by_rule_stops_trading_and_bots_say_that_there_are_none(rig: DeskActions) -> None:
    bot = SwitchBot(bot_id="b1", part=BotPart.BOT, on=False)
    firing = rig.run(bot, HaltTrading(), policy=FailurePolicy.CONTINUE)
    assert states(firing) == ["failed", "done"]
    assert firing.runs[0].code == "bots.none_connected"
    (halt,) = rig.orders.switch().active(rig.orders.tenant_id)
    assert halt.engaged_by == f"firing:{firing.due.firing_id}"


def test_firings_that_nobody_is_at_work_on_are_found(rig: DeskActions) -> None:
    due = rig.begin(rig.due(Notify()))
    later = datetime.now(UTC) + timedelta(seconds=30)
    assert due.firing_id in {ref.firing_id for ref in rig.silent().silent(later, 10_000)}
    assert due.firing_id not in {ref.firing_id for ref in rig.silent().silent(later - timedelta(minutes=5), 10_000)}
    rig.runner().run(due.tenant_id, due.firing_id)
    assert due.firing_id not in {ref.firing_id for ref in rig.silent().silent(later, 10_000)}


def test_who_was_overtaken_writes_nothing_more(rig: DeskActions) -> None:
    due = rig.begin(rig.due(SELL_BTC))
    overtook: list[str] = []

    def overtake(name: str) -> None:
        if name == "committed" and not overtook:
            overtook.append(name)
            rig.runner().run(due.tenant_id, due.firing_id)

    with pytest.raises(Conflict) as refused:
        rig.runner(overtake).run(due.tenant_id, due.firing_id)
    assert refused.value.code == "actions.taken_over"
    assert states(rig.kept(due)) == ["done"]
    assert rig.orders.at_venue() == 0


def test_a_consent_is_taken_once_and_by_its_own_tenant(rig: DeskActions) -> None:
    now = datetime.now(UTC)
    consent = Confirmation(
        tenant_id=rig.orders.tenant_id,
        token_hash=b"\1" * 32,
        rule_set_id=RuleSetId(UUID(int=1)),
        rule_set_version=2,
        actions_hash="ab",
        user_id=UserId(UUID(int=3)),
        issued_at=now,
        expires_at=now + timedelta(minutes=5),
    )
    app = rig.orders.accounts.app
    with app.transaction(tenant_id=rig.orders.tenant_id) as connection:
        PostgresConfirmations(connection).add(consent)
    stranger = TenantId(uuid4())
    with app.transaction(tenant_id=stranger) as connection:
        assert PostgresConfirmations(connection).take(stranger, consent.token_hash, now) is None
    with app.transaction(tenant_id=rig.orders.tenant_id) as connection:
        store = PostgresConfirmations(connection)
        assert store.take(rig.orders.tenant_id, consent.token_hash, now) == consent
        assert store.take(rig.orders.tenant_id, consent.token_hash, now) is None


def test_firings_are_shown_to_their_own_tenant(rig: DeskActions) -> None:
    firing = rig.run(Notify())
    reads = PostgresFirings(rig.orders.accounts.app)
    tenant_id, stranger = rig.orders.tenant_id, TenantId(uuid4())
    assert reads.get(tenant_id, firing.due.firing_id) == firing
    assert [each.due.firing_id for each in reads.page(tenant_id, firing.due.rule_set_id, 5)] == [firing.due.firing_id]
    assert reads.page(stranger, None, 5) == ()
    assert reads.evidence(tenant_id, firing.due.firing_id) == {}  # it was begun without rules
