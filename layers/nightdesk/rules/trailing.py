"""A trailing stop over one instant: flows are taken out, it arms, trails its best, and fires."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from nightdesk.kernel.money import divide, multiply, subtract
from nightdesk.rules.model import TrailingStop
from nightdesk.rules.ports import Readings, ScopeReading
from nightdesk.rules.state import NodeState, Trail


@dataclass(frozen=True, slots=True)
class Followed:
    """Where the stop stands after an instant; without a trail there is nothing to guard."""

    trail: Trail | None
    truth: bool | None


def follow(stop: TrailingStop, before: NodeState | None, instant: datetime, readings: Readings) -> Followed:
    """Take the stop to an instant.

    A scope that holds nothing, or whose value before the flows was not positive, has no trail: it begins anew with the
    next value. A value below the sell-at value fires at whatever value is seen first, however far below it is.
    """
    known = before if isinstance(before, Trail) else None
    reading = readings.scope(stop, known)
    if reading is None:
        return Followed(known, None)
    if reading.value <= 0:
        return Followed(None, False)
    trail = _without_flow(known, reading, instant)
    armed = _trailed(stop, trail, reading.value, instant)
    fires = armed.armed_at is not None and reading.value <= armed.sell_at(stop)
    return Followed(armed, fires)


def _without_flow(known: Trail | None, reading: ScopeReading, instant: datetime) -> Trail:
    """The trail at what is held now, or a new one."""
    before_flow = subtract(reading.value, reading.flow)
    if known is None or before_flow <= 0:
        value, ledgered = reading.value, reading.ledgered
        return Trail(started_at=instant, reference=value, best=value, best_at=instant, ledgered=ledgered)
    if not reading.flow:
        return known if known.ledgered == reading.ledgered else replace(known, ledgered=reading.ledgered)
    return replace(
        known,
        reference=_scaled(known.reference, reading.value, before_flow),
        best=_scaled(known.best, reading.value, before_flow),
        ledgered=reading.ledgered,
    )


def _scaled(amount: Decimal, value: Decimal, before_flow: Decimal) -> Decimal:
    return divide(multiply(amount, value), before_flow)


def _trailed(stop: TrailingStop, trail: Trail, value: Decimal, instant: datetime) -> Trail:
    if trail.armed_at is None:
        if value < trail.arm_at(stop):
            return trail
        return replace(trail, armed_at=instant, best=value, best_at=instant)
    return replace(trail, best=value, best_at=instant) if value > trail.best else trail
