"""Tenants, users and sessions in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from psycopg import errors

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.identity.model import Role, Session, Tenant, User
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Conflict
from nightdesk.kernel.ids import SessionId, TenantId, UserId

# A subject sees its own user before the tenant is known (policy own_subject), then acts for that tenant.
_USER = """
    SELECT user_id, tenant_id, subject, email, role, display_asset, time_zone, created_at,
      set_config('app.tenant_id', tenant_id::text, true)
    FROM users WHERE subject = %s
"""
_BASE_ASSET = "SELECT base_asset FROM tenants WHERE tenant_id = %s"
_ACT_FOR = "SELECT set_config('app.tenant_id', %s, true)"
_ADD_TENANT = "INSERT INTO tenants (tenant_id, name, base_asset, created_at) VALUES (%s, %s, %s, %s)"
_ADD_USER = """
    INSERT INTO users (user_id, tenant_id, subject, email, role, display_asset, time_zone, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_SESSION = """
    SELECT tenant_id, session_id, user_id, started_at, ended_at FROM sessions WHERE tenant_id = %s AND session_id = %s
"""
_START = """
    INSERT INTO sessions (tenant_id, session_id, user_id, started_at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_END = "UPDATE sessions SET ended_at = coalesce(ended_at, %s) WHERE tenant_id = %s AND session_id = %s"
_UPDATE = "UPDATE users SET display_asset = %s, time_zone = %s WHERE tenant_id = %s AND user_id = %s"


class PostgresIdentityStore:
    """Users and sessions in the transaction of one connection, in the name of one subject."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def user(self, subject: str) -> User | None:
        """The subject's user; from then on the transaction acts for the user's tenant."""
        row = self._connection.execute(_USER, (subject,)).fetchone()
        if row is None:
            return None
        user_id, tenant_id, subject, email, role, display_asset, time_zone, created_at, _ = row
        base = self._connection.execute(_BASE_ASSET, (tenant_id,)).fetchone()
        return User(
            user_id=UserId(user_id),
            tenant_id=TenantId(tenant_id),
            subject=subject,
            email=email,
            role=Role(role),
            base_asset=AssetId(base[0] if base else display_asset),
            display_asset=AssetId(display_asset),
            time_zone=time_zone,
            created_at=created_at,
        )

    def provision(self, tenant: Tenant, user: User) -> None:
        """Keep a new tenant and its first user; from then on the transaction acts for that tenant.

        Raises:
            Conflict: `identity.already_provisioned`.
        """
        self._connection.execute(_ACT_FOR, (str(tenant.tenant_id),))
        self._connection.execute(_ADD_TENANT, (tenant.tenant_id, tenant.name, tenant.base_asset, tenant.created_at))
        row = (
            user.user_id,
            user.tenant_id,
            user.subject,
            user.email,
            user.role.value,
            user.display_asset,
            user.time_zone,
            user.created_at,
        )
        try:
            self._connection.execute(_ADD_USER, row)
        except errors.UniqueViolation as error:
            raise Conflict("identity.already_provisioned", "This e-mail address has a user already.") from error

    def session(self, tenant_id: TenantId, session_id: SessionId) -> Session | None:
        """The session, ended or not."""
        row = self._connection.execute(_SESSION, (tenant_id, session_id)).fetchone()
        if row is None:
            return None
        return Session(
            tenant_id=TenantId(row[0]),
            session_id=SessionId(row[1]),
            user_id=UserId(row[2]),
            started_at=row[3],
            ended_at=row[4],
        )

    def start_session(self, session: Session) -> None:
        """Keep the session, if it is not known."""
        row = (session.tenant_id, session.session_id, session.user_id, session.started_at)
        self._connection.execute(_START, row)

    def end_session(self, tenant_id: TenantId, session_id: SessionId, ended_at: datetime) -> None:
        """Mark the session ended, once."""
        self._connection.execute(_END, (ended_at, tenant_id, session_id))

    def update(self, user: User) -> None:
        """Keep the user's display asset and time zone."""
        self._connection.execute(_UPDATE, (user.display_asset, user.time_zone, user.tenant_id, user.user_id))


class PostgresIdentityUnits:
    """Opens transactions in the name of a subject."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, subject: str) -> Iterator[PostgresIdentityStore]:
        """A transaction of the subject."""
        with self._database.transaction(subject=subject) as connection:
            yield PostgresIdentityStore(connection)
