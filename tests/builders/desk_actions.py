"""Firings on real servers: PostgreSQL, the order desk, the gateway's own code and the paper exchange behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import sleep
from typing import Any
from uuid import UUID, uuid4

from nightdesk.accounts.model import AccountRef
from nightdesk.adapters.postgres.actions import PostgresActionJournal, PostgresActionRuns, PostgresSilentFirings
from nightdesk.alerts.model import Work
from nightdesk.execution.books import TradingBooks
from nightdesk.execution.scope import Scope
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.orders import OrderTicket, VenueOrder
from nightdesk.orders.service import OrderDesk
from nightdesk.rules.action_performing import Means, Performer
from nightdesk.rules.action_planning import Planner
from nightdesk.rules.action_ports import ActionsDue, FiringId, RuleSetId
from nightdesk.rules.action_reading import ActionReads
from nightdesk.rules.action_run_ports import ActionUnit
from nightdesk.rules.action_running import ActionRunner
from nightdesk.rules.action_runs import FiringRuns
from nightdesk.rules.actions import Action, FailurePolicy, PanicSell
from nightdesk.rules.bots import NoBots
from nightdesk.wiring_actions import PostgresActionUnits
from tests.builders.desk_accounts import CORRELATION
from tests.builders.desk_orders import DeskOrders
from tests.fakes.actions import CalledWebhooks

HELD = Decimal("0.5")
SELL_BTC = PanicSell(scope=Scope(asset=AssetId("BTC")))
Moment = Callable[[str], None]


@dataclass(slots=True)
class SentWorks:
    """What would have gone to the queue of alerts."""

    sent: list[Work] = field(default_factory=list)

    def send(self, works: Sequence[Work]) -> None:
        self.sent += works


@dataclass(slots=True)
class WatchedVenue:
    """The gateway, with a moment before and after each order is sent."""

    venue: Any
    moment: Moment

    def place_order(self, account: AccountRef, ticket: OrderTicket) -> VenueOrder:
        self.moment("send")
        told: VenueOrder = self.venue.place_order(account, ticket)
        self.moment("sent")
        return told

    def __getattr__(self, name: str) -> Any:
        return getattr(self.venue, name)


@dataclass(slots=True)
class WatchedUnits:
    """Transactions of actions, with a moment before and after each."""

    units: PostgresActionUnits
    moment: Moment

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[ActionUnit]:
        self.moment("begin")
        with self.units(tenant_id) as unit:
            yield unit
            self.moment("commit")
        self.moment("committed")


@dataclass(frozen=True, slots=True)
class LateClock:
    """The system's, so much later."""

    later: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later


@dataclass(slots=True, kw_only=True)
class DeskActions:
    """One tenant's firings, and all that runs them."""

    orders: DeskOrders
    alerts: SentWorks = field(default_factory=SentWorks)
    webhooks: CalledWebhooks = field(default_factory=CalledWebhooks)

    def due(self, *actions: Action, policy: FailurePolicy = FailurePolicy.STOP, rule_set: int = 40) -> ActionsDue:
        return ActionsDue(
            tenant_id=self.orders.tenant_id,
            portfolio_id=self.orders.tenant_id,
            rule_set_id=RuleSetId(UUID(int=rule_set)),
            rule_set_version=1,
            rule_set="Crash guard",
            firing_id=FiringId(uuid4()),
            reason="Value fell 10 % below its best.",
            actions=actions,
            policy=policy,
            correlation_id=CORRELATION,
            fired_at=datetime.now(UTC),
        )

    def begin(self, due: ActionsDue) -> ActionsDue:
        """What the rules do in the transaction of the firing."""
        with self.orders.accounts.app.transaction(tenant_id=due.tenant_id) as connection:
            PostgresActionJournal(connection).begin(due)
        return due

    def runner(self, moment: Moment = lambda _: None, *, later: timedelta = timedelta(0)) -> ActionRunner:
        """A runner as a new process has one; `later` it thinks it is."""
        accounts, clock = self.orders.accounts, LateClock(later)
        watched: Any = WatchedVenue(accounts.gateway, moment)
        desk = OrderDesk(
            units=self.orders.units, venue=watched, prices=self.orders.prices, clock=clock, news=self.orders.news
        )
        books = TradingBooks(units=self.orders.units, venue=watched, prices=self.orders.prices)
        means = Means(desk=desk, switch=self.orders.switch(), webhooks=self.webhooks, bots=NoBots())
        return ActionRunner(
            units=WatchedUnits(PostgresActionUnits(accounts.app, self.alerts), moment),
            planner=Planner(ActionReads(books=books, desk=desk)),
            performer=Performer(means, clock, sleep),
            clock=clock,
            pause=sleep,
        )

    def run(self, *actions: Action, policy: FailurePolicy = FailurePolicy.STOP) -> FiringRuns:
        """Fire and run to the end."""
        due = self.begin(self.due(*actions, policy=policy))
        self.runner().run(due.tenant_id, due.firing_id)
        return self.kept(due)

    def kept(self, due: ActionsDue) -> FiringRuns:
        """The firing as it is kept."""
        with self.orders.accounts.app.transaction(tenant_id=due.tenant_id) as connection:
            found = PostgresActionRuns(connection).get(due.tenant_id, due.firing_id)
        assert found is not None
        return found

    def silent(self) -> PostgresSilentFirings:
        return PostgresSilentFirings(self.orders.outbox)

    def alert_keys(self) -> set[str]:
        rows = self.orders.accounts.rows("SELECT key FROM alerts WHERE tenant_id = %s", self.orders.tenant_id)
        return {key for (key,) in rows}
