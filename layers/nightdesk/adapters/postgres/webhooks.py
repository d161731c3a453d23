"""Webhooks in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from nightdesk.accounts.webhooks import Webhook, WebhookTarget
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.ids import AccountId, TenantId

_GET = "SELECT created_at, last_used_at FROM webhooks WHERE tenant_id = %s AND account_id = %s"
_PUT = """
    INSERT INTO webhooks (tenant_id, account_id, token_hash, created_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (tenant_id, account_id)
      DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at, last_used_at = NULL
"""
_REMOVE = "DELETE FROM webhooks WHERE tenant_id = %s AND account_id = %s"
_FIND = "SELECT tenant_id, account_id FROM webhooks WHERE token_hash = %s"
_VENUE = "SELECT venue FROM accounts WHERE tenant_id = %s AND account_id = %s AND state <> 'disconnected'"
_USED = "UPDATE webhooks SET last_used_at = %s WHERE tenant_id = %s AND account_id = %s"


class PostgresWebhookStore:
    """`WebhookStore` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, tenant_id: TenantId, account_id: AccountId) -> Webhook | None:
        """The account's webhook."""
        row = self._connection.execute(_GET, (tenant_id, account_id)).fetchone()
        if row is None:
            return None
        return Webhook(tenant_id=tenant_id, account_id=account_id, created_at=row[0], last_used_at=row[1])

    def put(self, webhook: Webhook, token_hash: bytes) -> None:
        """Keep it in the place of the account's former one."""
        self._connection.execute(_PUT, (webhook.tenant_id, webhook.account_id, token_hash, webhook.created_at))

    def remove(self, tenant_id: TenantId, account_id: AccountId) -> None:
        """Forget it."""
        self._connection.execute(_REMOVE, (tenant_id, account_id))

    def used(self, token_hash: bytes, at: datetime) -> WebhookTarget | None:
        """The connected account of the token; row-level security shows this one row until the tenant is known."""
        self._connection.execute("SELECT set_config('app.webhook', %s, true)", (token_hash.hex(),))
        row = self._connection.execute(_FIND, (token_hash,)).fetchone()
        if row is None:
            return None
        tenant_id, account_id = TenantId(row[0]), AccountId(row[1])
        self._connection.execute("SELECT set_config('app.tenant_id', %s, true)", (str(tenant_id),))
        venue = self._connection.execute(_VENUE, (tenant_id, account_id)).fetchone()
        if venue is None:
            return None
        self._connection.execute(_USED, (at, tenant_id, account_id))
        return WebhookTarget(tenant_id=tenant_id, account_id=account_id, venue=VenueId(venue[0]))


class PostgresWebhookUnits:
    """Opens transactions of a tenant, or of nobody until a token says whose."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId | None) -> Iterator[PostgresWebhookStore]:
        """A transaction."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield PostgresWebhookStore(connection)
