"""A runner over fakes: two accounts, three assets, one venue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.rules.action_performing import Means, Performer
from nightdesk.rules.action_planning import Planner
from nightdesk.rules.action_ports import ActionsDue, FiringId, RuleSetId
from nightdesk.rules.action_reading import ActionReads
from nightdesk.rules.action_running import ActionRunner
from nightdesk.rules.action_runs import FiringRuns
from nightdesk.rules.actions import Action, FailurePolicy
from tests.builders.liquidation import MAIN, OTHER, market, markets
from tests.fakes.actions import FakeActionRuns, FakeTrading
from tests.fakes.clock import NOON, FakeClock

TENANT = TenantId(UUID(int=1))
FIRING = FiringId(UUID(int=50))
BTC, ETH, USDT = AssetId("BTC"), AssetId("ETH"), AssetId("USDT")


def due_of(
    *actions: Action,
    policy: FailurePolicy = FailurePolicy.STOP,
    firing_id: FiringId = FIRING,
    tenant_id: TenantId = TENANT,
) -> ActionsDue:
    """What a firing wants done."""
    return ActionsDue(
        tenant_id=tenant_id,
        portfolio_id=tenant_id,
        rule_set_id=RuleSetId(UUID(int=40)),
        rule_set_version=1,
        rule_set="Crash guard",
        firing_id=firing_id,
        reason="Value fell 10 % below its best.",
        actions=actions,
        policy=policy,
        correlation_id=CorrelationId("test"),
        fired_at=NOON,
        seen_at=NOON - timedelta(milliseconds=40),
    )


def trading(clock: FakeClock) -> FakeTrading:
    """The venue with what the accounts hold."""
    known = markets(market("BTC/USDT", "100"), market("ETH/USDT", "10"))
    held = {(MAIN, BTC): Decimal(2), (OTHER, BTC): Decimal(1), (MAIN, ETH): Decimal("3.0005"), (MAIN, USDT): Decimal(9)}
    return FakeTrading(clock=clock, base_asset=USDT, markets_known=known, held=held)


@dataclass(slots=True)
class World:
    """A runner and what stands behind it; pauses move the clock."""

    clock: FakeClock = field(default_factory=FakeClock)
    runs: FakeActionRuns = field(default_factory=FakeActionRuns)
    trading: FakeTrading = field(init=False)

    def __post_init__(self) -> None:
        self.trading = trading(self.clock)

    def runner(self, before: Callable[[str], None] = lambda _: None) -> ActionRunner:
        """A new runner, as a new process has."""
        desk = self.trading
        desk.before = before
        self.runs.before = before
        return ActionRunner(
            units=lambda _: self.runs.transaction(),
            planner=Planner(ActionReads(books=desk, desk=desk)),
            performer=Performer(
                Means(desk=desk, switch=desk, webhooks=desk, bots=desk), self.clock, self.clock.advance
            ),
            clock=self.clock,
            pause=self.clock.advance,
        )

    def begin(self, *actions: Action, policy: FailurePolicy = FailurePolicy.STOP) -> None:
        """A firing, as the rules keep it."""
        self.runs.begin(due_of(*actions, policy=policy), self.clock.now())

    def run(self, *actions: Action, policy: FailurePolicy = FailurePolicy.STOP) -> FiringRuns:
        """Fire and run to the end."""
        self.begin(*actions, policy=policy)
        self.runner().run(TENANT, FIRING)
        return self.runs.firings[FIRING]

    def again(self) -> FiringRuns:
        """Take the firing up once more."""
        self.runner().run(TENANT, FIRING)
        return self.runs.firings[FIRING]
