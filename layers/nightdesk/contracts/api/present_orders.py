"""Turns what the orders' domain knows into the API's shapes."""

from __future__ import annotations

from decimal import Decimal

from nightdesk.contracts.api.orders import (
    AuditLineShape,
    CancelReportShape,
    HaltedShape,
    HaltShape,
    LimitsShape,
    OrderDetail,
    OrderShape,
    OrderStepShape,
    PreviewShape,
)
from nightdesk.contracts.api.present import instant
from nightdesk.kernel.ids import AccountId
from nightdesk.kernel.instants import format_instant
from nightdesk.kernel.money import format_amount
from nightdesk.markets.orders import Side
from nightdesk.orders.halting import Halted
from nightdesk.orders.limit_desk import document_of
from nightdesk.orders.model import CancelReport, Halt, Limits, Order, Preview
from nightdesk.orders.ports import AuditLine, OrderStep


def order_shape(order: Order) -> OrderShape:
    """An order."""
    return OrderShape(
        order_id=order.order_id,
        account_id=order.account_id,
        client_order_id=order.client_order_id,
        venue_order_id=order.venue_order_id,
        instrument=str(order.instrument),
        side=order.side,
        type=order.type,
        wanted=format_amount(order.wanted),
        quantity=format_amount(order.quantity),
        residue=format_amount(order.residue),
        price=_text(order.price),
        stop_price=_text(order.stop_price),
        time_in_force=order.time_in_force,
        reduce_only=order.reduce_only,
        adopted=order.adopted,
        state=order.state,
        cancelling=order.cancel_wanted_at is not None and not order.state.is_over,
        code=order.code,
        message=order.message,
        filled=format_amount(order.filled),
        filled_quote=format_amount(order.filled_quote),
        average_price=_text(order.average_price),
        reason=order.reason,
        correlation_id=order.correlation_id,
        created_at=format_instant(order.created_at),
        sent_at=instant(order.sent_at),
        updated_at=format_instant(order.updated_at),
    )


def order_detail(order: Order, steps: tuple[OrderStep, ...]) -> OrderDetail:
    """An order with its steps."""
    told = [
        OrderStepShape(
            at=format_instant(step.at),
            state=step.state,
            filled=format_amount(step.filled),
            code=step.code,
            source=step.source,
        )
        for step in steps
    ]
    return OrderDetail(**order_shape(order).model_dump(), steps=told)


def cancel_shape(report: CancelReport) -> CancelReportShape:
    """What came of cancelling."""
    failed = {str(order_id): code for order_id, code in report.failed.items()}
    return CancelReportShape(cancelled=[order_shape(order) for order in report.cancelled], failed=failed)


def preview_shape(preview: Preview) -> PreviewShape:
    """What an order would do."""
    instrument = preview.instrument
    return PreviewShape(
        instrument=str(instrument),
        side=preview.side,
        type=preview.type,
        quantity=format_amount(preview.quantity),
        residue=format_amount(preview.residue),
        price=_text(preview.price),
        stop_price=_text(preview.stop_price),
        reference_price=_text(preview.reference_price),
        priced_at=instant(preview.priced_at),
        notional=_text(preview.notional),
        value=_text(preview.value),
        fee=_text(preview.fee),
        fee_asset=preview.fee_asset,
        free=_text(preview.free),
        free_asset=instrument.quote if preview.side is Side.BUY else instrument.base,
        lot=format_amount(preview.lot),
        tick=format_amount(preview.tick),
        notional_min=format_amount(preview.notional_min),
        code=preview.code,
        message=preview.message,
    )


def limits_shape(account_id: AccountId | None, limits: Limits) -> LimitsShape:
    """Limits of the tenant or of an account."""
    return LimitsShape.model_validate({"account_id": account_id, **document_of(limits)})


def audit_shape(line: AuditLine) -> AuditLineShape:
    """A line of the audit."""
    return AuditLineShape(at=format_instant(line.at), actor=line.actor, action=line.action, details=dict(line.details))


def halt_shape(halt: Halt) -> HaltShape:
    """A halt."""
    return HaltShape(
        halt_id=halt.halt_id,
        scope=halt.scope,
        allow_reducing=halt.allow_reducing,
        cancel_orders=halt.cancel_orders,
        reason=halt.reason,
        engaged_by=halt.engaged_by,
        engaged_at=format_instant(halt.engaged_at),
        released_by=halt.released_by,
        released_at=instant(halt.released_at),
    )


def halted_shape(halted: Halted) -> HaltedShape:
    """What engaging came to."""
    report = halted.cancelled
    return HaltedShape(
        halt=halt_shape(halted.halt),
        cancelled=len(report.cancelled),
        failed={str(order_id): code for order_id, code in report.failed.items()},
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format_amount(amount)
