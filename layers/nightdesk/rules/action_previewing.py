"""What actions would do now, with amounts: shown before a person consents to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nightdesk.execution.liquidation import Liquidation
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.orders.model import Order
from nightdesk.rules.action_reading import ActionReads
from nightdesk.rules.action_runs import Wanted
from nightdesk.rules.actions import Action, CancelOrders, HaltTrading, PanicSell, PlaceOrder, Reduce, Sell, is_dangerous


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPreview:
    """One step.

    Attributes:
        cancels: Open orders that it would cancel.
        sells: What it would sell and what it would have to leave.
        order: The order that it would place.
        code: Why it would fail now, or that an earlier step keeps it from acting, with a message.
    """

    step: int
    action: Action
    dangerous: bool
    cancels: tuple[Order, ...] = ()
    sells: Liquidation = field(default_factory=lambda: Liquidation(sales=(), residue=()))
    order: Wanted | None = None
    code: str | None = None
    message: str | None = None


class ActionPreviewer:
    """Tries actions without doing anything."""

    def __init__(self, reads: ActionReads) -> None:
        self._reads = reads

    def preview(
        self, tenant_id: TenantId, correlation_id: CorrelationId, actions: Sequence[Action]
    ) -> tuple[ActionPreview, ...]:
        """Each step by itself, as if the ones before it had done nothing; but a halt stops what comes after it."""
        shown = []
        halt: HaltTrading | None = None
        for step, action in enumerate(actions):
            if halt is not None and is_dangerous(action) and not _passes(action, halt):
                shown.append(_halted(step, action))
                continue
            shown.append(self._step(tenant_id, correlation_id, step, action))
            halt = action if isinstance(action, HaltTrading) else halt
        return tuple(shown)

    def _step(self, tenant_id: TenantId, correlation_id: CorrelationId, step: int, action: Action) -> ActionPreview:
        dangerous = is_dangerous(action)
        try:
            cancels = self._cancels(tenant_id, action)
            order = self._order(tenant_id, correlation_id, action)
            sells = self._sells(tenant_id, correlation_id, action)
        except NightdeskError as error:
            return ActionPreview(step=step, action=action, dangerous=dangerous, code=error.code, message=error.message)
        return ActionPreview(step=step, action=action, dangerous=dangerous, cancels=cancels, sells=sells, order=order)

    def _cancels(self, tenant_id: TenantId, action: Action) -> tuple[Order, ...]:
        match action:
            case PanicSell(scope=scope):
                return self._reads.live(tenant_id, scope)
            case CancelOrders(scope=scope, side=side):
                return self._reads.live(tenant_id, scope, side)
            case _:
                return ()

    def _order(self, tenant_id: TenantId, correlation_id: CorrelationId, action: Action) -> Wanted | None:
        return self._reads.wanted(tenant_id, correlation_id, action) if isinstance(action, PlaceOrder) else None

    def _sells(self, tenant_id: TenantId, correlation_id: CorrelationId, action: Action) -> Liquidation:
        if isinstance(action, PanicSell | Sell | Reduce):
            return self._reads.liquidation(tenant_id, correlation_id, action)
        return Liquidation(sales=(), residue=())


def _passes(action: Action, halt: HaltTrading) -> bool:
    return isinstance(action, PanicSell) and halt.allow_reducing


def _halted(step: int, action: Action) -> ActionPreview:
    message = "A step before it halts trading, so it would not act."
    return ActionPreview(step=step, action=action, dangerous=True, code="orders.halted", message=message)
