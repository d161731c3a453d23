"""What transfers need from outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.inbox import InboxStore
from nightdesk.ledger.transfers.model import Link, LinkFilter, LinkId, Movement, MovementId


class TransferStore(Protocol):
    """Keeps links; one instance works in one transaction."""

    def lock(self, tenant_id: TenantId) -> None:
        """Let nobody else match the tenant's transfers until the transaction ends."""
        ...

    def unlinked(self, tenant_id: TenantId) -> tuple[Movement, ...]:
        """Deposits and withdrawals that stand in the ledger and are in no link."""
        ...

    def movements(self, tenant_id: TenantId, movement_ids: Collection[MovementId]) -> tuple[Movement, ...]:
        """Those of the deposits and withdrawals that stand in the ledger, linked or not."""
        ...

    def addresses(self, tenant_id: TenantId) -> Mapping[str, frozenset[AccountId]]:
        """Which accounts have taken deposits at which addresses, as venues told and as links showed."""
        ...

    def forbidden(self, tenant_id: TenantId) -> frozenset[frozenset[MovementId]]:
        """Pairs that were taken apart."""
        ...

    def add(self, tenant_id: TenantId, link: Link) -> None:
        """Keep a link.

        Raises:
            Conflict: One of its movements is in another link.
        """
        ...

    def get(self, tenant_id: TenantId, link_id: LinkId) -> Link | None:
        """The link, its row locked until the transaction ends."""
        ...

    def unlink(self, tenant_id: TenantId, link_id: LinkId, by: str, at: datetime) -> None:
        """Take a link apart, keeping that it was."""
        ...

    def page(
        self, tenant_id: TenantId, wanted: LinkFilter, before: tuple[datetime, LinkId] | None, limit: int
    ) -> Sequence[Link]:
        """At most so many links, the newest first."""
        ...


class CostCarrier(Protocol):
    """Makes what depends on links anew, in the same transaction."""

    def carry(self, tenant_id: TenantId, movements: Collection[Movement], at: datetime) -> None:
        """Let the cost of what left go along to where it arrived, for the assets of these movements."""
        ...

    def refresh(self, tenant_id: TenantId, at: datetime) -> None:
        """Carry again what history that came late may have changed."""
        ...


@dataclass(frozen=True, slots=True)
class TransferUnit:
    """Stores that share one transaction."""

    transfers: TransferStore
    inbox: InboxStore
    costs: CostCarrier


class TransferUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[TransferUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...
