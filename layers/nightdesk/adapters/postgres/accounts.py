"""Accounts and reported balances in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from nightdesk.accounts import errors
from nightdesk.accounts.horizon import Reach
from nightdesk.accounts.model import Account, AccountState, KeyPermissions, ReportedBalance
from nightdesk.accounts.ports import AccountsUnit
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.imports import PostgresImportStore
from nightdesk.adapters.postgres.key_rows import permissions_document, permissions_of
from nightdesk.adapters.postgres.outbox import PostgresOutbox
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.ids import AccountId, TenantId

_COLUMNS = """tenant_id, account_id, venue, label, state, state_code, key_hint, permissions, created_at, refreshed_at"""
_ADD = """
    INSERT INTO accounts (tenant_id, account_id, venue, label, state, key_hint, key_fingerprint, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""
_REMOVE_UNCHECKED = """
    DELETE FROM accounts WHERE tenant_id = %s AND key_fingerprint = %s AND state = 'checking' AND created_at < %s
"""
_REMOVE = "DELETE FROM accounts WHERE tenant_id = %s AND account_id = %s AND state = 'checking'"
_ACTIVATE = """
    UPDATE accounts SET state = 'active', state_code = NULL, permissions = %s
    WHERE tenant_id = %s AND account_id = %s AND state <> 'disconnected'
"""
_GET = f"SELECT {_COLUMNS} FROM accounts WHERE tenant_id = %s AND account_id = %s"  # noqa: S608 - constants
_LIST = f"SELECT {_COLUMNS} FROM accounts WHERE tenant_id = %s ORDER BY created_at, account_id"  # noqa: S608 - constants
_SET_STATE = """
    UPDATE accounts SET state = %s, state_code = %s
    WHERE tenant_id = %s AND account_id = %s AND state <> 'disconnected'
"""
_REPORTED = """
    UPDATE accounts SET refreshed_at = %s
    WHERE tenant_id = %s AND account_id = %s AND (refreshed_at IS NULL OR refreshed_at < %s)
"""
_REACHES = """
    SELECT account_id, first.at,
      (SELECT min(occurred_at) FROM ledger_entries e WHERE (e.tenant_id, e.account_id) = (a.tenant_id, a.account_id)),
      (SELECT max(occurred_at) FROM ledger_entries e
       WHERE (e.tenant_id, e.account_id) = (a.tenant_id, a.account_id) AND identity LIKE 'file:%%'),
      EXISTS (SELECT FROM files f
        WHERE (f.tenant_id, f.account_id) = (a.tenant_id, a.account_id) AND state = 'done' AND rows_duplicate > 0)
        OR EXISTS (SELECT FROM file_claims c WHERE (c.tenant_id, c.account_id) = (a.tenant_id, a.account_id))
    FROM accounts a CROSS JOIN LATERAL (
      SELECT min(started_at) AS at FROM imports i WHERE (i.tenant_id, i.account_id) = (a.tenant_id, a.account_id)
    ) AS first
    WHERE tenant_id = %s AND venue = ANY(%s) AND first.at IS NOT NULL
"""
_FORGET_BALANCES = "DELETE FROM reported_balances WHERE tenant_id = %s AND account_id = %s"
_PUT_BALANCES = """
    INSERT INTO reported_balances (tenant_id, account_id, wallet, asset, free, locked, reported_at)
    SELECT %s, %s, wallet, asset, free, locked, %s
    FROM unnest(%s::text[], %s::text[], %s::numeric[], %s::numeric[]) AS reported (wallet, asset, free, locked)
"""


class PostgresAccountStore:
    """Accounts in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, account: Account, key_fingerprint: bytes) -> None:
        """Keep a new account.

        Raises:
            Conflict: `accounts.already_connected`.
        """
        row = (
            account.tenant_id,
            account.account_id,
            account.venue,
            account.label,
            account.state.value,
            account.key_hint,
            key_fingerprint,
            account.created_at,
        )
        if self._connection.execute(_ADD, row).rowcount == 0:
            raise errors.already_connected()

    def remove_unchecked(self, tenant_id: TenantId, key_fingerprint: bytes, created_before: datetime) -> None:
        """Forget accounts with this key whose check was never finished."""
        self._connection.execute(_REMOVE_UNCHECKED, (tenant_id, key_fingerprint, created_before))

    def remove(self, tenant_id: TenantId, account_id: AccountId) -> None:
        """Forget an account that is still being checked."""
        self._connection.execute(_REMOVE, (tenant_id, account_id))

    def activate(self, tenant_id: TenantId, account_id: AccountId, permissions: KeyPermissions) -> None:
        """Keep what the key may do; the account is active."""
        document = Jsonb(permissions_document(permissions))
        self._connection.execute(_ACTIVATE, (document, tenant_id, account_id))

    def get(self, tenant_id: TenantId, account_id: AccountId) -> Account | None:
        """The account, disconnected or not."""
        row = self._connection.execute(_GET, (tenant_id, account_id)).fetchone()
        return None if row is None else _account(row)

    def list(self, tenant_id: TenantId) -> tuple[Account, ...]:
        """Every account of the tenant, oldest first."""
        return tuple(_account(row) for row in self._connection.execute(_LIST, (tenant_id,)))

    def reaches(self, tenant_id: TenantId, venues: Collection[VenueId]) -> dict[AccountId, Reach]:
        """How far the history of every imported account at these venues reaches."""
        return {
            AccountId(account_id): Reach(
                imported_at=imported_at, begins_at=begins_at, files_until=files_until, files_overlap=overlap
            )
            for account_id, imported_at, begins_at, files_until, overlap in self._connection.execute(
                _REACHES, (tenant_id, list(venues))
            )
        }

    def set_state(
        self, tenant_id: TenantId, account_id: AccountId, state: AccountState, state_code: str | None = None
    ) -> None:
        """Move the account to the state; a disconnected one stays so."""
        self._connection.execute(_SET_STATE, (state.value, state_code, tenant_id, account_id))

    def put_balances(
        self, tenant_id: TenantId, account_id: AccountId, balances: Sequence[ReportedBalance], reported_at: datetime
    ) -> None:
        """Replace what the venue reported, unless something newer is there already."""
        reported = self._connection.execute(_REPORTED, (reported_at, tenant_id, account_id, reported_at))
        if reported.rowcount == 0:
            return
        columns = (
            [balance.wallet for balance in balances],
            [balance.asset for balance in balances],
            [balance.free for balance in balances],
            [balance.locked for balance in balances],
        )
        self._connection.execute(_FORGET_BALANCES, (tenant_id, account_id))
        self._connection.execute(_PUT_BALANCES, (tenant_id, account_id, reported_at, *columns))


class PostgresAccountsUnits:
    """Opens transactions on accounts, their imports and the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[AccountsUnit]:
        """A transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield AccountsUnit(
                PostgresAccountStore(connection), PostgresImportStore(connection), PostgresOutbox(connection)
            )


def _account(row: Sequence[Any]) -> Account:
    tenant, account, venue, label, state, state_code, key_hint, permissions, created_at, refreshed_at = row
    return Account(
        tenant_id=TenantId(tenant),
        account_id=AccountId(account),
        venue=VenueId(venue),
        label=label,
        state=AccountState(state),
        state_code=state_code,
        key_hint=key_hint,
        permissions=_permissions(permissions),
        created_at=created_at,
        refreshed_at=refreshed_at,
    )


def _permissions(document: dict[str, Any]) -> KeyPermissions | None:
    if not document:
        return None
    return permissions_of(document)
