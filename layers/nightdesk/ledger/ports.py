"""What the ledger needs from outside."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import Entry, EntryFilter, Head, Place


class LedgerStore(Protocol):
    """Keeps entries; one instance works in one transaction. Entries are only ever added."""

    def lock_head(self, tenant_id: TenantId, account_id: AccountId) -> Head:
        """The end of the account's chain; until the transaction ends nobody else may append to it."""
        ...

    def head(self, tenant_id: TenantId, account_id: AccountId) -> Head:
        """The end of the account's chain, without a lock."""
        ...

    def known(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str]) -> frozenset[str]:
        """Those of the identities that the account's chain holds."""
        ...

    def add(self, tenant_id: TenantId, account_id: AccountId, entries: Sequence[Entry]) -> None:
        """Keep the entries with their legs and move the head to the last; the head is locked."""
        ...

    def newest(self, tenant_id: TenantId, wanted: EntryFilter, before: Place | None, limit: int) -> tuple[Entry, ...]:
        """At most so many entries, newest first, all of them before the place."""
        ...

    def chain(self, tenant_id: TenantId, account_id: AccountId) -> Iterator[Entry]:
        """Every entry of the account by sequence, streamed."""
        ...

    def history(self, tenant_id: TenantId, account_id: AccountId, assets: Collection[AssetId]) -> Iterator[Entry]:
        """The account's entries with a leg of any of the assets, by instant, then sequence, streamed."""
        ...

    def accounts(self, tenant_id: TenantId) -> tuple[AccountId, ...]:
        """Accounts that have a chain, in the order of their ids."""
        ...


class LedgerReads(Protocol):
    """Opens transactions for reading the ledger."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[LedgerStore]:
        """A store in a transaction of the tenant that sees one moment throughout."""
        ...
