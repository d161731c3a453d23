"""One row of every table that belongs to a tenant, and the rights that each role has on it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg

READ, ADD, CHANGE, REMOVE = "SELECT", "INSERT", "UPDATE", "DELETE"

RIGHTS: dict[str, dict[str, set[str]]] = {
    "tenants": {"app": {READ, ADD}},
    "users": {"app": {READ, ADD, CHANGE}},
    "sessions": {"app": {READ, ADD, CHANGE}},
    "accounts": {"app": {READ, ADD, CHANGE, REMOVE}},
    "credentials": {"gateway": {READ, ADD, CHANGE, REMOVE}},
    "credential_versions": {"gateway": {READ, ADD, CHANGE, REMOVE}},
    "credential_uses": {"app": {READ, ADD}, "gateway": {ADD}},
    "imports": {"app": {READ, ADD, CHANGE}, "outbox": {READ, CHANGE}},
    "import_cursors": {"app": {READ, ADD, CHANGE, REMOVE}},
    "import_skips": {"app": {READ, ADD}},
    "reported_balances": {"app": {READ, ADD, CHANGE, REMOVE}},
    "ledger_heads": {"app": {READ, ADD, CHANGE}},
    "ledger_entries": {"app": {READ, ADD}},
    "ledger_legs": {"app": {READ, ADD}},
    "holdings": {"app": {READ, ADD, CHANGE, REMOVE}},
    "outbox": {"app": {ADD}, "outbox": {READ, CHANGE, REMOVE}},
}
ROLES = ("app", "gateway", "outbox")
CROSSING = {("outbox", "outbox"), ("outbox", "imports"), ("outbox", "accounts"), ("gateway", "credential_versions")}
"""Role and table where it is the role's work to see every tenant's rows."""

_VALUES = {
    "tenants": "%(tenant)s, 'desk', 'USDT', now()",
    "users": "%(other)s, %(tenant)s, %(text)s, %(text)s, 'owner', 'USDT', 'UTC', now()",
    "sessions": "%(tenant)s, %(text)s, %(user)s, now(), NULL",
    "accounts": "%(tenant)s, %(other)s, 'binance', 'main', 'active', NULL, '', %(bytes)s, '{}', now(), NULL",
    "credentials": "%(tenant)s, %(other)s, 'x', 'x', 'x', 'x', now()",
    "credential_versions": "%(tenant)s, %(other)s, now()",
    "credential_uses": "%(tenant)s, %(other)s, now(), 'x', 'x', 'x'",
    "imports": "%(tenant)s, %(account)s, %(other)s, 'done', NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, 0, 'x', now(),"
    " NULL, NULL, NULL",
    "import_cursors": "%(tenant)s, %(other)s, 'x', '{}', now()",
    "import_skips": "%(tenant)s, %(other)s, 'x', 'x', '{}', now()",
    "reported_balances": "%(tenant)s, %(other)s, 'BTC', 1, 1, now()",
    "ledger_heads": "%(tenant)s, %(other)s, 1, 'x'",
    "ledger_entries": "%(tenant)s, %(other)s, 1, %(other)s, 'trade', 'x', 'x', NULL, NULL, now(), now(), 'x',"
    " sha256(''), sha256('')",
    "ledger_legs": "%(tenant)s, %(other)s, 1, 0, 'base', 'BTC', 1, now()",
    "holdings": "%(tenant)s, %(other)s, 'BTC', 1, 1, '{}', '{}', now(), 1, false, now()",
    "outbox": "%(other)s, %(tenant)s, 'x', '{}', 'x', now(), NULL",
}


@dataclass(frozen=True, slots=True)
class Owner:
    """A tenant with a user and an account, to which other rows may refer."""

    tenant: UUID
    user: UUID
    account: UUID

    def insert(self, table: str) -> tuple[bytes, dict[str, object]]:
        """A statement that adds one more row of the tenant's."""
        other = uuid4()
        parameters = {
            "tenant": other if table == "tenants" else self.tenant,
            "user": self.user,
            "account": self.account,
            "other": other,
            "text": other.hex,
            "bytes": other.bytes,
        }
        return _insert(table), parameters


def _insert(table: str) -> bytes:
    return f"INSERT INTO {table} VALUES ({_VALUES[table]})".encode()  # noqa: S608


def new_owner(superuser: psycopg.Connection[tuple[object, ...]]) -> Owner:
    """A tenant with one row in every table."""
    owner = Owner(uuid4(), uuid4(), uuid4())
    named = {"tenant": owner.tenant, "text": owner.user.hex, "bytes": owner.user.bytes}
    for table, other in (("tenants", owner.tenant), ("users", owner.user), ("accounts", owner.account)):
        superuser.execute(_insert(table), {**named, "other": other})
    for table in RIGHTS.keys() - {"tenants", "users", "accounts"}:
        superuser.execute(*owner.insert(table))
    return owner
