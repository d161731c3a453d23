"""What running a firing's actions needs from outside."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nightdesk.accounts.model import AccountRef
from nightdesk.alerts.model import Alert
from nightdesk.execution.books import Sellable
from nightdesk.execution.liquidation import MarketOf
from nightdesk.execution.scope import Scope
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.orders.halting import HaltWish
from nightdesk.orders.model import Order, OrderId, OrderRequest, OrderScope
from nightdesk.rules.action_ports import ActionsDue, FiringId
from nightdesk.rules.action_runs import ActionRun, FiringRuns, Intent
from nightdesk.rules.actions import CallWebhook


class ActionRunStore(Protocol):
    """Runs and intents, within one transaction of one tenant."""

    def take(self, tenant_id: TenantId, firing_id: FiringId, now: datetime) -> FiringRuns | None:
        """Take the firing up; from now on only the one with these `attempts` may write."""
        ...

    def get(self, tenant_id: TenantId, firing_id: FiringId) -> FiringRuns | None:
        """The firing, to look at."""
        ...

    def hold(self, firing: FiringRuns, now: datetime) -> None:
        """Lock the firing until the transaction ends, and note that somebody is at work on it.

        Raises:
            Conflict: `actions.taken_over`: another took it up since.
        """
        ...

    def add_intents(self, firing: FiringRuns, intents: Sequence[Intent]) -> None:
        """Keep what is wanted, before any of it is done."""
        ...

    def save_intents(self, firing: FiringRuns, intents: Sequence[Intent]) -> None:
        """Keep what became of intents."""
        ...

    def save_run(self, firing: FiringRuns, run: ActionRun) -> None:
        """Keep what became of a step."""
        ...

    def finish(self, firing: FiringRuns, now: datetime) -> None:
        """Note that every step is over."""
        ...


class Alerts(Protocol):
    """Raises alerts within the unit's transaction; they leave after its commit."""

    def raise_alert(self, alert: Alert) -> bool:
        """Keep the alert; False if it was raised before."""
        ...


@dataclass(frozen=True, slots=True)
class ActionUnit:
    """Stores that share one transaction."""

    runs: ActionRunStore
    alerts: Alerts


class ActionUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[ActionUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class Desk(Protocol):
    """The order desk, as far as actions need it; its own docstrings hold."""

    def submit(self, request: OrderRequest) -> Order:
        """Do what is wanted, once."""
        ...

    def look_up(self, tenant_id: TenantId, order_id: OrderId) -> Order:
        """Ask the venue what has become of the order."""
        ...

    def cancel(self, tenant_id: TenantId, order_id: OrderId, *, actor: str) -> Order:
        """Have the order cancelled."""
        ...

    def open_orders(self, tenant_id: TenantId, scope: OrderScope | None = None) -> tuple[Order, ...]:
        """Every order of the scope that is not over."""
        ...

    def adopt(self, account: AccountRef) -> tuple[Order, ...]:
        """Take over what is open at the venue and was placed elsewhere."""
        ...


class Switch(Protocol):
    """The kill switch of a tenant."""

    def engage(self, tenant_id: TenantId, wish: HaltWish) -> object:
        """Stop the tenant's trading."""
        ...


class Books(Protocol):
    """What can be sold now and where."""

    def sellable(self, tenant_id: TenantId, scope: Scope) -> Sellable:
        """What the tenant can sell of the scope now."""
        ...

    def markets(self, correlation_id: CorrelationId) -> MarketOf:
        """Looks up markets."""
        ...


class WebhookCaller(Protocol):
    """Posts firings to users' addresses."""

    def call(self, due: ActionsDue, action: CallWebhook, identity: str) -> None:
        """Post it; the same identity is the same message.

        Raises:
            NightdeskError: As the outbound sender states; `Unavailable`, `RateLimited` and `OutcomeUnknown` may be
                tried again with the same identity.
        """
        ...
