"""Datafeed tokens in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.identity.feed_tokens import FeedToken, FeedTokenId
from nightdesk.kernel.ids import TenantId, UserId

_COLUMNS = "tenant_id, token_id, user_id, name, created_at, last_used_at"
_FIND = f"SELECT {_COLUMNS} FROM datafeed_tokens WHERE token_hash = %s"  # noqa: S608 - constants
_NOTE = """
    UPDATE datafeed_tokens SET last_used_at = %(at)s WHERE tenant_id = %(tenant)s AND token_id = %(token)s
      AND (last_used_at IS NULL OR last_used_at < %(noted_before)s)
"""
_OF_USER = f"""
    SELECT {_COLUMNS} FROM datafeed_tokens WHERE tenant_id = %s AND user_id = %s ORDER BY created_at, token_id
"""  # noqa: S608 - constants
_ADD = """
    INSERT INTO datafeed_tokens (tenant_id, token_id, user_id, name, created_at, token_hash)
    VALUES (%s, %s, %s, %s, %s, %s)
"""
_REMOVE = "DELETE FROM datafeed_tokens WHERE tenant_id = %s AND user_id = %s AND token_id = %s"


class PostgresFeedTokenStore:
    """`FeedTokenStore` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def used(self, token_hash: bytes, at: datetime, *, noted_before: datetime) -> FeedToken | None:
        """The token; row-level security shows this one row until the tenant is known."""
        self._connection.execute("SELECT set_config('app.feed_token', %s, true)", (token_hash.hex(),))
        row = self._connection.execute(_FIND, (token_hash,)).fetchone()
        if row is None:
            return None
        token = _token(row)
        self._connection.execute("SELECT set_config('app.tenant_id', %s, true)", (str(token.tenant_id),))
        if token.last_used_at is None or token.last_used_at < noted_before:
            named = {"tenant": token.tenant_id, "token": token.token_id, "at": at, "noted_before": noted_before}
            self._connection.execute(_NOTE, named)
        return token

    def of_user(self, tenant_id: TenantId, user_id: UserId) -> Sequence[FeedToken]:
        """The user's tokens, oldest first."""
        return [_token(row) for row in self._connection.execute(_OF_USER, (tenant_id, user_id))]

    def add(self, token: FeedToken, token_hash: bytes) -> None:
        """Keep a new one."""
        named = (token.tenant_id, token.token_id, token.user_id, token.name, token.created_at)
        self._connection.execute(_ADD, (*named, token_hash))

    def remove(self, tenant_id: TenantId, user_id: UserId, token_id: FeedTokenId) -> bool:
        """Forget the user's token."""
        return self._connection.execute(_REMOVE, (tenant_id, user_id, token_id)).rowcount > 0


class PostgresFeedTokenUnits:
    """Opens transactions of a tenant, or of nobody until a token says whose."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId | None) -> Iterator[PostgresFeedTokenStore]:
        """A transaction."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield PostgresFeedTokenStore(connection)


def _token(row: Sequence[Any]) -> FeedToken:
    tenant, token_id, user_id, name, created_at, last_used_at = row
    return FeedToken(
        tenant_id=TenantId(tenant),
        token_id=FeedTokenId(token_id),
        user_id=UserId(user_id),
        name=name,
        created_at=created_at,
        last_used_at=last_used_at,
    )
