"""What accounts need from outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nightdesk.accounts.horizon import Reach
from nightdesk.accounts.model import (
    Account,
    AccountRef,
    AccountState,
    Credential,
    Cursor,
    Event,
    HistoryPage,
    ImportJob,
    ImportProgress,
    KeyPermissions,
    KnownHistory,
    RefreshJob,
    ReportedBalance,
    Skip,
    StreamPosition,
    StreamStart,
)
from nightdesk.alerts.model import Alert
from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.kernel.ids import AccountId, CorrelationId, ImportId, TenantId
from nightdesk.ledger.model import Fact
from nightdesk.markets.model import Price


class VenueGateway(Protocol):
    """The only way to a venue; it alone can open credentials.

    Every method raises `Unavailable` (`venue.unavailable`, `gateway.unavailable`), `RateLimited`
    (`venue.rate_limited`, `venue.banned`), `InvalidInput` (`accounts.key_wrong`, …) and `Conflict`
    (`accounts.not_connected`).
    """

    def connect(self, account: AccountRef, credential: Credential) -> KeyPermissions:
        """Check the key at the venue, refuse one that may withdraw or not read, seal and keep it."""
        ...

    def disconnect(self, account: AccountRef) -> None:
        """Forget the key; there being none is no error."""
        ...

    def balances(self, account: AccountRef) -> tuple[ReportedBalance, ...]:
        """What the venue says the account holds; assets of which it holds nothing are left out."""
        ...

    def streams(self, account: AccountRef, known: KnownHistory) -> tuple[StreamStart, ...]:
        """The streams of history to import, in this order; to be asked again when more is known."""
        ...

    def history_page(self, account: AccountRef, stream: str, cursor: Cursor) -> HistoryPage:
        """The page of the stream that begins at the cursor."""
        ...

    def tickers(self, venue: VenueId, correlation_id: CorrelationId) -> tuple[Price, ...]:
        """The last price of every market of the venue."""
        ...


class AccountStore(Protocol):
    """Accounts and what venues report of them, within one transaction of one tenant."""

    def add(self, account: Account, key_fingerprint: bytes) -> None:
        """Keep a new account.

        Raises:
            Conflict: `accounts.already_connected`: another account of the tenant has the key.
        """
        ...

    def remove_unchecked(self, tenant_id: TenantId, key_fingerprint: bytes, created_before: datetime) -> None:
        """Forget accounts with this key whose check was never finished."""
        ...

    def remove(self, tenant_id: TenantId, account_id: AccountId) -> None:
        """Forget an account that is still being checked."""
        ...

    def activate(self, tenant_id: TenantId, account_id: AccountId, permissions: KeyPermissions) -> None:
        """Keep what the key may do; the account is active."""
        ...

    def get(self, tenant_id: TenantId, account_id: AccountId) -> Account | None:
        """The account, disconnected or not."""
        ...

    def list(self, tenant_id: TenantId) -> tuple[Account, ...]:
        """Every account of the tenant, oldest first."""
        ...

    def reaches(self, tenant_id: TenantId, venues: Collection[VenueId]) -> Mapping[AccountId, Reach]:
        """How far the history of every account at these venues reaches; none of accounts that were never imported."""
        ...

    def set_state(
        self, tenant_id: TenantId, account_id: AccountId, state: AccountState, state_code: str | None = None
    ) -> None:
        """Move the account to the state; a disconnected one stays so."""
        ...

    def put_balances(
        self, tenant_id: TenantId, account_id: AccountId, balances: Sequence[ReportedBalance], reported_at: datetime
    ) -> None:
        """Replace what the venue reported, unless something newer is there already."""
        ...


class ImportStore(Protocol):
    """Imports and their cursors, within one transaction of one tenant."""

    def add(self, progress: ImportProgress) -> bool:
        """Keep a new import; False if the account has one open already."""
        ...

    def latest(self, tenant_id: TenantId, account_id: AccountId) -> ImportProgress | None:
        """The account's import queued last."""
        ...

    def latest_of_all(self, tenant_id: TenantId) -> dict[AccountId, ImportProgress]:
        """The import queued last of every account."""
        ...

    def lock(self, tenant_id: TenantId, import_id: ImportId) -> ImportProgress | None:
        """The import, its row locked until the transaction ends."""
        ...

    def save(self, progress: ImportProgress) -> None:
        """Keep what changed of a locked import."""
        ...

    def positions(self, tenant_id: TenantId, account_id: AccountId) -> tuple[StreamPosition, ...]:
        """Every stream's position, in the order to import them."""
        ...

    def put_position(
        self, tenant_id: TenantId, account_id: AccountId, position: StreamPosition, moved_at: datetime
    ) -> None:
        """Keep the stream's position."""
        ...

    def add_skips(self, tenant_id: TenantId, account_id: AccountId, skips: Sequence[Skip], skipped_at: datetime) -> int:
        """Keep what could not be recorded; how many were not kept before."""
        ...


class AlertRaiser(Protocol):
    """Tells users, within the transaction of what there is to tell."""

    def raise_alert(self, alert: Alert) -> bool:
        """Keep the alert for every channel that takes it; False if it was raised before."""
        ...


class FactRecorder(Protocol):
    """Books facts in the ledger and what follows from them, within the same transaction."""

    def record(self, account: AccountRef, facts: Sequence[Fact], recorded_at: datetime) -> Booked:
        """Append what is not there yet."""
        ...

    def settle(self, account: AccountRef, now: datetime) -> None:
        """Bring every projection up to date after the last fact."""
        ...

    def assets(self, account: AccountRef) -> frozenset[AssetId]:
        """Every asset that the account's ledger names."""
        ...

    def earliest_at(self, account: AccountRef) -> datetime | None:
        """When the first event of the account's ledger occurred."""
        ...


@dataclass(frozen=True, slots=True)
class Booked:
    """What became of facts: each is one of these.

    Attributes:
        doubtful: Known already, but told differently, or of an asset nobody knows: kept aside by the ledger.
    """

    recorded: int
    duplicate: int
    doubtful: int = 0


class Outbox(Protocol):
    """Events that leave with the transaction that made them."""

    def add(self, tenant_id: TenantId, event: Event, correlation_id: CorrelationId, created_at: datetime) -> None:
        """Keep the event until it is published."""
        ...


@dataclass(frozen=True, slots=True)
class AccountsUnit:
    """Stores that share one transaction."""

    accounts: AccountStore
    imports: ImportStore
    outbox: Outbox


@dataclass(frozen=True, slots=True)
class ImportUnit:
    """Stores that share one transaction of an import."""

    accounts: AccountStore
    imports: ImportStore
    outbox: Outbox
    facts: FactRecorder
    alerts: AlertRaiser


class AccountsUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[AccountsUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class ImportUnits(Protocol):
    """Opens transactions of a tenant that can book."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[ImportUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class ImportQueue(Protocol):
    """Where imports wait for a worker."""

    def send(self, job: ImportJob, delay_s: int = 0) -> None:
        """Hand the job to a worker after the delay.

        Raises:
            Unavailable: `queue.unavailable`.
        """
        ...


class RefreshQueue(Protocol):
    """Where accounts wait to be refreshed."""

    def send(self, jobs: Sequence[RefreshJob]) -> None:
        """Hand the jobs to workers.

        Raises:
            Unavailable: `queue.unavailable`.
        """
        ...


class ProgressChannel(Protocol):
    """Tells whoever watches how an import goes; missing one is harmless."""

    def publish(self, progress: ImportProgress, eta_s: float | None) -> None:
        """Send the progress to those who watch now.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        ...


class Turnstile(Protocol):
    """Lets one through in a while, over all processes."""

    def enter(self, name: str, hold_s: int) -> bool:
        """Whether the caller is the first of that name within so many seconds.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        ...
