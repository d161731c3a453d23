"""Setting the limits that every order is checked against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from nightdesk.accounts import errors as account_errors
from nightdesk.accounts.model import AccountState, Event
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.kernel.money import ZERO, format_amount, require_amount
from nightdesk.orders import errors
from nightdesk.orders.model import Limits
from nightdesk.orders.ports import AuditLine, OrderUnits

CHANGED_EVENT = "limits.changed.v1"
LINES = 50


class LimitDesk:
    """Reads and sets limits; every change leaves a line in the audit."""

    def __init__(self, units: OrderUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def all(self, tenant_id: TenantId) -> Mapping[AccountId | None, Limits]:
        """Every limit that is set; the tenant's stands under None."""
        with self._units(tenant_id) as unit:
            return unit.limits.all(tenant_id)

    def put(
        self,
        tenant_id: TenantId,
        account_id: AccountId | None,
        limits: Limits,
        *,
        actor: str,
        correlation_id: CorrelationId,
    ) -> Limits:
        """Set the limits of the tenant or of one account.

        Raises:
            InvalidInput: `orders.limit_malformed`.
            NotFound: `accounts.not_found`.
        """
        _require_meant(limits)
        now = self._clock.now()
        with self._units(tenant_id) as unit:
            unit.orders.gate(tenant_id)
            if account_id is not None:
                account = unit.accounts.get(tenant_id, account_id)
                if account is None or account.state is AccountState.DISCONNECTED:
                    raise account_errors.not_found()
            before = unit.limits.get(tenant_id, account_id)
            unit.limits.put(tenant_id, account_id, limits)
            where = None if account_id is None else str(account_id)
            details = {"account_id": where, "before": document_of(before), "after": document_of(limits)}
            unit.audit.add(tenant_id, now, actor, "limits.changed", details)
            unit.outbox.add(tenant_id, Event(name=CHANGED_EVENT, payload={"account_id": where}), correlation_id, now)
        return limits

    def audit(self, tenant_id: TenantId) -> tuple[AuditLine, ...]:
        """Who changed what may be traded, the newest first."""
        with self._units(tenant_id) as unit:
            return unit.audit.newest(tenant_id, LINES)


def document_of(limits: Limits) -> dict[str, object]:
    """The limits as JSON can hold them; amounts are decimal texts."""
    return {
        "notional_max": _text(limits.notional_max),
        "exposure_max": _text(limits.exposure_max),
        "asset_exposure_max": _text(limits.asset_exposure_max),
        "asset_exposures": {asset: format_amount(most) for asset, most in sorted(limits.asset_exposures.items())},
        "orders_per_minute_max": limits.orders_per_minute_max,
        "reduce_only": limits.reduce_only,
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format_amount(amount)


def _require_meant(limits: Limits) -> None:
    for what, amount in _amounts(limits):
        if amount is not None and require_amount(amount) < ZERO:
            raise errors.limit_malformed(what)
    if limits.orders_per_minute_max is not None and limits.orders_per_minute_max < 0:
        raise errors.limit_malformed("The number of orders a minute")


def _amounts(limits: Limits) -> Iterator[tuple[str, Decimal | None]]:
    yield "The most of one order", limits.notional_max
    yield "The most exposure", limits.exposure_max
    yield "The most exposure to one asset", limits.asset_exposure_max
    for asset, most in limits.asset_exposures.items():
        yield f"The most exposure to {asset}", most
