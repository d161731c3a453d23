"""A user's accounts at venues, and the import of their history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from nightdesk.kernel.assets import SPOT, AssetId, VenueId, Wallet
from nightdesk.kernel.ids import AccountId, CorrelationId, ImportId, TenantId
from nightdesk.ledger.model import Fact

Cursor = Mapping[str, str | int | None]
"""Where in a stream a venue is to go on; only the venue's own module reads it. Empty: from the beginning."""

BEGINNING: Final[Cursor] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """An exchange that accounts can be connected at.

    Attributes:
        needs: What a user must enter, in the order to ask for it.
    """

    venue: VenueId
    name: str
    needs: tuple[str, ...]


VENUES: Final[tuple[Venue, ...]] = (
    Venue(venue=VenueId("binance"), name="Binance", needs=("key", "secret")),
    Venue(venue=VenueId("kraken"), name="Kraken", needs=("key", "secret")),
    Venue(venue=VenueId("coinbase"), name="Coinbase", needs=("key_name", "private_key")),
    Venue(venue=VenueId("bitfinex"), name="Bitfinex", needs=("key", "secret")),
    Venue(venue=VenueId("htx"), name="HTX", needs=("key", "secret")),
)


class AccountState(StrEnum):
    """Where a connection stands; a manual one has no key and is fed by files."""

    CHECKING = "checking"
    ACTIVE = "active"
    FAILING = "failing"
    DISCONNECTED = "disconnected"
    MANUAL = "manual"


class ImportState(StrEnum):
    """Where an import stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        """Whether there is still work to do."""
        return self in {ImportState.QUEUED, ImportState.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPermissions:
    """What a venue lets a key do.

    Attributes:
        ip_bound: Whether it takes the key from listed addresses only; None where the venue does not say.
    """

    may_read: bool
    may_trade: bool
    may_withdraw: bool
    ip_bound: bool | None
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Credential:
    """A key and its secret in clear; lives only in memory, and no text of it shows either.

    Attributes:
        ip_bound: The venue takes the key from listed addresses only, as it said when the key was checked; False where
            it says nothing of that, None where it was not asked yet.
    """

    key: str = field(repr=False)
    secret: str = field(repr=False)
    ip_bound: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user's account at a venue.

    Attributes:
        state_code: The stable error code while the state is failing.
        key_hint: The last four characters of the key.
        permissions: None until the venue answered.
        refreshed_at: When balances were last reported.
    """

    tenant_id: TenantId
    account_id: AccountId
    venue: VenueId
    label: str
    state: AccountState
    state_code: str | None = None
    key_hint: str | None = None
    permissions: KeyPermissions | None = None
    created_at: datetime
    refreshed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRef:
    """What a call for an account names.

    Attributes:
        asker: The function or service that has it done.
    """

    tenant_id: TenantId
    account_id: AccountId
    venue: VenueId
    correlation_id: CorrelationId
    asker: str = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRef:
    """What a call for all accounts of a tenant names."""

    tenant_id: TenantId
    correlation_id: CorrelationId
    asker: str = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedBalance:
    """What a venue says an account holds of an asset in one of its wallets; free and locked count what was borrowed."""

    asset: AssetId
    free: Decimal
    locked: Decimal
    wallet: Wallet = SPOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """A row of a venue that the ledger could not take.

    Attributes:
        identity: What it would have been recorded under; unique in the account.
        reason: Stable, dotted: `import.instrument_unknown`.
        payload: The venue's row as it came.
    """

    identity: str
    reason: str
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """A page of one stream of an account's history.

    Attributes:
        facts: Oldest first.
        cursor: Where the next page begins.
        finished: Whether there is nothing more for now.
        done_ratio: How far into its stream the page ends, 0 to 1, as near as the venue lets one tell.
    """

    facts: tuple[Fact, ...]
    skips: tuple[Skip, ...]
    cursor: Cursor
    finished: bool
    done_ratio: float

    @property
    def rows(self) -> int:
        """How many rows the venue sent."""
        return len(self.facts) + len(self.skips)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHistory:
    """What an import has brought to light so far; tells a venue which streams are worth asking for.

    Attributes:
        assets: Every asset that the ledger names.
        streams: Those that were found before.
        earliest_at: When the first event of the ledger occurred; None while it is empty.
    """

    assets: frozenset[AssetId] = frozenset()
    streams: frozenset[str] = frozenset()
    earliest_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStart:
    """A stream and where to begin it."""

    stream: str
    cursor: Cursor = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPosition:
    """How far one stream of an account has been imported.

    Attributes:
        rank: Streams are imported in this order.
        finished_by: The import that last reached the stream's end.
    """

    stream: str
    rank: int
    cursor: Cursor = field(default_factory=dict)
    finished_by: ImportId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """An import, as its row says.

    Attributes:
        stage: What it is at: `discovering`, `trades:XRP/ETH`, `deposits`.
        progress_ratio: 0 to 1.
        attempts: How often a worker took it; the last to take it is the only one that may write.
        heartbeat_at: Its last sign of life, or when it wants to go on if it is waiting for a venue.
    """

    tenant_id: TenantId
    import_id: ImportId
    account_id: AccountId
    state: ImportState
    stage: str | None = None
    rows_recorded: int = 0
    rows_duplicate: int = 0
    rows_skipped: int = 0
    streams_done: int = 0
    streams_total: int = 0
    progress_ratio: float = 0.0
    error_code: str | None = None
    error_message: str | None = None
    attempts: int = 0
    correlation_id: CorrelationId
    queued_at: datetime
    started_at: datetime | None = None
    heartbeat_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def rows(self) -> int:
        """How many rows the venue has sent so far."""
        return self.rows_recorded + self.rows_duplicate + self.rows_skipped

    def eta_s(self, now: datetime) -> float | None:
        """Seconds to the end at the rate so far; None when that can't be told."""
        if self.state is ImportState.DONE:
            return 0.0
        if self.started_at is None or not self.state.is_open or self.progress_ratio <= 0:
            return None
        elapsed_s = max((now - self.started_at) / timedelta(seconds=1), 0.0)
        return elapsed_s * (1 - self.progress_ratio) / self.progress_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """The message that makes a worker take an import."""

    tenant_id: TenantId
    account_id: AccountId
    import_id: ImportId
    correlation_id: CorrelationId


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshJob:
    """The message that makes a worker ask a venue for balances and prices."""

    tenant_id: TenantId
    account_id: AccountId
    correlation_id: CorrelationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, for whoever listens on the event bus.

    Attributes:
        name: Past tense with a version: `account.connected.v1`.
        payload: Ids, numbers and short texts; never a secret.
    """

    name: str
    payload: Mapping[str, str | int | None]
