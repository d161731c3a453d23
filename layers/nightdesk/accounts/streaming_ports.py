"""What following accounts live needs from outside; the venue's side is for an event loop, the books are not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nightdesk.accounts.model import (
    AccountRef,
    Credential,
    Cursor,
    HistoryPage,
    KnownHistory,
    ReportedBalance,
    StreamStart,
)
from nightdesk.accounts.ports import AccountStore, ImportStore, Outbox
from nightdesk.accounts.streaming import StreamedAccount, StreamEvent
from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import Appended, Entry, Fact
from nightdesk.markets.orders import VenueOrder

StreamListener = Callable[[StreamEvent], None]
"""Called in the read loop with each event as it comes: must return at once."""


class AccountStream(Protocol):
    """One life of an account's private connection; every method raises as `VenueGateway` states."""

    async def open(self, listener: StreamListener) -> None:
        """Connect; when this returns, everything that happens from now on is told."""
        ...

    async def run(self) -> None:
        """Wait for the end of the connection.

        Raises:
            Unavailable: It broke, ended, or is silent without saying so.
        """
        ...

    async def balances(self) -> tuple[ReportedBalance, ...]:
        """What the account holds; assets of which it holds nothing are left out."""
        ...

    async def streams(self, known: KnownHistory) -> tuple[StreamStart, ...]:
        """The streams of history that there may be."""
        ...

    async def history_page(self, stream: str, cursor: Cursor) -> HistoryPage:
        """The page of the stream that begins at the cursor."""
        ...

    def instrument_of(self, stream: str) -> Instrument | None:
        """The market whose own trades the stream holds; None for movements and for what is not listed now."""
        ...

    def is_movements(self, stream: str) -> bool:
        """Whether the stream holds deposits or withdrawals."""
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...


class AccountStreams(Protocol):
    """Makes streams of accounts."""

    def stream(self, account: AccountRef, credential: Credential) -> AccountStream:
        """A stream, not yet open."""
        ...


class StreamedAccounts(Protocol):
    """Which accounts have a key, over all tenants."""

    def all(self) -> tuple[StreamedAccount, ...]:
        """Every one, in the order of their keys' age.

        Raises:
            Unavailable: `database.unavailable`.
        """
        ...


class StreamRecorder(Protocol):
    """Books facts with the holdings that follow from them, within one transaction."""

    def record(self, account: AccountRef, facts: Sequence[Fact], recorded_at: datetime) -> Appended:
        """Append what is not there yet."""
        ...

    def settle(self, account: AccountRef, now: datetime) -> None:
        """Fold what older facts made stale."""
        ...

    def quantities(self, account: AccountRef) -> Mapping[AssetId, Decimal]:
        """What the account holds by its ledger."""
        ...

    def traded(self, account: AccountRef) -> frozenset[str]:
        """Symbols of the markets that the account's ledger names."""
        ...

    def earliest_at(self, account: AccountRef) -> datetime | None:
        """When the account's ledger begins."""
        ...


class ReportedBalances(Protocol):
    """What a venue reports, within one transaction."""

    def merge(
        self, tenant_id: TenantId, account_id: AccountId, balances: Sequence[ReportedBalance], reported_at: datetime
    ) -> None:
        """Put these in the place of what was reported of the same assets and wallets before; the others stay."""
        ...

    def replace(
        self, tenant_id: TenantId, account_id: AccountId, balances: Sequence[ReportedBalance], reported_at: datetime
    ) -> None:
        """Put these in the place of all that was reported before; what is newer stays, each by itself."""
        ...


class StreamedOrders(Protocol):
    """The desk's orders, within one transaction."""

    def hear(self, account: AccountRef, told: Sequence[VenueOrder], now: datetime) -> None:
        """Keep what the venue tells of them; what was placed elsewhere is adopted."""
        ...


@dataclass(frozen=True, slots=True)
class StreamUnit:
    """What shares one transaction."""

    accounts: AccountStore
    imports: ImportStore
    outbox: Outbox
    reported: ReportedBalances
    facts: StreamRecorder
    orders: StreamedOrders


class StreamUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[StreamUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class LedgerNews(Protocol):
    """Tells whoever listens that a ledger grew; to be called after the commit. Missing news is harmless."""

    def publish(self, tenant_id: TenantId, account_id: AccountId, entries: Sequence[Entry]) -> None:
        """Tell it; never raises."""
        ...
