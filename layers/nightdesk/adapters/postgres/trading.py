"""What says whether trading is allowed, in PostgreSQL: limits, halts, who changed them; and who needs looking after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.money import parse_amount
from nightdesk.orders.limit_desk import document_of
from nightdesk.orders.model import Halt, HaltScope, Limits, OrderId
from nightdesk.orders.ports import AuditLine

WHOLE_TENANT: Final = UUID(int=0)
PLATFORM_LOCK: Final = 7_306_919_842_012  # any number of our own: halting the platform waits for who judges an order

_LIMITS = "SELECT limits FROM order_limits WHERE tenant_id = %s AND account_id = %s"
_ALL_LIMITS = "SELECT account_id, limits FROM order_limits WHERE tenant_id = %s"
_PUT_LIMITS = """
    INSERT INTO order_limits (tenant_id, account_id, limits) VALUES (%s, %s, %s)
    ON CONFLICT (tenant_id, account_id) DO UPDATE SET limits = excluded.limits
"""
_HALT = """
    halt_id, tenant_id, allow_reducing, cancel_orders, reason, engaged_by, engaged_at, released_by, released_at
"""
_ACTIVE = f"""
    SELECT {_HALT} FROM halts WHERE released_at IS NULL AND (tenant_id = %s OR tenant_id IS NULL)
    ORDER BY tenant_id NULLS FIRST
"""  # noqa: S608 - constants
_HISTORY = f"""
    SELECT {_HALT} FROM halts WHERE tenant_id = %s OR tenant_id IS NULL ORDER BY engaged_at DESC LIMIT %s
"""  # noqa: S608 - constants
_ENGAGE = f"""
    INSERT INTO halts ({_HALT}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants
_SAVE_HALT = """
    UPDATE halts SET allow_reducing = %s, cancel_orders = %s, released_by = %s, released_at = %s
    WHERE halt_id = %s AND tenant_id = %s
"""
_RELEASE_PLATFORM = """
    UPDATE halts SET released_by = %s, released_at = %s WHERE tenant_id IS NULL AND released_at IS NULL
"""
_AUDIT = "INSERT INTO trading_audit (tenant_id, at, actor, action, details) VALUES (%s, %s, %s, %s, %s)"
_LINES = """
    SELECT at, actor, action, details FROM trading_audit WHERE tenant_id = %s ORDER BY number DESC LIMIT %s
"""
_DANGLING = """
    SELECT tenant_id, order_id FROM orders
    WHERE updated_at < %s AND (state IN ('intended', 'sent', 'unknown')
      OR (cancel_wanted_at IS NOT NULL AND state IN ('open', 'partially_filled')))
    ORDER BY looked_at NULLS FIRST, updated_at LIMIT %s
"""
_CONNECTED = "SELECT tenant_id, account_id FROM accounts WHERE state = 'active' ORDER BY tenant_id, account_id"


class PostgresLimits:
    """Limits in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, tenant_id: TenantId, account_id: AccountId | None) -> Limits:
        """The limits of the tenant or of one account."""
        row = self._connection.execute(_LIMITS, (tenant_id, account_id or WHOLE_TENANT)).fetchone()
        return Limits() if row is None else limits_of(row[0])

    def all(self, tenant_id: TenantId) -> Mapping[AccountId | None, Limits]:
        """Every one that is set."""
        rows = self._connection.execute(_ALL_LIMITS, (tenant_id,))
        return {
            None if account == WHOLE_TENANT else AccountId(account): limits_of(document) for account, document in rows
        }

    def put(self, tenant_id: TenantId, account_id: AccountId | None, limits: Limits) -> None:
        """Keep them in the place of any others."""
        self._connection.execute(_PUT_LIMITS, (tenant_id, account_id or WHOLE_TENANT, Jsonb(document_of(limits))))


class PostgresHalts:
    """Halts in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def active(self, tenant_id: TenantId) -> tuple[Halt, ...]:
        """What stops the tenant now: the platform's halt first, then its own."""
        return tuple(map(_halt, self._connection.execute(_ACTIVE, (tenant_id,))))

    def history(self, tenant_id: TenantId, limit: int) -> tuple[Halt, ...]:
        """The tenant's and the platform's, newest first."""
        return tuple(map(_halt, self._connection.execute(_HISTORY, (tenant_id, limit))))

    def engage(self, halt: Halt) -> bool:
        """Keep it; False if the scope is halted already."""
        return self._connection.execute(_ENGAGE, _halt_row(halt)).rowcount == 1

    def save(self, halt: Halt) -> None:
        """Keep what changed of it."""
        changed = (halt.allow_reducing, halt.cancel_orders, halt.released_by, halt.released_at)
        self._connection.execute(_SAVE_HALT, (*changed, halt.halt_id, halt.tenant_id))


class PostgresAudit:
    """The audit in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, tenant_id: TenantId, at: datetime, actor: str, action: str, details: Mapping[str, object]) -> None:
        """Keep a line."""
        self._connection.execute(_AUDIT, (tenant_id, at, actor, action, Jsonb(dict(details))))

    def newest(self, tenant_id: TenantId, limit: int) -> tuple[AuditLine, ...]:
        """The newest first."""
        rows = self._connection.execute(_LINES, (tenant_id, limit))
        return tuple(
            AuditLine(at=at, actor=actor, action=action, details=details) for at, actor, action, details in rows
        )


class PostgresPlatformHalts:
    """The platform's switch; needs the outbox's role."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def engage(self, halt: Halt) -> bool:
        """Keep it once nobody is judging an order; False if the platform is halted already."""
        with self._database.transaction() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (PLATFORM_LOCK,))
            return connection.execute(_ENGAGE, _halt_row(halt)).rowcount == 1

    def release(self, released_by: str, released_at: datetime) -> bool:
        """Let go; False if it was not halted."""
        with self._database.transaction() as connection:
            return connection.execute(_RELEASE_PLATFORM, (released_by, released_at)).rowcount == 1


class PostgresLoose:
    """Orders of every tenant that wait for somebody; needs the outbox's role."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def dangling(self, *, silent_since: datetime, limit: int) -> tuple[tuple[TenantId, OrderId], ...]:
        """Orders that somebody must look after, those first that were never looked up."""
        with self._database.transaction() as connection:
            rows = connection.execute(_DANGLING, (silent_since, limit)).fetchall()
        return tuple((TenantId(tenant), OrderId(order)) for tenant, order in rows)

    def connected(self) -> tuple[tuple[TenantId, AccountId], ...]:
        """Every account whose open orders can be asked for."""
        with self._database.transaction() as connection:
            rows = connection.execute(_CONNECTED).fetchall()
        return tuple((TenantId(tenant), AccountId(account)) for tenant, account in rows)


def limits_of(document: Mapping[str, Any]) -> Limits:
    """The limits that a document says."""
    amounts = {
        name: None if document[name] is None else parse_amount(document[name])
        for name in ("notional_max", "exposure_max", "asset_exposure_max")
    }
    return Limits(
        **amounts,
        asset_exposures={AssetId(asset): parse_amount(most) for asset, most in document["asset_exposures"].items()},
        orders_per_minute_max=document["orders_per_minute_max"],
        reduce_only=document["reduce_only"],
    )


def _halt(row: tuple[Any, ...]) -> Halt:
    halt_id, tenant, allow_reducing, cancel_orders, reason, engaged_by, engaged_at, released_by, released_at = row
    return Halt(
        halt_id=halt_id,
        scope=HaltScope.PLATFORM if tenant is None else HaltScope.TENANT,
        tenant_id=None if tenant is None else TenantId(tenant),
        allow_reducing=allow_reducing,
        cancel_orders=cancel_orders,
        reason=reason,
        engaged_by=engaged_by,
        engaged_at=engaged_at,
        released_by=released_by,
        released_at=released_at,
    )


def _halt_row(halt: Halt) -> tuple[object, ...]:
    return (
        halt.halt_id,
        halt.tenant_id,
        halt.allow_reducing,
        halt.cancel_orders,
        halt.reason,
        halt.engaged_by,
        halt.engaged_at,
        halt.released_by,
        halt.released_at,
    )
