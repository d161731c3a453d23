"""The kill switch.

Engaging waits for the intents that are being judged, so that when it returns, every later order sees the halt: in the
transaction of its intent and again right before it is sent. Orders that were handed to the gateway before are at the
venue or on their way; `cancel_orders` takes them back, and the sweeper goes on until none from before is left.

A halt stops every order, buys and sells alike, panic sells too. Only if the one who engages it says `allow_reducing`
may orders pass that are reduce-only and ask to (`under_halt`): a panic sell that the user wants to go on regardless.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from nightdesk.accounts.model import Event
from nightdesk.kernel.ids import CorrelationId, IdFactory, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.orders import errors
from nightdesk.orders.model import CancelReport, Halt, HaltScope, OrderScope
from nightdesk.orders.ports import OrderUnits, PlatformHalts
from nightdesk.orders.service import OrderDesk

CONFIRM_RELEASE: Final = "RESUME"
HISTORY: Final = 20
HALTED_EVENT: Final = "trading.halted.v1"
RELEASED_EVENT: Final = "trading.resumed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltWish:
    """How trading is to be stopped."""

    reason: str
    engaged_by: str
    allow_reducing: bool = False
    cancel_orders: bool = False
    correlation_id: CorrelationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Halted:
    """What engaging came to."""

    halt: Halt
    cancelled: CancelReport


class KillSwitch:
    """Stops and resumes the trading of one tenant."""

    def __init__(self, *, units: OrderUnits, desk: OrderDesk, clock: Clock, new_id: IdFactory) -> None:
        self._units = units
        self._desk = desk
        self._clock = clock
        self._new_id = new_id

    def engage(self, tenant_id: TenantId, wish: HaltWish) -> Halted:
        """Stop the tenant's trading; if it is stopped already, make that halt at least as strict."""
        with self._units(tenant_id) as unit:
            unit.orders.gate(tenant_id)
            halt = self._halt(tenant_id, wish)
            if not unit.halts.engage(halt):
                halt = _stricter(_own(unit.halts.active(tenant_id)) or halt, wish)
                unit.halts.save(halt)
            details = {"halt_id": str(halt.halt_id), "reason": wish.reason, "cancel_orders": halt.cancel_orders}
            now = self._clock.now()
            unit.audit.add(tenant_id, now, wish.engaged_by, "trading.halted", details)
            unit.outbox.add(tenant_id, event_of(HALTED_EVENT, halt), wish.correlation_id, now)
        return Halted(halt=halt, cancelled=self._cancel(tenant_id, halt))

    def release(
        self, tenant_id: TenantId, halt_id: UUID, *, actor: str, confirmation: str, correlation_id: CorrelationId
    ) -> Halt:
        """Let trading go on; the caller names the halt and the word, so that nobody does it by mistake.

        Raises:
            InvalidInput: `orders.halt_not_confirmed`.
            NotFound: `orders.halt_not_found`: it is the platform's, another's, or released.
        """
        if confirmation != CONFIRM_RELEASE:
            raise errors.halt_not_confirmed(CONFIRM_RELEASE)
        now = self._clock.now()
        with self._units(tenant_id) as unit:
            unit.orders.gate(tenant_id)
            halt = _own(unit.halts.active(tenant_id))
            if halt is None or halt.halt_id != halt_id:
                raise errors.halt_not_found()
            released = replace(halt, released_by=actor, released_at=now)
            unit.halts.save(released)
            unit.audit.add(tenant_id, now, actor, "trading.resumed", {"halt_id": str(halt_id)})
            unit.outbox.add(tenant_id, event_of(RELEASED_EVENT, released), correlation_id, now)
        return released

    def active(self, tenant_id: TenantId) -> tuple[Halt, ...]:
        """What stops the tenant now: its own halt and the platform's."""
        with self._units(tenant_id) as unit:
            return unit.halts.active(tenant_id)

    def history(self, tenant_id: TenantId) -> tuple[Halt, ...]:
        """The last halts, newest first."""
        with self._units(tenant_id) as unit:
            return unit.halts.history(tenant_id, HISTORY)

    def _halt(self, tenant_id: TenantId, wish: HaltWish) -> Halt:
        return Halt(
            halt_id=self._new_id(),
            scope=HaltScope.TENANT,
            tenant_id=tenant_id,
            allow_reducing=wish.allow_reducing,
            cancel_orders=wish.cancel_orders,
            reason=wish.reason,
            engaged_by=wish.engaged_by,
            engaged_at=self._clock.now(),
        )

    def _cancel(self, tenant_id: TenantId, halt: Halt) -> CancelReport:
        if not halt.cancel_orders:
            return CancelReport(cancelled=(), failed={})
        return self._desk.cancel_all(tenant_id, OrderScope(), actor=halt.engaged_by)


class PlatformSwitch:
    """Stops and resumes everybody's trading; for whoever runs the platform."""

    def __init__(self, *, halts: PlatformHalts, clock: Clock, new_id: IdFactory) -> None:
        self._halts = halts
        self._clock = clock
        self._new_id = new_id

    def engage(self, *, reason: str, allow_reducing: bool = False, cancel_orders: bool = False) -> bool:
        """Stop everybody; False if they are stopped already."""
        halt = Halt(
            halt_id=self._new_id(),
            scope=HaltScope.PLATFORM,
            tenant_id=None,
            allow_reducing=allow_reducing,
            cancel_orders=cancel_orders,
            reason=reason,
            engaged_by="operator",
            engaged_at=self._clock.now(),
        )
        return self._halts.engage(halt)

    def release(self) -> bool:
        """Let everybody trade who is not halted himself; False if the platform was not halted."""
        return self._halts.release("operator", self._clock.now())


def event_of(name: str, halt: Halt) -> Event:
    """What the bus is told of a halt."""
    payload: dict[str, str | int | None] = {
        "halt_id": str(halt.halt_id),
        "scope": halt.scope.value,
        "reason": halt.reason,
        "engaged_by": halt.engaged_by,
        "released_by": halt.released_by,
        "allow_reducing": int(halt.allow_reducing),
        "cancel_orders": int(halt.cancel_orders),
    }
    return Event(name=name, payload=payload)


def _own(halts: tuple[Halt, ...]) -> Halt | None:
    return next((halt for halt in halts if halt.tenant_id is not None), None)


def _stricter(halt: Halt, wish: HaltWish) -> Halt:
    """A second engaging never loosens the first."""
    return replace(
        halt,
        allow_reducing=halt.allow_reducing and wish.allow_reducing,
        cancel_orders=halt.cancel_orders or wish.cancel_orders,
    )
