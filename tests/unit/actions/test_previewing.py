from dataclasses import replace
from decimal import Decimal

import pytest

from nightdesk.execution.scope import Scope
from nightdesk.kernel.errors import Unavailable
from nightdesk.markets.orders import OrderType, Side
from nightdesk.rules.action_previewing import ActionPreview, ActionPreviewer
from nightdesk.rules.action_reading import ActionReads
from nightdesk.rules.actions import (
    Action,
    CancelOrders,
    HaltTrading,
    Notify,
    PanicSell,
    PlaceOrder,
    Reduce,
    Size,
    SizeUnit,
)
from tests.builders.action_world import BTC, TENANT, World, due_of
from tests.builders.liquidation import MAIN, instrument

BUY = PlaceOrder(
    account_id=MAIN, instrument=instrument("BTC/USDT"), side=Side.BUY, size=Size(SizeUnit.QUOTE, Decimal(50))
)


@pytest.fixture
def world() -> World:
    return World()


def shown(world: World, *actions: Action) -> tuple[ActionPreview, ...]:
    reads = ActionReads(books=world.trading, desk=world.trading)
    return ActionPreviewer(reads).preview(TENANT, due_of().correlation_id, actions)


def test_a_panic_sell_is_shown_with_amounts_and_does_nothing(world: World) -> None:
    world.run(replace(BUY, type=OrderType.LIMIT, limit_price=Decimal(90)))
    placed = list(world.trading.placed)
    (preview,) = shown(world, PanicSell())
    assert preview.dangerous
    assert [order.intent_key for order in preview.cancels] == placed
    assert [(sale.instrument.symbol, sale.brings) for sale in preview.sells.sales] == [
        ("BTC/USDT", Decimal(200)),
        ("ETH/USDT", Decimal(30)),
        ("BTC/USDT", Decimal(100)),
    ]
    assert [residue.quantity for residue in preview.sells.residue] == [Decimal("0.0005")]
    assert world.trading.placed == placed


def test_every_kind_says_what_it_would_do(world: World) -> None:
    reduce, order, cancel, notify = shown(
        world, Reduce(ratio=Decimal("0.5"), scope=Scope(asset=BTC)), BUY, CancelOrders(), Notify()
    )
    assert [sale.quantity for sale in reduce.sells.sales] == [Decimal(1), Decimal("0.5")]
    assert order.order is not None
    assert order.order.quantity == Decimal("0.5")
    assert cancel.cancels == ()
    assert (notify.dangerous, notify.code) == (False, None)


def test_a_halt_keeps_what_comes_after_it_from_acting(world: World) -> None:
    assert [each.code for each in shown(world, HaltTrading(), PanicSell(), Notify())] == [None, "orders.halted", None]
    after = shown(world, HaltTrading(allow_reducing=True), PanicSell(), BUY)
    assert [each.code for each in after] == [None, None, "orders.halted"]


def test_what_can_not_be_told_now_says_why(world: World) -> None:
    world.trading.away = Unavailable("venue.unavailable", "The venue does not answer.")
    assert [each.code for each in shown(world, PanicSell())] == ["venue.unavailable"]
