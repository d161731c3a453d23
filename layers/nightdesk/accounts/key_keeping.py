"""Keys on the inside of the gateway: taken in, tested, put in the place of others, destroyed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from nightdesk.accounts import errors
from nightdesk.accounts.custody_ports import (
    CredentialUnits,
    KeptKey,
    SealedCredential,
    Vault,
    VenueSession,
    VenueSessions,
)
from nightdesk.accounts.keys import KeyTest, RevokedKey, Right, Rotation, owner_digest
from nightdesk.accounts.model import AccountRef, Credential, KeyPermissions, TenantRef
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.instants import Clock

_log = logging.getLogger(__name__)


class _TakenBack(Exception):
    """Ends a transaction without leaving anything behind."""


class KeyKeeper:
    """Checks keys before they are kept; nothing of it hands one out."""

    def __init__(self, *, units: CredentialUnits, vault: Vault, sessions: VenueSessions, clock: Clock) -> None:
        self._units = units
        self._vault = vault
        self._sessions = sessions
        self._clock = clock

    def take(self, account: AccountRef, credential: Credential) -> KeyPermissions:
        """Check the key, seal and keep it.

        Raises:
            InvalidInput: `accounts.key_wrong`, `accounts.key_may_withdraw`, `accounts.key_cannot_read`.
        """
        with self._sessions.try_out(account.venue, credential) as session:
            permissions = _fit(session.permissions())
            test = _tried(session, permissions)
        if test is not None:
            _refuse_withdrawing(test)
        sealed = self._seal(account, credential, permissions)
        with self._units(account.tenant_id) as store:
            store.put(account.tenant_id, account.account_id, sealed, test)
        return permissions

    def rotate(
        self,
        account: AccountRef,
        credential: Credential,
        ask_owner: Callable[[AccountRef], str | None],
        *,
        confirmed: bool,
    ) -> Rotation:
        """Check another key of the same account and put it in the place of the kept one, in one transaction.

        The same key again changes nothing that can be told from outside; whoever dies on the way leaves one key or the
        other, never none.

        Args:
            account: Whose key it is to be.
            credential: The other key.
            ask_owner: Asks the venue with the kept key whose account it is.
            confirmed: The user says that it is the same account, where the venue does not tell.

        Raises:
            InvalidInput: As `take`.
            Conflict: `accounts.key_of_another_account`, `accounts.key_owner_unknown`, `accounts.already_connected`.
            NotFound: `accounts.not_found`.
        """
        with self._sessions.try_out(account.venue, credential) as session:
            permissions = _fit(session.permissions())
            test = session.test_key(permissions)
        _refuse_withdrawing(test)
        same_owner = self._is_same(account, test, ask_owner)
        if same_owner is False:
            raise errors.key_of_another_account()
        if same_owner is None and not confirmed:
            raise errors.key_owner_unknown()
        sealed = self._seal(account, credential, permissions)
        with self._units(account.tenant_id) as store:
            store.swap(account, sealed, credential.key, test)
        self._sessions.forget(account)
        return Rotation(test=test, same_owner=same_owner)

    def test(self, account: AccountRef, session: VenueSession) -> KeyTest:
        """Try out what the kept key may do, and keep what came of it."""
        test = session.test_key(session.permissions())
        with self._units(account.tenant_id) as store:
            store.note_test(account, test)
        return test

    def revoke_all(self, tenant: TenantRef, *, drill: bool) -> tuple[RevokedKey, ...]:
        """Destroy the tenant's keys, each in a transaction of its own, so that what is done stays done.

        None is opened for it. A drill does the same to each and takes it back before it counts.
        """
        with self._units(tenant.tenant_id) as store:
            keys = store.keys(tenant.tenant_id)
        return tuple(self._revoke(tenant, key, drill=drill) for key in keys)

    def _revoke(self, tenant: TenantRef, key: KeptKey, *, drill: bool) -> RevokedKey:
        account = AccountRef(
            tenant_id=tenant.tenant_id,
            account_id=key.account_id,
            venue=key.venue,
            correlation_id=tenant.correlation_id,
            asker=tenant.asker,
        )
        began_at = self._clock.now()
        destroyed, code = False, None
        try:
            destroyed = self._destroy(account, began_at, drill=drill)
        except NightdeskError as error:
            _log.error("key not destroyed", extra={"account_id": str(key.account_id), "error_code": error.code})
            code = error.code
        took_ms = (self._clock.now() - began_at) / timedelta(milliseconds=1)
        return RevokedKey(key.account_id, destroyed, took_ms, code)

    def _destroy(self, account: AccountRef, now: datetime, *, drill: bool) -> bool:
        if drill:
            self._rehearse(account, now)
            return False
        with self._units(account.tenant_id) as store:
            destroyed = store.delete(account.tenant_id, account.account_id, now)
            store.add_use(account, now, "revoke", "ok")
        self._sessions.forget(account)
        return destroyed

    def _rehearse(self, account: AccountRef, now: datetime) -> None:
        with suppress(_TakenBack), self._units(account.tenant_id) as store:
            store.delete(account.tenant_id, account.account_id, now)
            raise _TakenBack
        with self._units(account.tenant_id) as store:
            store.add_use(account, now, "revoke_drill", "ok")

    def _is_same(
        self, account: AccountRef, test: KeyTest, ask_owner: Callable[[AccountRef], str | None]
    ) -> bool | None:
        with self._units(account.tenant_id) as store:
            known = store.owner(account.tenant_id, account.account_id)
        told = owner_digest(account.account_id, test.owner)
        if known is None and told is not None:
            known = owner_digest(account.account_id, ask_owner(account))
        return None if known is None or told is None else known == told

    def _seal(self, account: AccountRef, credential: Credential, permissions: KeyPermissions) -> SealedCredential:
        kept = replace(credential, ip_bound=bool(permissions.ip_bound))
        return self._vault.seal(account, kept, self._clock.now())


def _fit(permissions: KeyPermissions) -> KeyPermissions:
    if permissions.may_withdraw:
        raise errors.key_may_withdraw()
    if not permissions.may_read:
        raise errors.key_cannot_read()
    return permissions


def _tried(session: VenueSession, permissions: KeyPermissions) -> KeyTest | None:
    """What trying it out shows; a venue that is too busy for it does not keep a good key from being connected."""
    try:
        return session.test_key(permissions)
    except NightdeskError as error:
        _log.warning("key not tried out", extra={"error_code": error.code})
        return None


def _refuse_withdrawing(test: KeyTest) -> None:
    if test.may(Right.WITHDRAW):
        raise errors.key_may_withdraw()
