"""Facts of assets that nobody knows: kept whole, shown, and booked under the same identity once they are named."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nightdesk.kernel.assets import AssetId, VenueId, is_unknown, without_mark
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.kernel.money import Money
from nightdesk.ledger.inbox import Cause, Finding
from nightdesk.ledger.model import Appended, Fact
from nightdesk.ledger.naming import venue_of

LIMIT_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A fact that waits for the name of an asset.

    Attributes:
        codes: Those nobody knows, as the venue writes them; in the fact's legs they have a `?` in front.
    """

    account_id: AccountId
    venue: VenueId
    codes: tuple[AssetId, ...]
    fact: Fact
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where a fact stands among those that wait."""

    told_at: datetime
    account_id: AccountId
    identity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What naming a code led to."""

    recorded: int
    duplicate: int
    waiting: int


class QuarantineStore(Protocol):
    """Keeps what waits; one instance works in one transaction."""

    def name(self, tenant_id: TenantId, venue: VenueId, code: AssetId, asset: AssetId, named_at: datetime) -> None:
        """Keep what a code means."""
        ...

    def page(self, tenant_id: TenantId, after: Waiting | None, limit: int) -> tuple[Quarantined, ...]:
        """Facts that wait, the longest waiting first."""
        ...

    def waiting(self, tenant_id: TenantId, venue: VenueId, code: AssetId) -> Mapping[AccountId, Sequence[Fact]]:
        """Facts that wait for this code, locked, by account."""
        ...

    def release(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str], at: datetime) -> None:
        """They are in the ledger now."""
        ...


class Recorder(Protocol):
    """Books facts: the ledger and what is projected from it."""

    def record(
        self,
        tenant_id: TenantId,
        account_id: AccountId,
        facts: Sequence[Fact],
        *,
        recorded_at: datetime,
        correlation_id: CorrelationId,
    ) -> Appended:
        """Append what the ledger does not hold yet and fold it."""
        ...

    def settle(self, tenant_id: TenantId, account_id: AccountId, at: datetime) -> None:
        """Fold what became stale."""
        ...


@dataclass(frozen=True, slots=True)
class QuarantineUnit:
    """What shares one transaction."""

    quarantine: QuarantineStore
    recorder: Recorder


class QuarantineUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[QuarantineUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class QuarantineService:
    """Shows what waits, and books it."""

    def __init__(self, units: QuarantineUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def page(self, tenant_id: TenantId, after: Waiting | None, limit: int) -> tuple[Quarantined, ...]:
        """Facts that wait, the longest waiting first.

        Raises:
            InvalidInput: The limit is not between 1 and 201.
        """
        if not 1 <= limit <= LIMIT_MAX + 1:
            raise InvalidInput("ledger.limit", f"A page has 1 to {LIMIT_MAX} rows.")
        with self._units(tenant_id) as unit:
            return unit.quarantine.page(tenant_id, after, limit)

    def name(
        self, tenant_id: TenantId, venue: VenueId, code: AssetId, asset: AssetId, *, correlation_id: CorrelationId
    ) -> Released:
        """Say which asset a venue's code means, and book everything that waited for it.

        Raises:
            InvalidInput: The asset is itself unknown.
        """
        if is_unknown(asset):
            raise InvalidInput("asset.malformed", "An asset's name has no question mark.")
        recorded = duplicate = still = 0
        now = self._clock.now()
        with self._units(tenant_id) as unit:
            unit.quarantine.name(tenant_id, venue, without_mark(code), asset, now)
            for account_id, facts in unit.quarantine.waiting(tenant_id, venue, without_mark(code)).items():
                done = unit.recorder.record(
                    tenant_id, account_id, facts, recorded_at=now, correlation_id=correlation_id
                )
                unit.recorder.settle(tenant_id, account_id, now)
                booked = [entry.fact.identity for entry in done.entries]
                unit.quarantine.release(tenant_id, account_id, [*booked, *done.duplicates], now)
                recorded, duplicate = recorded + len(booked), duplicate + len(done.duplicates)
                still += len(done.quarantined)
        return Released(recorded=recorded, duplicate=duplicate, waiting=still)


def identity_of(account_id: AccountId, code: AssetId) -> str:
    """The identity of the finding that an account's code is unknown."""
    return f"unknown_symbol:{account_id}:{code}"


def finding_of(account_id: AccountId, code: AssetId, fact: Fact) -> Finding:
    """An account's code is unknown: the first fact that names it stands for all of them."""
    leg = next(leg for leg in fact.legs if without_mark(leg.asset) == code)
    return Finding(
        cause=Cause.UNKNOWN_SYMBOL,
        identity=identity_of(account_id, code),
        account_id=account_id,
        asset=leg.asset,
        wallet=leg.wallet,
        occurred_at=fact.occurred_at,
        at_stake=Money(leg.amount.copy_abs(), leg.asset),
        details={"venue": venue_of(fact), "code": code, "identity": fact.identity, "kind": fact.kind.value},
    )
