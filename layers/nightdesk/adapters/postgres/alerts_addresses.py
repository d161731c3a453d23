"""Sealed addresses of channels in PostgreSQL; only the sender's role can read them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.alerts.model import ChannelId
from nightdesk.alerts.sealing import SealedAddress
from nightdesk.kernel.ids import TenantId

_GET = """
    SELECT wrapped_key, key_source, nonce, ciphertext, sealed_at FROM alert_channel_secrets
    WHERE tenant_id = %s AND channel_id = %s
"""
_PUT = """
    INSERT INTO alert_channel_secrets (tenant_id, channel_id, wrapped_key, key_source, nonce, ciphertext, sealed_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, channel_id) DO UPDATE SET wrapped_key = excluded.wrapped_key,
      key_source = excluded.key_source, nonce = excluded.nonce, ciphertext = excluded.ciphertext,
      sealed_at = excluded.sealed_at
"""
_DELETE = "DELETE FROM alert_channel_secrets WHERE tenant_id = %s AND channel_id = %s"


class PostgresAddressStore:
    """`AddressStore` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, tenant_id: TenantId, channel_id: ChannelId) -> SealedAddress | None:
        """The channel's."""
        row = self._connection.execute(_GET, (tenant_id, channel_id)).fetchone()
        if row is None:
            return None
        wrapped, source, nonce, ciphertext, sealed_at = row
        return SealedAddress(
            wrapped_key=wrapped, key_source=source, nonce=nonce, ciphertext=ciphertext, sealed_at=sealed_at
        )

    def put(self, tenant_id: TenantId, channel_id: ChannelId, sealed: SealedAddress) -> None:
        """Keep it in place of any other."""
        parts = (sealed.wrapped_key, sealed.key_source, sealed.nonce, sealed.ciphertext, sealed.sealed_at)
        self._connection.execute(_PUT, (tenant_id, channel_id, *parts))

    def delete(self, tenant_id: TenantId, channel_id: ChannelId) -> None:
        """Forget it."""
        self._connection.execute(_DELETE, (tenant_id, channel_id))


class PostgresAddressUnits:
    """Opens transactions on sealed addresses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[PostgresAddressStore]:
        """A transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield PostgresAddressStore(connection)
