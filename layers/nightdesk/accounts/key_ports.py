"""What the desk's side of keys needs from outside."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from nightdesk.accounts.keys import KeyDrill, KeyRecord, KeyTest, KeyUse, RevokedKey, Rotation, UsePlace
from nightdesk.accounts.model import AccountRef, Credential, TenantRef
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId

Halt = Callable[[TenantId, str, CorrelationId], None]
"""Stops the tenant's trading and cancels its orders; told who did it. Raises what the kill switch raises."""


class KeyGateway(Protocol):
    """The gateway's operations on keys; errors as `VenueGateway` states them."""

    def rotate(self, account: AccountRef, credential: Credential, *, confirmed: bool) -> Rotation:
        """Put another key in the place of the account's."""
        ...

    def test_key(self, account: AccountRef) -> KeyTest:
        """Try out what the account's key may do."""
        ...

    def revoke_all(self, tenant: TenantRef, *, drill: bool) -> tuple[RevokedKey, ...]:
        """Destroy every key of the tenant, or rehearse it."""
        ...


class KeyStore(Protocol):
    """What is known of keys, within one transaction of one tenant; nothing of it opens one."""

    def record(self, tenant_id: TenantId, account_id: AccountId) -> KeyRecord | None:
        """How the account's key is kept; None if it never had one."""
        ...

    def uses(
        self, tenant_id: TenantId, account_id: AccountId, *, before: UsePlace | None, limit: int
    ) -> tuple[KeyUse, ...]:
        """Its uses, those last used first.

        Args:
            tenant_id: Whose.
            account_id: Of which account.
            before: Only those after this place in the list.
            limit: At most so many.
        """
        ...

    def add_drill(self, tenant_id: TenantId, drill: KeyDrill) -> None:
        """Keep that keys were revoked, or that it was rehearsed."""
        ...

    def drills(self, tenant_id: TenantId, *, before: datetime | None, limit: int) -> tuple[KeyDrill, ...]:
        """The same, the latest first."""
        ...


class KeyUnits(Protocol):
    """Opens transactions of a tenant on what is known of keys."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[KeyStore]:
        """A transaction."""
        ...
