"""Sealed credentials in PostgreSQL; only the gateway's role can read them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from nightdesk.accounts import errors
from nightdesk.accounts.custody import KeptKey, SealedCredential
from nightdesk.accounts.keys import KeyTest, fingerprint, hint, owner_digest
from nightdesk.accounts.model import AccountRef
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.key_rows import permissions_document, test_document
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.ids import AccountId, TenantId

_GET = """
    SELECT wrapped_key, key_source, nonce, ciphertext, sealed_at FROM credentials
    WHERE tenant_id = %s AND account_id = %s
"""
_PUT = """
    INSERT INTO credentials (tenant_id, account_id, wrapped_key, key_source, nonce, ciphertext, sealed_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, account_id) DO UPDATE SET wrapped_key = excluded.wrapped_key,
      key_source = excluded.key_source, nonce = excluded.nonce, ciphertext = excluded.ciphertext,
      sealed_at = excluded.sealed_at
"""
_REPLACE = """
    UPDATE credentials SET wrapped_key = %s, key_source = %s, nonce = %s, ciphertext = %s, sealed_at = %s
    WHERE tenant_id = %s AND account_id = %s AND ciphertext = %s
"""
_DELETE = "DELETE FROM credentials WHERE tenant_id = %s AND account_id = %s"
_KEYS = """
    SELECT c.account_id, coalesce(a.venue, '') FROM credentials AS c
    LEFT JOIN accounts AS a USING (tenant_id, account_id)
    WHERE c.tenant_id = %s ORDER BY c.sealed_at, c.account_id
"""
_OWNER = "SELECT owner_digest FROM account_keys WHERE tenant_id = %s AND account_id = %s"
_KEEP_KEY = """
    INSERT INTO account_keys (tenant_id, account_id, key_source, sealed_at, owner_digest, test)
    VALUES (%(tenant)s, %(account)s, %(key_source)s, %(sealed_at)s, %(owner)s, %(test)s)
    ON CONFLICT (tenant_id, account_id) DO UPDATE SET key_source = excluded.key_source, sealed_at = excluded.sealed_at,
      owner_digest = coalesce(excluded.owner_digest, account_keys.owner_digest),
      test = coalesce(excluded.test, account_keys.test), destroyed_at = NULL
"""
_COUNT_ROTATION = "UPDATE account_keys SET rotations = rotations + 1 WHERE tenant_id = %s AND account_id = %s"
_DESTROYED = "UPDATE account_keys SET destroyed_at = %s WHERE tenant_id = %s AND account_id = %s"
_FINGERPRINT = """
    SELECT key_fingerprint FROM accounts WHERE tenant_id = %s AND account_id = %s AND state IN ('active', 'failing')
"""
_SHOW_KEY = """
    UPDATE accounts SET key_hint = %s, key_fingerprint = %s, permissions = %s, state = 'active', state_code = NULL
    WHERE tenant_id = %s AND account_id = %s AND state IN ('active', 'failing')
"""
_NOTE_TEST = """
    UPDATE account_keys SET test = %s, owner_digest = coalesce(%s, owner_digest)
    WHERE tenant_id = %s AND account_id = %s
"""
_NOTE_PERMISSIONS = "UPDATE accounts SET permissions = %s WHERE tenant_id = %s AND account_id = %s"
_ADD_USE = """
    INSERT INTO credential_uses (tenant_id, account_id, minute_at, asker, operation, outcome, first_at, last_at,
      correlation_id)
    VALUES (%(tenant)s, %(account)s, date_trunc('minute', %(at)s::timestamptz), %(asker)s, %(operation)s, %(outcome)s,
      %(at)s, %(at)s, %(correlation)s)
    ON CONFLICT (tenant_id, account_id, minute_at, asker, operation, outcome) DO UPDATE SET
      uses = credential_uses.uses + 1, last_at = greatest(credential_uses.last_at, excluded.last_at),
      correlation_id = excluded.correlation_id
"""


class PostgresCredentialStore:
    """Credentials in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, tenant_id: TenantId, account_id: AccountId) -> SealedCredential | None:
        """The account's sealed credential."""
        row = self._connection.execute(_GET, (tenant_id, account_id)).fetchone()
        if row is None:
            return None
        return SealedCredential(
            wrapped_key=row[0], key_source=row[1], nonce=row[2], ciphertext=row[3], sealed_at=row[4]
        )

    def put(
        self, tenant_id: TenantId, account_id: AccountId, sealed: SealedCredential, test: KeyTest | None = None
    ) -> None:
        """Keep it in place of any other, with what was found when it was tested."""
        row = (
            tenant_id,
            account_id,
            sealed.wrapped_key,
            sealed.key_source,
            sealed.nonce,
            sealed.ciphertext,
            sealed.sealed_at,
        )
        self._connection.execute(_PUT, row)
        self._connection.execute(_KEEP_KEY, _kept(tenant_id, account_id, sealed, test))

    def swap(self, account: AccountRef, sealed: SealedCredential, key: str, test: KeyTest) -> None:
        """Keep another key in the place of the account's, and show that the account has it.

        Raises:
            NotFound: `accounts.not_found`.
            Conflict: `accounts.already_connected`.
        """
        ids = (account.tenant_id, account.account_id)
        before = self._connection.execute(_FINGERPRINT, ids).fetchone()
        if before is None:
            raise errors.not_found()
        after = fingerprint(account.venue, key)
        permissions = Jsonb(permissions_document(test.permissions))
        try:
            self._connection.execute(_SHOW_KEY, (hint(key), after, permissions, *ids))
        except UniqueViolation:
            raise errors.already_connected() from None
        self.put(*ids, sealed, test)
        if before[0] != after:
            self._connection.execute(_COUNT_ROTATION, ids)

    def owner(self, tenant_id: TenantId, account_id: AccountId) -> bytes | None:
        """The digest of the venue's own name for the account, where it was told."""
        row = self._connection.execute(_OWNER, (tenant_id, account_id)).fetchone()
        return None if row is None or row[0] is None else bytes(row[0])

    def note_test(self, account: AccountRef, test: KeyTest) -> None:
        """Keep what a test of the account's key found."""
        ids = (account.tenant_id, account.account_id)
        owner = owner_digest(account.account_id, test.owner)
        self._connection.execute(_NOTE_TEST, (Jsonb(test_document(test)), owner, *ids))
        self._connection.execute(_NOTE_PERMISSIONS, (Jsonb(permissions_document(test.permissions)), *ids))

    def keys(self, tenant_id: TenantId) -> tuple[KeptKey, ...]:
        """Every sealed credential of the tenant, without what it holds."""
        rows = self._connection.execute(_KEYS, (tenant_id,))
        return tuple(KeptKey(AccountId(account), VenueId(venue)) for account, venue in rows)

    def replace(
        self, tenant_id: TenantId, account_id: AccountId, sealed: SealedCredential, by: SealedCredential
    ) -> None:
        """Keep another in its place, if it is still there."""
        row = (by.wrapped_key, by.key_source, by.nonce, by.ciphertext, by.sealed_at)
        self._connection.execute(_REPLACE, (*row, tenant_id, account_id, sealed.ciphertext))

    def delete(self, tenant_id: TenantId, account_id: AccountId, destroyed_at: datetime) -> bool:
        """Forget it; False if there was none."""
        gone = self._connection.execute(_DELETE, (tenant_id, account_id)).rowcount == 1
        if gone:
            self._connection.execute(_DESTROYED, (destroyed_at, tenant_id, account_id))
        return gone

    def add_use(self, account: AccountRef, used_at: datetime, operation: str, outcome: str) -> None:
        """Count that it was used, by whom, for what, and what came of it."""
        row = {
            "tenant": account.tenant_id,
            "account": account.account_id,
            "at": used_at,
            "asker": account.asker,
            "operation": operation,
            "outcome": outcome,
            "correlation": account.correlation_id,
        }
        self._connection.execute(_ADD_USE, row)


class PostgresCredentialUnits:
    """Opens transactions on the credentials."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[PostgresCredentialStore]:
        """A transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield PostgresCredentialStore(connection)


def _kept(
    tenant_id: TenantId, account_id: AccountId, sealed: SealedCredential, test: KeyTest | None
) -> dict[str, object]:
    return {
        "tenant": tenant_id,
        "account": account_id,
        "key_source": sealed.key_source,
        "sealed_at": sealed.sealed_at,
        "owner": None if test is None else owner_digest(account_id, test.owner),
        "test": None if test is None else Jsonb(test_document(test)),
    }
