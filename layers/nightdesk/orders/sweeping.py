"""Looks after what was left behind: intents never sent, outcomes never heard, cancellations never done."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from nightdesk.accounts.model import AccountRef
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.orders.model import Halt, Order, OrderId, OrderScope, OrderState
from nightdesk.orders.ports import Loose, OrderUnits
from nightdesk.orders.service import OrderDesk

SILENT_AFTER: Final = timedelta(seconds=5)
"""A process that is at work has touched its order more lately; one that has not is taken for dead."""

ORDERS_A_SWEEP: Final = 200

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    settled: int
    waiting: int


class OrderSweeper:
    """Runs each minute, over all tenants."""

    def __init__(self, *, loose: Loose, units: OrderUnits, desk: OrderDesk, clock: Clock) -> None:
        self._loose = loose
        self._units = units
        self._desk = desk
        self._clock = clock

    def sweep(self) -> Swept:
        """Bring every loose order to an outcome, or nearer to one.

        Raises:
            Unavailable: The database does not answer; the next sweep goes on.
        """
        silent_since = self._clock.now() - SILENT_AFTER
        found = self._loose.dangling(silent_since=silent_since, limit=ORDERS_A_SWEEP)
        after = [self._settle(tenant_id, order_id) for tenant_id, order_id in found]
        waiting = sum(1 for order in after if order is None or not _is_settled(order))
        return Swept(settled=len(after) - waiting, waiting=waiting)

    def enforce_halts(self) -> int:
        """Cancel what halts want cancelled and is still open; how many orders."""
        cancelled = 0
        for tenant_id in dict.fromkeys(tenant for tenant, _ in self._loose.connected()):
            with self._units(tenant_id) as unit:
                halts = [halt for halt in unit.halts.active(tenant_id) if halt.cancel_orders]
                live = unit.orders.live(tenant_id, OrderScope()) if halts else ()
            for order in live:
                if any(_is_from_before(order, halt) for halt in halts):
                    cancelled += self._desk.cancel(tenant_id, order.order_id, actor="halt").state.is_over
        return cancelled

    def adopt_all(self, correlation_id: CorrelationId) -> int:
        """Ask every account for its open orders; how many changed."""
        return sum(self._adopt(tenant, account, correlation_id) for tenant, account in self._loose.connected())

    def _adopt(self, tenant_id: TenantId, account_id: AccountId, correlation_id: CorrelationId) -> int:
        with self._units(tenant_id) as unit:
            account = unit.accounts.get(tenant_id, account_id)
            listed = unit.orders.live(tenant_id, OrderScope(account_id=account_id))
        if account is None:
            return 0
        ref = AccountRef(tenant_id=tenant_id, account_id=account_id, venue=account.venue, correlation_id=correlation_id)
        try:
            changed = {order.order_id for order in self._desk.adopt(ref)}
        except NightdeskError as error:
            _log.warning("open orders not asked", extra={"account_id": str(account_id), "error_code": error.code})
            return 0
        # What we take for open and the venue did not change may have ended unheard.
        for order in listed:
            if order.order_id not in changed and order.state in {OrderState.OPEN, OrderState.PARTIALLY_FILLED}:
                self._desk.look_up(tenant_id, order.order_id, "sweeper")
        return len(changed)

    def _settle(self, tenant_id: TenantId, order_id: OrderId) -> Order | None:
        try:
            return self._settled(self._desk.get(tenant_id, order_id))
        except NightdeskError as error:
            _log.warning("order not settled", extra={"order_id": str(order_id), "error_code": error.code})
            return None

    def _settled(self, order: Order) -> Order:
        if order.state is OrderState.INTENDED:
            return self._desk.send(order) if self._clock.now() < order.send_before else self._desk.expire(order)
        if order.state.is_uncertain:
            order = self._desk.look_up(order.tenant_id, order.order_id, "sweeper")
        if order.cancel_wanted_at is not None and not order.state.is_over and not order.state.is_uncertain:
            order = self._desk.withdraw(order)
        return order


def _is_settled(order: Order) -> bool:
    if order.cancel_wanted_at is not None:
        return order.state.is_over
    return order.state is not OrderState.INTENDED and not order.state.is_uncertain


def _is_from_before(order: Order, halt: Halt) -> bool:
    return order.created_at <= halt.engaged_at
