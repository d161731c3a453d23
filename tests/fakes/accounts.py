"""Accounts' ports in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

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
from nightdesk.accounts.ports import AccountsUnit
from nightdesk.accounts.positions import Position
from nightdesk.alerts.model import Alert
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Conflict, NightdeskError
from nightdesk.kernel.ids import AccountId, CorrelationId, ImportId, TenantId
from nightdesk.markets.model import Price
from tests.fakes.clock import NOON


@dataclass(slots=True)
class FakeAccountStore:
    """Accounts by tenant."""

    accounts: dict[tuple[TenantId, AccountId], Account] = field(default_factory=dict)
    fingerprints: dict[AccountId, bytes] = field(default_factory=dict)
    balances: dict[AccountId, tuple[ReportedBalance, ...]] = field(default_factory=dict)
    known_reaches: dict[AccountId, Reach] = field(default_factory=dict)

    def add(self, account: Account, key_fingerprint: bytes) -> None:
        taken = {
            self.fingerprints[each.account_id]
            for each in self.list(account.tenant_id)
            if each.state is not AccountState.DISCONNECTED
        }
        if key_fingerprint in taken:
            raise Conflict("accounts.already_connected", "This key is connected already.")
        self.accounts[account.tenant_id, account.account_id] = account
        self.fingerprints[account.account_id] = key_fingerprint

    def remove_unchecked(self, tenant_id: TenantId, key_fingerprint: bytes, created_before: datetime) -> None:
        for each in self.list(tenant_id):
            unchecked = each.state is AccountState.CHECKING and each.created_at < created_before
            if unchecked and self.fingerprints[each.account_id] == key_fingerprint:
                self.remove(tenant_id, each.account_id)

    def remove(self, tenant_id: TenantId, account_id: AccountId) -> None:
        self.accounts.pop((tenant_id, account_id), None)

    def activate(self, tenant_id: TenantId, account_id: AccountId, permissions: KeyPermissions) -> None:
        account = self.accounts[tenant_id, account_id]
        self.accounts[tenant_id, account_id] = replace(account, state=AccountState.ACTIVE, permissions=permissions)

    def get(self, tenant_id: TenantId, account_id: AccountId) -> Account | None:
        return self.accounts.get((tenant_id, account_id))

    def list(self, tenant_id: TenantId) -> tuple[Account, ...]:
        return tuple(account for (owner, _), account in self.accounts.items() if owner == tenant_id)

    def reaches(self, tenant_id: TenantId, venues: Collection[VenueId]) -> dict[AccountId, Reach]:
        wanted = {each.account_id for each in self.list(tenant_id) if each.venue in venues}
        return {account_id: reach for account_id, reach in self.known_reaches.items() if account_id in wanted}

    def set_state(
        self, tenant_id: TenantId, account_id: AccountId, state: AccountState, state_code: str | None = None
    ) -> None:
        account = self.accounts[tenant_id, account_id]
        if account.state is not AccountState.DISCONNECTED:
            self.accounts[tenant_id, account_id] = replace(account, state=state, state_code=state_code)

    def put_balances(
        self, tenant_id: TenantId, account_id: AccountId, balances: Sequence[ReportedBalance], reported_at: datetime
    ) -> None:
        self.balances[account_id] = tuple(balances)
        account = self.accounts[tenant_id, account_id]
        self.accounts[tenant_id, account_id] = replace(account, refreshed_at=reported_at)


@dataclass(slots=True)
class FakeImportStore:
    """Imports in the order in which they were queued."""

    imports: dict[ImportId, ImportProgress] = field(default_factory=dict)
    streams: dict[tuple[AccountId, str], StreamPosition] = field(default_factory=dict)
    skips: dict[tuple[AccountId, str], Skip] = field(default_factory=dict)

    def add(self, progress: ImportProgress) -> bool:
        latest = self.latest(progress.tenant_id, progress.account_id)
        if latest and latest.state.is_open:
            return False
        self.imports[progress.import_id] = progress
        return True

    def latest(self, tenant_id: TenantId, account_id: AccountId) -> ImportProgress | None:
        return self.latest_of_all(tenant_id).get(account_id)

    def latest_of_all(self, tenant_id: TenantId) -> dict[AccountId, ImportProgress]:
        return {each.account_id: each for each in self.imports.values() if each.tenant_id == tenant_id}

    def lock(self, tenant_id: TenantId, import_id: ImportId) -> ImportProgress | None:
        found = self.imports.get(import_id)
        return found if found and found.tenant_id == tenant_id else None

    def save(self, progress: ImportProgress) -> None:
        self.imports[progress.import_id] = progress

    def positions(self, tenant_id: TenantId, account_id: AccountId) -> tuple[StreamPosition, ...]:  # noqa: ARG002
        return tuple(position for (owner, _), position in self.streams.items() if owner == account_id)

    def put_position(
        self,
        tenant_id: TenantId,  # noqa: ARG002
        account_id: AccountId,
        position: StreamPosition,
        moved_at: datetime,  # noqa: ARG002
    ) -> None:
        self.streams[account_id, position.stream] = position

    def add_skips(
        self,
        tenant_id: TenantId,  # noqa: ARG002
        account_id: AccountId,
        skips: Sequence[Skip],
        skipped_at: datetime,  # noqa: ARG002
    ) -> int:
        fresh = {(account_id, skip.identity): skip for skip in skips if (account_id, skip.identity) not in self.skips}
        self.skips |= fresh
        return len(fresh)


@dataclass(slots=True)
class FakeOutbox:
    """Keeps the names of events."""

    events: list[tuple[TenantId, Event]] = field(default_factory=list)

    def add(self, tenant_id: TenantId, event: Event, correlation_id: CorrelationId, created_at: datetime) -> None:  # noqa: ARG002
        self.events.append((tenant_id, event))


@dataclass(slots=True)
class FakeAlertRaiser:
    """Keeps alerts by their keys."""

    raised: dict[str, Alert] = field(default_factory=dict)

    def raise_alert(self, alert: Alert) -> bool:
        fresh = alert.key not in self.raised
        self.raised.setdefault(alert.key, alert)
        return fresh


@dataclass(slots=True)
class FakeAccountsUnits:
    """One set of stores for everybody; nothing is rolled back."""

    accounts: FakeAccountStore = field(default_factory=FakeAccountStore)
    imports: FakeImportStore = field(default_factory=FakeImportStore)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[AccountsUnit]:  # noqa: ARG002
        return self._open()

    @contextmanager
    def _open(self) -> Iterator[AccountsUnit]:
        yield AccountsUnit(accounts=self.accounts, imports=self.imports, outbox=self.outbox)


@dataclass(slots=True)
class FakeVenueGateway:
    """A venue where every key is good, unless a refusal is set; counts what it was asked."""

    refusal: NightdeskError | None = None
    held: dict[AccountId, Credential] = field(default_factory=dict)
    connects: int = 0
    positions_held: tuple[Position, ...] = ()

    def connect(self, account: AccountRef, credential: Credential) -> KeyPermissions:
        self.connects += 1
        if self.refusal:
            raise self.refusal
        self.held[account.account_id] = credential
        return KeyPermissions(may_read=True, may_trade=True, may_withdraw=False, ip_bound=False, checked_at=NOON)

    def disconnect(self, account: AccountRef) -> None:
        self.held.pop(account.account_id, None)

    def balances(self, account: AccountRef) -> tuple[ReportedBalance, ...]:  # noqa: ARG002
        return ()

    def positions(self, account: AccountRef) -> tuple[Position, ...]:  # noqa: ARG002
        return self.positions_held

    def streams(self, account: AccountRef, known: KnownHistory) -> tuple[StreamStart, ...]:  # noqa: ARG002
        return ()

    def history_page(self, account: AccountRef, stream: str, cursor: Cursor) -> HistoryPage:  # noqa: ARG002
        return HistoryPage(facts=(), skips=(), cursor=cursor, finished=True, done_ratio=1.0)

    def tickers(self, venue: VenueId, correlation_id: CorrelationId) -> tuple[Price, ...]:  # noqa: ARG002
        return ()


@dataclass(slots=True)
class FakeImportQueue:
    """What was sent."""

    imports: list[ImportJob] = field(default_factory=list)

    def send(self, job: ImportJob, delay_s: int = 0) -> None:  # noqa: ARG002
        self.imports.append(job)


@dataclass(slots=True)
class FakeRefreshQueue:
    """What was sent."""

    jobs: list[RefreshJob] = field(default_factory=list)

    def send(self, jobs: Sequence[RefreshJob]) -> None:
        self.jobs.extend(jobs)
