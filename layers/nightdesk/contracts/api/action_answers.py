"""What the desk answers about actions, whichever face asks.

Permissions are checked here, and every answer is of the caller's own tenant: another's ids are not found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final, Protocol
from uuid import UUID

from nightdesk.contracts.api import present_actions as present
from nightdesk.contracts.api.actions import (
    ActionWebhookSecretShape,
    FiringRunsList,
    FiringRunsShape,
    PreviewActions,
    PreviewShape,
)
from nightdesk.contracts.api.ledger import EntryShape
from nightdesk.contracts.api.orders import OrderDetail
from nightdesk.contracts.api.present import entry_shape
from nightdesk.contracts.api.present_orders import order_detail
from nightdesk.identity.model import Caller
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.kernel.instants import Clock, format_instant
from nightdesk.ledger.model import EntryFilter
from nightdesk.ledger.service import LedgerService
from nightdesk.orders.model import Order
from nightdesk.orders.service import OrderDesk
from nightdesk.rules.action_ports import FiringId, RuleSetId
from nightdesk.rules.action_previewing import ActionPreviewer
from nightdesk.rules.action_runs import FiringRuns, Intent
from nightdesk.rules.actions import any_dangerous

FILLS_MAX: Final = 200
BEFORE: Final = timedelta(minutes=5)
"""Fills are looked for from so long before the price that let the rules fire, in market time."""


class FiringReads(Protocol):
    """Firings as they are kept."""

    def get(self, tenant_id: TenantId, firing_id: FiringId) -> FiringRuns | None:
        """One firing."""
        ...

    def page(self, tenant_id: TenantId, rule_set_id: RuleSetId | None, limit: int) -> tuple[FiringRuns, ...]:
        """The newest."""
        ...

    def evidence(self, tenant_id: TenantId, firing_id: FiringId) -> Mapping[str, Mapping[str, Any]]:
        """What the rules saw: by text, `value`, `source`, `at`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionAnswers:
    """Asks the services and puts what they know in shape.

    Attributes:
        webhook_secret: The secret that a tenant's receivers verify with.
    """

    firings: FiringReads
    previewer: ActionPreviewer
    orders: OrderDesk
    ledger: LedgerService
    webhook_secret: Callable[[TenantId], str]
    clock: Clock

    def preview(self, caller: Caller, wanted: PreviewActions, correlation_id: CorrelationId) -> PreviewShape:
        """What the actions would do now; nothing is done."""
        caller.require("read", "RuleSet")
        actions = [present.action_of(shape) for shape in wanted.actions]
        shown = self.previewer.preview(caller.tenant_id, correlation_id, actions)
        return PreviewShape(
            items=[present.preview_shape(each) for each in shown],
            confirmation_needed=any_dangerous(actions),
            as_of=format_instant(self.clock.now()),
        )

    def page(self, caller: Caller, rule_set_id: UUID | None, limit: int) -> FiringRunsList:
        """The newest firings that did something."""
        caller.require("read", "RuleSet")
        which = None if rule_set_id is None else RuleSetId(rule_set_id)
        found = self.firings.page(caller.tenant_id, which, limit)
        return FiringRunsList(items=[present.firing_shape(firing, _untraced, {}) for firing in found])

    def firing(self, caller: Caller, firing_id: UUID) -> FiringRunsShape:
        """The whole chain of one firing: what was seen, each step, its orders, their fills in the ledger."""
        caller.require("read", "RuleSet")
        firing = self.firings.get(caller.tenant_id, FiringId(firing_id))
        if firing is None:
            raise NotFound("actions.firing_not_found", "There is no such firing that did something.")
        evidence = self.firings.evidence(caller.tenant_id, firing.due.firing_id)
        return present.firing_shape(firing, partial(self._traced, firing), evidence)

    def secret(self, caller: Caller) -> ActionWebhookSecretShape:
        """What receivers of the webhook action verify its signature with."""
        caller.require("update", "RuleSet")
        return ActionWebhookSecretShape(secret=self.webhook_secret(caller.tenant_id))

    def _traced(self, firing: FiringRuns, intent: Intent) -> tuple[OrderDetail | None, list[EntryShape]]:
        if intent.order_id is None:
            return None, []
        tenant_id = firing.due.tenant_id
        try:
            order = self.orders.get(tenant_id, intent.order_id)
        except NotFound:
            return None, []
        detail = order_detail(order, self.orders.steps(tenant_id, order.order_id))
        return detail, self._fills(firing, order)

    def _fills(self, firing: FiringRuns, order: Order) -> list[EntryShape]:
        if order.venue_order_id is None or not order.filled:
            return []
        seen_at = firing.due.seen_at
        wanted = EntryFilter(
            account_id=order.account_id,
            instrument=order.instrument,
            occurred_from=None if seen_at is None else seen_at - BEFORE,
        )
        page = self.ledger.page(order.tenant_id, wanted, limit=FILLS_MAX)
        return [entry_shape(each) for each in page.entries if each.fact.order_id == order.venue_order_id]


def _untraced(_intent: Intent) -> tuple[OrderDetail | None, list[EntryShape]]:
    return None, []
