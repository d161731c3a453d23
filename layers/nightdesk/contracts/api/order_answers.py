"""What the desk answers about orders, limits and halts, whichever face asks.

Permissions are checked here, and every answer is of the caller's own tenant: another's ids are not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from nightdesk.contracts.api import present_orders as present
from nightdesk.contracts.api.orders import (
    CancelOrders,
    CancelReportShape,
    EngageHalt,
    HaltedShape,
    HaltShape,
    HaltsShape,
    LimitsList,
    LimitsShape,
    OrderDetail,
    OrderPage,
    OrderShape,
    PlaceOrder,
    PreviewShape,
    SetLimits,
)
from nightdesk.identity.model import Caller
from nightdesk.kernel.assets import asset_id, parse_instrument
from nightdesk.kernel.errors import Conflict
from nightdesk.kernel.ids import AccountId, CorrelationId
from nightdesk.kernel.money import parse_amount
from nightdesk.orders.halting import HaltWish, KillSwitch
from nightdesk.orders.limit_desk import LimitDesk
from nightdesk.orders.model import Limits, Order, OrderId, OrderRequest, OrderScope
from nightdesk.orders.previewing import Previewer, PreviewWish
from nightdesk.orders.service import OrderDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAnswers:
    """Asks the services and puts what they know in shape."""

    desk: OrderDesk
    previewer: Previewer
    switch: KillSwitch
    limits: LimitDesk

    def place(self, caller: Caller, wanted: PlaceOrder, key: str, correlation_id: CorrelationId) -> OrderShape:
        """Place the order; the same key again is the same order, another order under it is refused."""
        caller.require("create", "Order")
        request = _request(caller, wanted, f"api:{key}", correlation_id)
        order = self.desk.submit(request)
        if not _is_same(order, request):
            raise Conflict("idempotency.key_reused", "This Idempotency-Key was used for another request.")
        return present.order_shape(order)

    def preview(
        self,
        caller: Caller,
        wanted: PlaceOrder,
        correlation_id: CorrelationId,
        *,
        value: str | None = None,
        ratio: str | None = None,
    ) -> PreviewShape:
        """What placing it would do now; its quantity may be told as a value or as a part of what is free."""
        caller.require("read", "Order")
        request = _request(caller, wanted, "preview", correlation_id)
        wish = PreviewWish(request=request, value=_amount(value), ratio=_amount(ratio))
        return present.preview_shape(self.previewer.preview(wish))

    def page(self, caller: Caller, scope: OrderScope, *, before: UUID | None, limit: int) -> OrderPage:
        """Orders, the newest first."""
        caller.require("read", "Order")
        last = None if before is None else OrderId(before)
        orders = self.desk.page(caller.tenant_id, scope, before=last, limit=limit + 1)
        shown = orders[:limit]
        more = shown[-1].order_id if len(orders) > limit else None
        return OrderPage(items=[present.order_shape(order) for order in shown], next_cursor=more)

    def order(self, caller: Caller, order_id: UUID) -> OrderDetail:
        """One order with what it went through."""
        caller.require("read", "Order")
        order = self.desk.get(caller.tenant_id, OrderId(order_id))
        return present.order_detail(order, self.desk.steps(caller.tenant_id, order.order_id))

    def cancel(self, caller: Caller, order_id: UUID) -> OrderShape:
        """Have one order cancelled."""
        caller.require("delete", "Order")
        return present.order_shape(self.desk.cancel(caller.tenant_id, OrderId(order_id), actor=_actor(caller)))

    def cancel_all(self, caller: Caller, wanted: CancelOrders) -> CancelReportShape:
        """Have every order of a scope cancelled."""
        caller.require("delete", "Order")
        scope = scope_of(wanted.account_id, wanted.instrument, live=True)
        return present.cancel_shape(self.desk.cancel_all(caller.tenant_id, scope, actor=_actor(caller)))

    def limits_list(self, caller: Caller) -> LimitsList:
        """Every limit, and who changed what."""
        caller.require("read", "Limit")
        known = self.limits.all(caller.tenant_id)
        items = [present.limits_shape(account_id, limits) for account_id, limits in known.items()]
        return LimitsList(
            items=sorted(items, key=lambda each: str(each.account_id or "")),
            audit=[present.audit_shape(line) for line in self.limits.audit(caller.tenant_id)],
        )

    def set_limits(
        self, caller: Caller, account_id: UUID | None, wanted: SetLimits, correlation_id: CorrelationId
    ) -> LimitsShape:
        """Set the limits of the desk or of one account."""
        caller.require("update", "Limit")
        account = None if account_id is None else AccountId(account_id)
        limits = self.limits.put(
            caller.tenant_id, account, _limits(wanted), actor=_actor(caller), correlation_id=correlation_id
        )
        return present.limits_shape(account, limits)

    def halts(self, caller: Caller) -> HaltsShape:
        """What stops trading now, and what did."""
        caller.require("read", "Halt")
        active = self.switch.active(caller.tenant_id)
        return HaltsShape(
            halted=bool(active),
            active=[present.halt_shape(halt) for halt in active],
            history=[present.halt_shape(halt) for halt in self.switch.history(caller.tenant_id)],
            open_orders=len(self.desk.open_orders(caller.tenant_id)),
        )

    def halt(self, caller: Caller, wanted: EngageHalt, correlation_id: CorrelationId) -> HaltedShape:
        """Stop the desk's trading."""
        caller.require("create", "Halt")
        wish = HaltWish(
            reason=wanted.reason,
            engaged_by=_actor(caller),
            allow_reducing=wanted.allow_reducing,
            cancel_orders=wanted.cancel_orders,
            correlation_id=correlation_id,
        )
        return present.halted_shape(self.switch.engage(caller.tenant_id, wish))

    def release(self, caller: Caller, halt_id: UUID, confirm: str, correlation_id: CorrelationId) -> HaltShape:
        """Let trading go on."""
        caller.require("delete", "Halt")
        halt = self.switch.release(
            caller.tenant_id, halt_id, actor=_actor(caller), confirmation=confirm, correlation_id=correlation_id
        )
        return present.halt_shape(halt)


def scope_of(account_id: UUID | None, instrument: str | None, *, live: bool) -> OrderScope:
    """The scope that a request means.

    Raises:
        InvalidInput: `instrument.malformed`.
    """
    return OrderScope(
        account_id=None if account_id is None else AccountId(account_id),
        instrument=None if instrument is None else parse_instrument(instrument),
        live=live,
    )


def _request(caller: Caller, wanted: PlaceOrder, intent_key: str, correlation_id: CorrelationId) -> OrderRequest:
    return OrderRequest(
        tenant_id=caller.tenant_id,
        account_id=AccountId(wanted.account_id),
        intent_key=intent_key,
        instrument=parse_instrument(wanted.instrument),
        side=wanted.side,
        type=wanted.type,
        quantity=parse_amount(wanted.quantity),
        price=_amount(wanted.price),
        stop_price=_amount(wanted.stop_price),
        time_in_force=wanted.time_in_force,
        reduce_only=wanted.reduce_only,
        under_halt=wanted.under_halt,
        reason=_actor(caller),
        correlation_id=correlation_id,
    )


def _is_same(order: Order, request: OrderRequest) -> bool:
    asked = (request.account_id, request.instrument, request.side, request.type, request.quantity)
    return asked == (order.account_id, order.instrument, order.side, order.type, order.wanted)


def _limits(wanted: SetLimits) -> Limits:
    return Limits(
        notional_max=_amount(wanted.notional_max),
        exposure_max=_amount(wanted.exposure_max),
        asset_exposure_max=_amount(wanted.asset_exposure_max),
        asset_exposures={asset_id(asset): parse_amount(most) for asset, most in wanted.asset_exposures.items()},
        orders_per_minute_max=wanted.orders_per_minute_max,
        reduce_only=wanted.reduce_only,
    )


def _actor(caller: Caller) -> str:
    return f"user:{caller.user.user_id}"


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else parse_amount(text)
