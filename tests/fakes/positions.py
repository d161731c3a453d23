"""Reported positions in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from nightdesk.accounts.positions import Position, ReportedPosition
from nightdesk.kernel.ids import AccountId, TenantId


@dataclass
class FakePositions:
    """By tenant and account."""

    positions: dict[tuple[TenantId, AccountId], tuple[ReportedPosition, ...]] = field(default_factory=dict)

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[FakePositions]:  # noqa: ARG002
        yield self

    def replace(
        self, tenant_id: TenantId, account_id: AccountId, positions: Sequence[Position], reported_at: datetime
    ) -> None:
        kept = tuple(
            ReportedPosition(account_id=account_id, position=each, reported_at=reported_at) for each in positions
        )
        self.positions[tenant_id, account_id] = kept

    def of_account(self, tenant_id: TenantId, account_id: AccountId) -> tuple[ReportedPosition, ...] | None:
        return self.positions.get((tenant_id, account_id))

    def of_tenant(self, tenant_id: TenantId) -> tuple[ReportedPosition, ...]:
        return tuple(each for (owner, _), kept in self.positions.items() if owner == tenant_id for each in kept)
