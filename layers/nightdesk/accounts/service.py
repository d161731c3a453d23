"""Connecting, listing, refreshing and disconnecting accounts."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

from nightdesk.accounts import errors
from nightdesk.accounts.horizon import HORIZONS, HistoryReach, history_of
from nightdesk.accounts.keys import fingerprint, hint
from nightdesk.accounts.model import (
    VENUES,
    Account,
    AccountRef,
    AccountState,
    Credential,
    Event,
    ImportJob,
    ImportProgress,
    ImportState,
    KeyPermissions,
    RefreshJob,
    Venue,
)
from nightdesk.accounts.ports import AccountsUnit, AccountsUnits, ImportQueue, RefreshQueue, VenueGateway
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import InvalidInput, NightdeskError, Unavailable
from nightdesk.kernel.ids import AccountId, CorrelationId, IdFactory, ImportId, TenantId
from nightdesk.kernel.instants import Clock

LABEL_LENGTH_MAX = 80
CREDENTIAL_LENGTH_MAX = 4096
CHECK_ABANDONED_AFTER = timedelta(minutes=2)

_log = logging.getLogger(__name__)


class AccountsService:
    """What the account routes call. Every method acts for one tenant; another's ids are not found."""

    def __init__(
        self,
        *,
        units: AccountsUnits,
        gateway: VenueGateway,
        imports: ImportQueue,
        refreshes: RefreshQueue,
        clock: Clock,
        new_id: IdFactory,
    ) -> None:
        self._units = units
        self._gateway = gateway
        self._imports = imports
        self._refreshes = refreshes
        self._clock = clock
        self._new_id = new_id

    def venues(self) -> tuple[Venue, ...]:
        """The venues that can be connected."""
        return VENUES

    def connect(
        self,
        tenant_id: TenantId,
        *,
        venue: str,
        credential: Credential,
        label: str,
        correlation_id: CorrelationId,
    ) -> Account:
        """Check a key at its venue, keep it sealed, queue the import of its history.

        Raises:
            InvalidInput: `accounts.venue_unknown`, `accounts.label_malformed`, `accounts.credential_malformed`,
                `accounts.key_wrong`, `accounts.key_may_withdraw`, `accounts.key_cannot_read`.
            Conflict: `accounts.already_connected`.
            RateLimited: `venue.rate_limited`, `venue.banned`.
            Unavailable: `venue.unavailable`, `gateway.unavailable`, `database.unavailable`.
        """
        account = self._new_account(tenant_id, venue, credential, label)
        ref = _ref(account, correlation_id)
        self._keep_intent(account, credential)
        try:
            permissions = self._gateway.connect(ref, credential)
        except NightdeskError as error:
            self._give_up(ref, error)
            raise
        progress = self._activate(ref, permissions)
        self._send(progress)
        return self.get(tenant_id, account.account_id)

    def list(self, tenant_id: TenantId, *, with_disconnected: bool = False) -> tuple[Account, ...]:
        """The tenant's connected accounts, oldest first; those too that were, if asked for."""
        with self._units(tenant_id) as unit:
            accounts = unit.accounts.list(tenant_id)
        return tuple(each for each in accounts if with_disconnected or each.state is not AccountState.DISCONNECTED)

    def get(self, tenant_id: TenantId, account_id: AccountId) -> Account:
        """The account.

        Raises:
            NotFound: `accounts.not_found`: none of this tenant, or disconnected.
        """
        with self._units(tenant_id) as unit:
            return _found(unit, tenant_id, account_id)

    def import_progress(self, tenant_id: TenantId, account_id: AccountId) -> ImportProgress | None:
        """The account's latest import; None if there was none yet.

        Raises:
            NotFound: `accounts.not_found`.
        """
        with self._units(tenant_id) as unit:
            _found(unit, tenant_id, account_id)
            return unit.imports.latest(tenant_id, account_id)

    def imports(self, tenant_id: TenantId) -> dict[AccountId, ImportProgress]:
        """The latest import of every account that has one."""
        with self._units(tenant_id) as unit:
            return unit.imports.latest_of_all(tenant_id)

    def histories(self, tenant_id: TenantId) -> dict[AccountId, HistoryReach]:
        """How far the history of every account is told, where its venue has a horizon."""
        with self._units(tenant_id) as unit:
            venues = {account.account_id: account.venue for account in unit.accounts.list(tenant_id)}
            reaches = unit.accounts.reaches(tenant_id, HORIZONS)
        return {account_id: history_of(venues[account_id], reach) for account_id, reach in reaches.items()}

    def start_import(self, tenant_id: TenantId, account_id: AccountId, correlation_id: CorrelationId) -> ImportProgress:
        """Queue an import of what is new; if one is open already, that one.

        Raises:
            NotFound: `accounts.not_found`.
            Conflict: `accounts.manual`.
        """
        with self._units(tenant_id) as unit:
            account = _keyed(_found(unit, tenant_id, account_id))
            progress = self._queue_import(unit, _ref(account, correlation_id))
        self._send(progress)
        return progress

    def request_refresh(self, tenant_id: TenantId, account_id: AccountId, correlation_id: CorrelationId) -> None:
        """Have the account's balances and prices fetched soon.

        Raises:
            NotFound: `accounts.not_found`.
            Conflict: `accounts.manual`.
            Unavailable: `queue.unavailable`.
        """
        _keyed(self.get(tenant_id, account_id))
        self._refreshes.send((RefreshJob(tenant_id=tenant_id, account_id=account_id, correlation_id=correlation_id),))

    def request_refresh_of_all(self, tenant_id: TenantId, correlation_id: CorrelationId) -> int:
        """Have every account of the tenant refreshed soon (at a sign-in); how many.

        Raises:
            Unavailable: `queue.unavailable`.
        """
        jobs = [
            RefreshJob(tenant_id=tenant_id, account_id=account.account_id, correlation_id=correlation_id)
            for account in self.list(tenant_id)
            if account.state not in {AccountState.CHECKING, AccountState.MANUAL}
        ]
        if jobs:
            self._refreshes.send(jobs)
        return len(jobs)

    def disconnect(self, tenant_id: TenantId, account_id: AccountId, correlation_id: CorrelationId) -> None:
        """Forget the key and stop what runs for the account; its ledger stays.

        Raises:
            NotFound: `accounts.not_found`.
            Unavailable: `gateway.unavailable`: the key may still be kept; try again.
        """
        account = self.get(tenant_id, account_id)
        self._gateway.disconnect(_ref(account, correlation_id))
        with self._units(tenant_id) as unit:
            unit.accounts.set_state(tenant_id, account_id, AccountState.DISCONNECTED)
            self._close_import(unit, tenant_id, account_id)
            unit.outbox.add(tenant_id, _event("account.disconnected.v1", account), correlation_id, self._clock.now())

    def _new_account(self, tenant_id: TenantId, venue: str, credential: Credential, label: str) -> Account:
        if venue not in {known.venue for known in VENUES}:
            raise errors.venue_unknown(venue)
        if not 0 < len(label.strip()) <= LABEL_LENGTH_MAX:
            raise InvalidInput("accounts.label_malformed", f"A label has 1 to {LABEL_LENGTH_MAX} characters.")
        require_usable(credential)
        return Account(
            tenant_id=tenant_id,
            account_id=AccountId(self._new_id()),
            venue=VenueId(venue),
            label=label.strip(),
            state=AccountState.CHECKING,
            key_hint=hint(credential.key),
            created_at=self._clock.now(),
        )

    def _keep_intent(self, account: Account, credential: Credential) -> None:
        known_by = fingerprint(account.venue, credential.key)
        with self._units(account.tenant_id) as unit:
            abandoned = account.created_at - CHECK_ABANDONED_AFTER
            unit.accounts.remove_unchecked(account.tenant_id, known_by, abandoned)
            unit.accounts.add(account, known_by)

    def _give_up(self, ref: AccountRef, error: NightdeskError) -> None:
        # After an unclear failure the gateway may have kept the key all the same.
        if error.code not in errors.CREDENTIAL_CODES:
            try:
                self._gateway.disconnect(ref)
            except NightdeskError as second:
                _log.warning("a key may be kept without its account: %s", second.code)
        with self._units(ref.tenant_id) as unit:
            unit.accounts.remove(ref.tenant_id, ref.account_id)

    def _activate(self, ref: AccountRef, permissions: KeyPermissions) -> ImportProgress:
        with self._units(ref.tenant_id) as unit:
            unit.accounts.activate(ref.tenant_id, ref.account_id, permissions)
            account = _found(unit, ref.tenant_id, ref.account_id)
            unit.outbox.add(
                ref.tenant_id, _event("account.connected.v1", account), ref.correlation_id, self._clock.now()
            )
            return self._queue_import(unit, ref)

    def _queue_import(self, unit: AccountsUnit, ref: AccountRef) -> ImportProgress:
        progress = ImportProgress(
            tenant_id=ref.tenant_id,
            import_id=ImportId(self._new_id()),
            account_id=ref.account_id,
            state=ImportState.QUEUED,
            correlation_id=ref.correlation_id,
            queued_at=self._clock.now(),
        )
        unit.imports.add(progress)
        present = unit.imports.latest(ref.tenant_id, ref.account_id)
        return present or progress

    def _send(self, progress: ImportProgress) -> None:
        # The row is the truth; what a queue did not take, the sweeper sends.
        try:
            self._imports.send(job_of(progress))
        except Unavailable as error:
            _log.warning("import left to the sweeper: %s", error.code)

    def _close_import(self, unit: AccountsUnit, tenant_id: TenantId, account_id: AccountId) -> None:
        latest = unit.imports.latest(tenant_id, account_id)
        present = unit.imports.lock(tenant_id, latest.import_id) if latest else None
        if present and present.state.is_open:
            unit.imports.save(failed(present, errors.DISCONNECTED, "The account was disconnected.", self._clock))


def require_usable(credential: Credential) -> None:
    """Pass if both parts could be what a venue shows.

    Raises:
        InvalidInput: `accounts.credential_malformed`.
    """
    secret = credential.secret.replace("\r", "").replace("\n", "")  # a private key has several lines
    if not _usable(credential.key) or not _usable(secret):
        raise InvalidInput("accounts.credential_malformed", "Enter the key and the secret as the venue shows them.")


def job_of(progress: ImportProgress) -> ImportJob:
    """The message that makes a worker take the import."""
    return ImportJob(
        tenant_id=progress.tenant_id,
        account_id=progress.account_id,
        import_id=progress.import_id,
        correlation_id=progress.correlation_id,
    )


def failed(progress: ImportProgress, code: str, message: str, clock: Clock) -> ImportProgress:
    """The import, ended without success."""
    return replace(progress, state=ImportState.FAILED, error_code=code, error_message=message, finished_at=clock.now())


def _found(unit: AccountsUnit, tenant_id: TenantId, account_id: AccountId) -> Account:
    account = unit.accounts.get(tenant_id, account_id)
    if account is None or account.state is AccountState.DISCONNECTED:
        raise errors.not_found()
    return account


def _keyed(account: Account) -> Account:
    if account.state is AccountState.MANUAL:
        raise errors.manual()
    return account


def _ref(account: Account, correlation_id: CorrelationId) -> AccountRef:
    return AccountRef(
        tenant_id=account.tenant_id,
        account_id=account.account_id,
        venue=account.venue,
        correlation_id=correlation_id,
    )


def _event(name: str, account: Account) -> Event:
    payload = {"account_id": str(account.account_id), "venue": str(account.venue), "label": account.label}
    return Event(name=name, payload=payload)


def _usable(text: str) -> bool:
    return 0 < len(text) <= CREDENTIAL_LENGTH_MAX and text.isprintable() and not text.isspace()
