"""Killed at every step between decision and fill: no action is lost, none is done twice."""

from decimal import Decimal

import pytest

from nightdesk.kernel.errors import NightdeskError
from nightdesk.orders.model import OrderState
from nightdesk.rules.actions import Action, CancelOrders, FailurePolicy, Notify, PanicSell, Sell
from tests.builders.action_world import BTC, FIRING, TENANT, World, due_of

ACTIONS: tuple[Action, ...] = (Notify(), Sell(asset=BTC), PanicSell(), CancelOrders(), Notify(text="done"))


class Killed(BaseException):
    """The process is gone; nothing may catch it."""


class Killer:
    """Kills at the n-th thing that is about to happen."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.seen: list[str] = []

    def __call__(self, name: str) -> None:
        self.seen.append(name)
        if len(self.seen) == self.at + 1:
            raise Killed(name)


def fire(world: World, killer: Killer) -> None:
    """Run until the end, each time the process is killed with a new one."""
    world.begin(*ACTIONS, policy=FailurePolicy.CONTINUE)
    for _ in range(20):
        try:
            world.runner(killer).run(TENANT, FIRING)
        except (Killed, NightdeskError):
            continue
        if world.runs.firings[FIRING].finished_at:
            return
    raise AssertionError("the firing never came to its end")


def moments() -> list[str]:
    """Everything that happens when nobody kills."""
    killer = Killer(-1)
    fire(World(), killer)
    return killer.seen


@pytest.mark.parametrize("at", range(len(moments())), ids=lambda at: f"{at}-{moments()[at]}")
@pytest.mark.parametrize("lost", [0, 2], ids=["answered", "answer lost"])
def test_killed_at_any_moment_everything_is_done_once(at: int, lost: int) -> None:
    world = World()
    world.trading.lost = lost
    fire(world, Killer(at))
    assert world.trading.sold() == {"BTC": Decimal(3), "ETH": Decimal(3)}
    assert len(world.trading.placed) == len(set(world.trading.placed)) == 3
    assert {order.state for order in world.trading.orders.values()} == {OrderState.FILLED}
    assert {run.state.value for run in world.runs.firings[FIRING].runs} == {"done"}
    assert {f"firing:{FIRING}:0", f"firing:{FIRING}:4"} <= set(world.runs.alerts)


def test_there_are_moments_to_be_killed_in() -> None:
    assert len(moments()) > 40
    assert {"begin", "commit", "committed", "submit", "keep", "answer", "sellable"} <= set(moments())
    assert due_of(*ACTIONS).actions == ACTIONS
