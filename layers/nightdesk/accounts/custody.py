"""The keeper of credentials: what the one function that may open them does, and nothing else.

It offers five reading operations for an account, one public one, and no way to trade, withdraw or hand a credential
out. Every use of a credential leaves a row.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from nightdesk.accounts import errors
from nightdesk.accounts.model import (
    AccountRef,
    Credential,
    Cursor,
    HistoryPage,
    KeyPermissions,
    KnownHistory,
    ReportedBalance,
    StreamStart,
)
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.markets.model import Price

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCredential:
    """A credential that only the holder of the wrapping key can open.

    Attributes:
        wrapped_key: The data key, wrapped.
        key_source: Which key wrapped it: `kms:<arn>`, `file:<fingerprint>`.
        ciphertext: AES-256-GCM; bound to its tenant and account.
    """

    wrapped_key: bytes = field(repr=False)
    key_source: str
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)
    sealed_at: datetime


class KeyWrapper(Protocol):
    """Makes data keys, wrapped under a key that never leaves its place."""

    @property
    def source(self) -> str:
        """Which key it is."""
        ...

    def new_key(self, context: dict[str, str]) -> tuple[bytes, bytes]:
        """A fresh data key of 32 bytes, and the same wrapped, to be unwrapped only with the same context.

        Raises:
            Unavailable: `vault.unavailable`.
        """
        ...

    def unwrap(self, wrapped: bytes, context: dict[str, str]) -> bytes:
        """The data key.

        Raises:
            Unavailable: `vault.unavailable`.
            Broken: `vault.tampered`: another context or key, or changed bytes.
        """
        ...


class Vault(Protocol):
    """Seals and opens credentials."""

    def seal(self, account: AccountRef, credential: Credential, sealed_at: datetime) -> SealedCredential:
        """The credential, bound to its account."""
        ...

    def open(self, account: AccountRef, sealed: SealedCredential) -> Credential:
        """The credential.

        Raises:
            Broken: `vault.tampered`: it was sealed for another account, or changed.
        """
        ...


class CredentialStore(Protocol):
    """Sealed credentials and the record of their use, within one transaction of one tenant."""

    def get(self, tenant_id: TenantId, account_id: AccountId) -> SealedCredential | None:
        """The account's sealed credential."""
        ...

    def put(self, tenant_id: TenantId, account_id: AccountId, sealed: SealedCredential) -> None:
        """Keep it in place of any other."""
        ...

    def delete(self, tenant_id: TenantId, account_id: AccountId) -> None:
        """Forget it."""
        ...

    def add_use(self, account: AccountRef, used_at: datetime, operation: str, outcome: str) -> None:
        """Record that it was used, for what, and what came of it (`ok` or an error's code)."""
        ...


class CredentialUnits(Protocol):
    """Opens transactions of a tenant on the credentials."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[CredentialStore]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class VenueSession(Protocol):
    """A venue, spoken to with one credential; errors as `VenueGateway` states them."""

    def permissions(self) -> KeyPermissions:
        """What the key may do."""
        ...

    def balances(self) -> tuple[ReportedBalance, ...]:
        """What the account holds."""
        ...

    def streams(self, known: KnownHistory) -> tuple[StreamStart, ...]:
        """The streams of history to import."""
        ...

    def history_page(self, stream: str, cursor: Cursor) -> HistoryPage:
        """One page of a stream."""
        ...


class VenueSessions(Protocol):
    """Sessions at venues, kept warm between calls."""

    def try_out(self, venue: VenueId, credential: Credential) -> AbstractContextManager[VenueSession]:
        """A session that ends with the block; for a credential that is not kept yet."""
        ...

    def session(self, account: AccountRef, sealed_at: datetime, credential: Callable[[], Credential]) -> VenueSession:
        """The account's session; the credential is asked for only if there is none warm for this sealing."""
        ...

    def forget(self, account: AccountRef) -> None:
        """End the account's sessions."""
        ...

    def tickers(self, venue: VenueId) -> tuple[Price, ...]:
        """The last price of every market of the venue."""
        ...


class CustodyService:
    """`VenueGateway` on the inside of the gateway function."""

    def __init__(self, *, units: CredentialUnits, vault: Vault, sessions: VenueSessions, clock: Clock) -> None:
        self._units = units
        self._vault = vault
        self._sessions = sessions
        self._clock = clock

    def connect(self, account: AccountRef, credential: Credential) -> KeyPermissions:
        """Check the key, refuse one that may withdraw or not read, seal and keep it."""
        with self._recorded(account, "connect"):
            with self._sessions.try_out(account.venue, credential) as session:
                permissions = session.permissions()
            if permissions.may_withdraw:
                raise errors.key_may_withdraw()
            if not permissions.may_read:
                raise errors.key_cannot_read()
            kept = replace(credential, ip_bound=permissions.ip_bound)
            sealed = self._vault.seal(account, kept, self._clock.now())
            with self._units(account.tenant_id) as store:
                store.put(account.tenant_id, account.account_id, sealed)
        return permissions

    def disconnect(self, account: AccountRef) -> None:
        """Forget the key."""
        self._sessions.forget(account)
        with self._units(account.tenant_id) as store:
            store.delete(account.tenant_id, account.account_id)
            store.add_use(account, self._clock.now(), "disconnect", "ok")

    def balances(self, account: AccountRef) -> tuple[ReportedBalance, ...]:
        """What the account holds."""
        with self._recorded(account, "balances"):
            return self._session(account).balances()

    def streams(self, account: AccountRef, known: KnownHistory) -> tuple[StreamStart, ...]:
        """The streams of history to import."""
        with self._recorded(account, "streams"):
            return self._session(account).streams(known)

    def history_page(self, account: AccountRef, stream: str, cursor: Cursor) -> HistoryPage:
        """One page of a stream."""
        with self._recorded(account, "history_page"):
            return self._session(account).history_page(stream, cursor)

    def tickers(self, venue: VenueId, _correlation_id: CorrelationId) -> tuple[Price, ...]:
        """Last prices; needs no credential."""
        return self._sessions.tickers(venue)

    def _session(self, account: AccountRef) -> VenueSession:
        with self._units(account.tenant_id) as store:
            sealed = store.get(account.tenant_id, account.account_id)
        if sealed is None:
            self._sessions.forget(account)
            raise errors.not_connected()
        return self._sessions.session(account, sealed.sealed_at, lambda: self._vault.open(account, sealed))

    @contextmanager
    def _recorded(self, account: AccountRef, operation: str) -> Iterator[None]:
        try:
            yield
        except NightdeskError as error:
            self._add_use(account, operation, error.code)
            raise
        self._add_use(account, operation, "ok")

    def _add_use(self, account: AccountRef, operation: str, outcome: str) -> None:
        with self._units(account.tenant_id) as store:
            store.add_use(account, self._clock.now(), operation, outcome)
