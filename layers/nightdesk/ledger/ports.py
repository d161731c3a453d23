"""What the ledger needs from outside."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.anchors import Anchor
from nightdesk.ledger.balances import Balance, BalanceQuery
from nightdesk.ledger.model import Doubt, Entry, EntryFilter, EntryKind, Fact, Head, Place
from nightdesk.ledger.naming import Names

Move = tuple[int, str, int]
"""A leg of one asset: its entry's sequence, its role, its amount as a number of 10^-18ths."""


class LedgerStore(Protocol):
    """Keeps entries; one instance works in one transaction. Entries are only ever added."""

    def lock_head(self, tenant_id: TenantId, account_id: AccountId) -> Head:
        """The end of the account's chain; until the transaction ends nobody else may append to it."""
        ...

    def head(self, tenant_id: TenantId, account_id: AccountId) -> Head:
        """The end of the account's chain, without a lock."""
        ...

    def known(self, tenant_id: TenantId, account_id: AccountId, identities: Collection[str]) -> Mapping[str, Fact]:
        """Those of the identities that the account's chain holds, with what it says of them."""
        ...

    def doubt(self, tenant_id: TenantId, account_id: AccountId, doubts: Sequence[Doubt], told_at: datetime) -> None:
        """Keep what contradicts the chain, each telling once."""
        ...

    def names(self, tenant_id: TenantId) -> Names:
        """What the tenant said that codes mean which nobody else knows."""
        ...

    def quarantine(self, tenant_id: TenantId, account_id: AccountId, facts: Sequence[Fact], told_at: datetime) -> None:
        """Keep facts of unknown assets whole, each identity once, and tell of them."""
        ...

    def keep_routes(self, tenant_id: TenantId, account_id: AccountId, facts: Sequence[Fact]) -> None:
        """Keep the routes of these facts beside their entries, adding to what is known of them."""
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
        """The account's entries with a leg of any of the assets, by instant, then sequence, streamed.

        Without reversals and what they took back.
        """
        ...

    def balances(self, tenant_id: TenantId, wanted: BalanceQuery) -> tuple[Balance, ...]:
        """Balances that are not zero, by account, wallet and asset."""
        ...

    def known_head(self, tenant_id: TenantId, account_id: AccountId, known_on: datetime | None) -> Head:
        """The end of the account's chain as it was known at an instant, or as it is."""
        ...

    def stretch(self, tenant_id: TenantId, account_id: AccountId, after: int, limit: int) -> tuple[Entry, ...]:
        """At most so many entries of the account by sequence, all of them after this one."""
        ...

    def anchors(
        self, tenant_id: TenantId, account_id: AccountId, until: datetime | None, limit: int
    ) -> tuple[Anchor, ...]:
        """The newest anchors of the account, signed until the instant, the oldest first."""
        ...

    def kinds(self, tenant_id: TenantId, account_id: AccountId) -> Mapping[int, EntryKind]:
        """By sequence, kinds of entries that are no trades; what a reversal took back counts as a reversal."""
        ...

    def moves(self, tenant_id: TenantId, account_id: AccountId, asset: AssetId) -> Iterator[Move]:
        """The asset's legs by instant, then sequence, streamed."""
        ...

    def considered(
        self, tenant_id: TenantId, account_id: AccountId, asset: AssetId
    ) -> Iterator[tuple[int, AssetId, int]]:
        """Sequence, asset and amount in 10^-18ths of the other legs where the asset is the base, in that order."""
        ...

    def occurred_at(self, tenant_id: TenantId, account_id: AccountId, sequence: int) -> datetime:
        """When an entry that there is occurred."""
        ...

    def accounts(self, tenant_id: TenantId) -> tuple[AccountId, ...]:
        """Accounts that have a chain, in the order of their ids."""
        ...


class LedgerReads(Protocol):
    """Opens transactions for reading the ledger."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[LedgerStore]:
        """A store in a transaction of the tenant that sees one moment throughout."""
        ...
