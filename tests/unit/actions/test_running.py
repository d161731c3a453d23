from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from nightdesk.alerts.model import Severity
from nightdesk.execution.liquidation import Left
from nightdesk.execution.scope import Scope
from nightdesk.kernel.errors import Conflict, NightdeskError, OutcomeUnknown, Unavailable
from nightdesk.markets.orders import OrderType, Side
from nightdesk.orders.halting import HaltWish
from nightdesk.orders.model import Order, OrderState
from nightdesk.rules.action_performing import TRY_FOR, Means, Performer
from nightdesk.rules.action_planning import SALES_ROUNDS_MAX
from nightdesk.rules.action_ports import FiringId
from nightdesk.rules.action_runs import FiringRuns, IntentState, RunState
from nightdesk.rules.actions import (
    Action,
    BotPart,
    CallWebhook,
    CancelOrders,
    FailurePolicy,
    HaltTrading,
    Notify,
    PanicSell,
    PlaceOrder,
    Reduce,
    ReduceBotBuyAmount,
    Sell,
    Size,
    SizeUnit,
    SwitchBot,
)
from tests.builders.action_world import BTC, ETH, FIRING, TENANT, USDT, World, due_of
from tests.builders.liquidation import MAIN, OTHER, instrument

BUY = PlaceOrder(
    account_id=MAIN, instrument=instrument("BTC/USDT"), side=Side.BUY, size=Size(SizeUnit.QUOTE, Decimal(50))
)
REFUSED = Conflict("orders.market_closed", "The market is closed.")
AWAY = Unavailable("venue.unavailable", "The venue does not answer.")


@pytest.fixture
def world() -> World:
    return World()


def states(firing: FiringRuns) -> list[str]:
    return [run.state.value for run in firing.runs]


def resting(world: World, symbol: str, side: Side = Side.SELL, quantity: str = "1") -> Order:
    """An order of the user's own that rests in the book."""
    world.run(replace(BUY, instrument=instrument(symbol), side=side, type=OrderType.LIMIT, limit_price=Decimal(999)))
    world.runs.firings.clear()
    world.runs.alerts.clear()
    order = next(iter(world.trading.orders.values()))
    world.trading.orders.clear()
    return replace(order, quantity=Decimal(quantity))


def keep(world: World, order: Order) -> Order:
    world.trading.orders[order.order_id] = order
    world.trading.placed.clear()
    return order


def test_a_panic_sell_sells_all_of_every_account_and_lists_the_dust(world: World) -> None:
    firing = world.run(PanicSell())
    assert states(firing) == ["done"]
    assert world.trading.sold() == {"BTC": Decimal(3), "ETH": Decimal(3)}
    assert [(each.asset, each.quantity, each.why) for each in firing.runs[0].residue] == [
        (ETH, Decimal("0.0005"), Left.DUST)
    ]
    alert = world.runs.alerts[f"firing:{FIRING}:0:done"]
    assert alert.severity is Severity.INFO
    assert "Sold 2 BTC for 200 USDT" in alert.text
    assert "Left: 0.0005 ETH (dust)" in alert.text


def test_orders_that_lock_balances_are_cancelled_first(world: World) -> None:
    order = keep(world, resting(world, "BTC/USDT"))
    firing = world.run(PanicSell())
    assert world.trading.orders[order.order_id].state is OrderState.CANCELLED
    assert world.trading.sold() == {"BTC": Decimal(3), "ETH": Decimal(3)}
    assert [intent.round for intent in firing.intents] == [1, 2, 2, 2]


def test_only_the_scope_is_touched(world: World) -> None:
    order = keep(world, resting(world, "ETH/USDT"))
    world.run(PanicSell(scope=Scope(asset=BTC)))
    assert world.trading.orders[order.order_id].state is OrderState.OPEN
    assert world.trading.sold() == {"BTC": Decimal(3), "ETH": Decimal(0)}


def test_with_nothing_to_sell_it_is_done(world: World) -> None:
    world.trading.held = {(MAIN, USDT): Decimal(5)}
    firing = world.run(PanicSell())
    assert (states(firing), firing.runs[0].code) == (["done"], "actions.nothing_to_do")


def test_selling_by_ratio_and_amount(world: World) -> None:
    world.run(
        Sell(asset=BTC, size=Size(SizeUnit.RATIO, Decimal("0.5")), account_id=MAIN),
        Sell(asset=BTC, size=Size(SizeUnit.BASE, Decimal(1))),
        Reduce(ratio=Decimal("0.5"), scope=Scope(asset=ETH)),
    )
    assert world.trading.sold() == {"BTC": Decimal(2), "ETH": Decimal("1.5")}


def test_two_rules_that_sell_the_same_position_sell_it_once(world: World) -> None:
    world.begin(PanicSell())
    second = FiringId(UUID(int=51))
    world.runs.begin(due_of(Sell(asset=BTC), firing_id=second), world.clock.now())
    fired_between = iter([second])

    def other_rule(name: str) -> None:
        if name == "submit" and (firing := next(fired_between, None)) is not None:
            world.runner().run(TENANT, firing)
            world.trading.before = other_rule

    world.runner(other_rule).run(TENANT, FIRING)
    assert world.trading.sold() == {"BTC": Decimal(3), "ETH": Decimal(3)}
    assert states(world.runs.firings[FIRING]) == states(world.runs.firings[second]) == ["done"]
    codes = {intent.code for intent in world.runs.firings[FIRING].intents}
    assert codes == {None, "orders.nothing_to_reduce"}


def test_a_frozen_book_is_tried_three_times_and_then_has_failed(world: World) -> None:
    world.trading.taken_ratio = Decimal(0)
    firing = world.run(PanicSell(scope=Scope(asset=ETH)))
    assert (states(firing), firing.runs[0].code) == (["failed"], "actions.not_all_sold")
    assert [intent.code for intent in firing.intents] == ["orders.expired"] * 3
    assert world.runs.alerts[f"firing:{FIRING}:0:failed"].severity is Severity.WARNING


def test_a_thin_book_is_sold_into_until_only_dust_is_left(world: World) -> None:
    world.trading.taken_ratio = Decimal("0.5")
    firing = world.run(PanicSell(scope=Scope(account_id=OTHER)))
    assert [intent.filled for intent in firing.intents][:3] == [Decimal("0.5"), Decimal("0.25"), Decimal("0.125")]
    assert states(firing) == ["done"]
    (left,) = firing.runs[0].residue
    assert (left.why, left.quantity + world.trading.sold()["BTC"]) == (Left.DUST, Decimal(1))


def test_a_book_that_takes_next_to_nothing_is_given_up(world: World) -> None:
    world.trading.taken_ratio = Decimal("0.01")
    firing = world.run(PanicSell(scope=Scope(account_id=OTHER)))
    assert (states(firing), firing.runs[0].code) == (["failed"], "actions.not_all_sold")
    assert len(firing.intents) == SALES_ROUNDS_MAX


def test_what_failed_at_first_is_sold_in_the_next_round(world: World) -> None:
    world.trading.elsewhere = [resting(world, "BTC/USDT")]
    world.trading.troubles = [REFUSED]
    firing = world.run(PanicSell())
    assert states(firing) == ["done"]
    assert world.trading.elsewhere == []
    assert world.trading.sold() == {"BTC": Decimal(3), "ETH": Decimal(3)}


@pytest.mark.parametrize(
    ("policy", "then", "severity"),
    [
        (FailurePolicy.STOP, "skipped", Severity.WARNING),
        (FailurePolicy.CONTINUE, "done", Severity.WARNING),
        (FailurePolicy.ESCALATE, "done", Severity.CRITICAL),
    ],
)
def test_a_failed_step_is_followed_by_what_the_policy_says(
    world: World, policy: FailurePolicy, then: str, severity: Severity
) -> None:
    world.trading.troubles = [REFUSED]
    firing = world.run(BUY, Notify(), policy=policy)
    assert states(firing) == ["failed", then]
    assert firing.runs[0].code == "orders.market_closed"
    assert world.runs.alerts[f"firing:{FIRING}:0:failed"].severity is severity
    assert (f"firing:{FIRING}:1" in world.runs.alerts) is (then == "done")


def test_the_kill_switch_stops_the_rest_that_trades_and_people_are_told(world: World) -> None:
    submissions = []

    def halted_by_a_person(name: str) -> None:
        submissions.append(name)
        if submissions.count("submit") == 2 and not world.trading.halts:
            world.trading.halts.append(HaltWish(reason="", engaged_by="user", correlation_id=due_of().correlation_id))

    world.begin(PanicSell(), BUY, Notify(text="$rule_set, step ${step}"), policy=FailurePolicy.CONTINUE)
    world.runner(halted_by_a_person).run(TENANT, FIRING)
    firing = world.runs.firings[FIRING]
    assert states(firing) == ["halted", "halted", "done"]
    assert [intent.state for intent in firing.of(0)] == [IntentState.DONE, IntentState.HALTED, IntentState.HALTED]
    assert len(world.trading.placed) == 1
    assert world.runs.alerts[f"firing:{FIRING}:0:halted"].severity is Severity.CRITICAL
    assert world.runs.alerts[f"firing:{FIRING}:2"].text == "Crash guard, step 3"


def test_a_halt_of_its_own_lets_a_panic_sell_pass_if_it_says_so(world: World) -> None:
    assert states(world.run(HaltTrading(allow_reducing=True), PanicSell(), BUY)) == ["done", "done", "halted"]
    assert states(World().run(HaltTrading(), PanicSell())) == ["done", "halted"]


def test_while_the_exchange_is_down_it_is_tried_again_and_told_once(world: World) -> None:
    world.trading.troubles = [AWAY] * 100
    world.begin(PanicSell(scope=Scope(account_id=OTHER)), Notify())
    for _ in range(2):
        with pytest.raises(Unavailable) as waiting:
            world.runner().run(TENANT, FIRING)
        assert waiting.value.code == "actions.waiting"
    assert list(world.runs.alerts) == [f"firing:{FIRING}:0:delayed"]
    world.trading.troubles = []
    assert states(world.again()) == ["done", "done"]
    assert world.trading.sold() == {"BTC": Decimal(1)}


def test_an_exchange_that_stays_down_fails_the_step(world: World) -> None:
    world.begin(BUY)
    world.trading.troubles = [AWAY] * 100
    with pytest.raises(Unavailable):
        world.runner().run(TENANT, FIRING)
    world.clock.advance(TRY_FOR.total_seconds())
    firing = world.again()
    assert (states(firing), firing.runs[0].code) == (["failed"], "venue.unavailable")
    assert world.trading.orders == {}


def test_a_step_that_can_not_be_planned_waits_and_then_fails(world: World) -> None:
    world.begin(Notify(), BUY)
    world.trading.away = AWAY
    with pytest.raises(Unavailable) as waiting:
        world.runner().run(TENANT, FIRING)
    assert waiting.value.code == "venue.unavailable"
    assert f"firing:{FIRING}:1:delayed" in world.runs.alerts
    world.clock.advance(TRY_FOR.total_seconds())
    assert states(world.again()) == ["done", "failed"]


def test_an_unknown_outcome_waits_and_is_never_sent_again(world: World) -> None:
    world.trading.lost = 3
    firing = world.run(PanicSell(scope=Scope(account_id=OTHER)))
    assert states(firing) == ["done"]
    assert len(world.trading.placed) == 1


def test_an_outcome_that_stays_unknown_fails_the_step_and_is_withdrawn(world: World) -> None:
    world.begin(BUY)
    world.trading.lost = 10_000
    with pytest.raises(Unavailable):
        world.runner().run(TENANT, FIRING)
    world.clock.advance(TRY_FOR.total_seconds())
    firing = world.again()
    assert (states(firing), firing.runs[0].code) == (["failed"], "orders.outcome_unknown")
    assert len(world.trading.placed) == 1


def test_a_limit_order_is_done_when_it_rests_in_the_book(world: World) -> None:
    limit = replace(BUY, type=OrderType.LIMIT, limit_offset_ratio=Decimal("-0.01"))
    assert states(world.run(limit)) == ["done"]
    (order,) = world.trading.orders.values()
    assert (order.price, order.state) == (Decimal(99), OrderState.OPEN)


@pytest.mark.parametrize(
    ("action", "quantity"),
    [
        (BUY, Decimal("0.5")),
        (replace(BUY, size=Size(SizeUnit.BASE, Decimal("0.3"))), Decimal("0.3")),
        (replace(BUY, size=Size(SizeUnit.RATIO, Decimal(1))), Decimal("0.08955")),
        (
            replace(BUY, size=Size(SizeUnit.RATIO, Decimal(1)), type=OrderType.LIMIT, limit_price=Decimal(90)),
            Decimal("0.1"),
        ),
        (replace(BUY, side=Side.SELL, size=Size(SizeUnit.RATIO, Decimal("0.25")), reduce_only=True), Decimal("0.5")),
    ],
)
def test_orders_are_as_large_as_they_say(world: World, action: PlaceOrder, quantity: Decimal) -> None:
    world.run(action)
    (order,) = world.trading.orders.values()
    assert order.quantity == quantity


def test_an_order_without_a_price_fails(world: World) -> None:
    firing = world.run(replace(BUY, instrument=instrument("RARE/USDT")))
    assert (states(firing), firing.runs[0].code) == (["failed"], "actions.price_unknown")


def test_cancelling_takes_what_was_placed_elsewhere_too(world: World) -> None:
    order = resting(world, "BTC/USDT", Side.BUY)
    world.trading.elsewhere = [order]
    firing = world.run(CancelOrders(side=Side.SELL))
    assert (states(firing), firing.runs[0].code) == (["done"], "actions.nothing_to_do")
    world.runs.firings.clear()
    assert states(world.run(CancelOrders(scope=Scope(account_id=MAIN)))) == ["done"]
    assert world.trading.orders[order.order_id].state is OrderState.CANCELLED


def test_webhooks_and_bots_are_called(world: World) -> None:
    world.trading.webhook_troubles = [OutcomeUnknown("outbound.no_answer", "No answer.")]
    actions: list[Action] = [
        CallWebhook(url="https://hooks.example/x"),
        ReduceBotBuyAmount(bot_id="b1", ratio=Decimal("0.5")),
        SwitchBot(bot_id="b1", part=BotPart.BUYING, on=False),
    ]
    firing = world.run(*actions)
    assert states(firing) == ["done"] * 3
    assert world.trading.called == [firing.intents[0].key, "1 b1 less 0.5", "1 b1 buying False"]


def test_a_webhook_that_nobody_answers_does_not_hold_up_the_rest_for_long(world: World) -> None:
    world.trading.webhook_troubles = [AWAY] * 100
    world.begin(CallWebhook(url="https://hooks.example/x"), PanicSell(), policy=FailurePolicy.CONTINUE)
    begun = world.clock.now()
    while not world.runs.firings[FIRING].finished_at:
        try:
            world.runner().run(TENANT, FIRING)
        except NightdeskError:
            world.clock.advance(1)
    assert states(world.runs.firings[FIRING]) == ["failed", "done"]
    assert (world.clock.now() - begun).total_seconds() < 30


def test_a_finished_firing_and_an_unknown_one_do_nothing(world: World) -> None:
    firing = world.run(PanicSell())
    placed = list(world.trading.placed)
    assert world.again().runs == firing.runs
    world.runner().run(TENANT, FiringId(UUID(int=99)))
    assert world.trading.placed == placed


def test_a_zombie_writes_nothing_once_another_took_over(world: World) -> None:
    world.begin(PanicSell())
    took: list[str] = []

    def taken_over(name: str) -> None:
        if name == "sellable" and not took:
            took.append(name)
            world.runner().run(TENANT, FIRING)

    with pytest.raises(Conflict) as refused:
        world.runner(taken_over).run(TENANT, FIRING)
    assert refused.value.code == "actions.taken_over"
    assert world.trading.sold() == {"BTC": Decimal(3), "ETH": Decimal(3)}
    assert states(world.runs.firings[FIRING]) == [RunState.DONE]


def test_only_acts_are_performed_as_acts(world: World) -> None:
    firing = world.run(Notify())
    performer = Performer(
        Means(desk=world.trading, switch=world.trading, webhooks=world.trading, bots=world.trading),
        world.clock,
        world.clock.advance,
    )
    after = performer.perform(firing.due, firing.runs[0], replace(firing.intents[0], state=IntentState.OPEN))
    assert (after.state, after.code) == (IntentState.FAILED, "actions.not_an_act")
