"""Sealed credentials in PostgreSQL; only the gateway's role can read them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from nightdesk.accounts.custody import SealedCredential
from nightdesk.accounts.model import AccountRef
from nightdesk.adapters.postgres.database import Connection, Database
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
_DELETE = "DELETE FROM credentials WHERE tenant_id = %s AND account_id = %s"
_ADD_USE = """
    INSERT INTO credential_uses (tenant_id, account_id, used_at, operation, outcome, correlation_id)
    VALUES (%s, %s, %s, %s, %s, %s)
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

    def put(self, tenant_id: TenantId, account_id: AccountId, sealed: SealedCredential) -> None:
        """Keep it in place of any other."""
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

    def delete(self, tenant_id: TenantId, account_id: AccountId) -> None:
        """Forget it."""
        self._connection.execute(_DELETE, (tenant_id, account_id))

    def add_use(self, account: AccountRef, used_at: datetime, operation: str, outcome: str) -> None:
        """Record that it was used, for what, and what came of it."""
        row = (account.tenant_id, account.account_id, used_at, operation, outcome, account.correlation_id)
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
