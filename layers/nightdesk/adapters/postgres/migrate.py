"""Bring a database to the present schema: roles first, then each migration once and in order.

Works as a superuser and as the master user of RDS, who is none: all it needs is CREATEROLE and the right to
create in the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from nightdesk.adapters.postgres.database import Connection, translated_errors
from nightdesk.kernel.errors import Broken, InvalidInput

MIGRATIONS = Path(__file__).parent / "migrations"
ROLES = ("owner", "app", "gateway", "outbox", "streams", "tracker", "alerts")

_LOCK = 7_306_919_842_001  # any number of our own: two deploys at once take turns
_TABLE = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
      version    int PRIMARY KEY,
      name       text NOT NULL,
      checksum   text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )
"""
_UNSAFE = """
    SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of SQL, `0001_spine.sql`; the checksum is SHA-256 of its bytes."""

    version: int
    name: str
    text: str
    checksum: str


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a run did: the names applied now, in order, and the version the schema has."""

    applied: tuple[str, ...]
    version: int


def migrate(superuser_conninfo: str, passwords: Mapping[str, str], *, folder: Path = MIGRATIONS) -> Migrated:
    """Make the roles and apply what is missing; a second run changes nothing but the passwords.

    Args:
        superuser_conninfo: Connects to the database to migrate, as a superuser or as the master user of RDS.
        passwords: For each of `ROLES`.
        folder: Where the migrations are.

    Raises:
        InvalidInput: A password is missing.
        Broken: A role has rights it must not have, or an applied migration was changed or is unknown here.
        Unavailable: The database does not answer.
    """
    if missing := [role for role in ROLES if not passwords.get(role)]:
        raise InvalidInput("schema.password_missing", f"No password is given for the role {missing[0]}.")
    migrations = read_migrations(folder)
    with translated_errors(), psycopg.connect(superuser_conninfo, autocommit=True, connect_timeout=10) as connection:
        with _locked(connection), connection.transaction():
            _make_roles(connection, passwords)
        with _locked(connection):
            return _apply(connection, migrations)


def read_migrations(folder: Path) -> tuple[Migration, ...]:
    """The folder's migrations, ordered by version."""
    return tuple(_read(path) for path in sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql")))


def _read(path: Path) -> Migration:
    content = path.read_bytes()
    return Migration(int(path.stem[:4]), path.stem, content.decode(), hashlib.sha256(content).hexdigest())


@contextmanager
def _locked(connection: Connection) -> Iterator[None]:
    connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def _make_roles(connection: Connection, passwords: Mapping[str, str]) -> None:
    names = [f"nightdesk_{role}" for role in ROLES]
    known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (names,))}
    for role, name in zip(ROLES, names, strict=True):
        _make_role(connection, name, passwords[role], known=name in known)
    if unsafe := connection.execute(_UNSAFE, (names,)).fetchall():
        raise Broken("schema.role_too_strong", f"The role {unsafe[0][0]} has rights that it must not have.")
    _let_in(connection, names)


def _make_role(connection: Connection, name: str, password: str, *, known: bool) -> None:
    # The server gets the SCRAM verifier only, so the password can't end in its log. A role that exists is
    # altered without naming SUPERUSER or BYPASSRLS: RDS's master may not even say NOSUPERUSER.
    verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    verb = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}" if known else "CREATE ROLE {} LOGIN PASSWORD {}")
    connection.execute(verb.format(sql.Identifier(name), sql.Literal(verifier)))
    for setting, value in (("timezone", "UTC"), ("idle_in_transaction_session_timeout", "60s")):
        connection.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(
                sql.Identifier(name), sql.Identifier(setting), sql.Literal(value)
            )
        )


def _let_in(connection: Connection, names: Sequence[str]) -> None:
    database, is_member = _one(connection, "SELECT current_database(), pg_has_role('nightdesk_owner', 'SET')")
    if not is_member:
        connection.execute("GRANT nightdesk_owner TO CURRENT_USER")
    everybody = sql.SQL(", ").join(map(sql.Identifier, names))
    for statement in (
        "REVOKE ALL ON DATABASE {0} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {0} TO {1}",
        "GRANT TEMPORARY ON DATABASE {0} TO nightdesk_streams",  # candles are copied to a temporary table first
        "GRANT CREATE, USAGE ON SCHEMA public TO nightdesk_owner",
    ):
        connection.execute(sql.SQL(statement).format(sql.Identifier(database), everybody))


def _one(connection: Connection, query: str) -> tuple[str, bool]:
    row = connection.execute(query).fetchone()
    assert row is not None  # noqa: S101 - the query has no FROM
    return row[0], row[1]


def _apply(connection: Connection, migrations: Sequence[Migration]) -> Migrated:
    with _as_owner(connection):
        connection.execute(_TABLE)
        rows = connection.execute("SELECT version, checksum FROM schema_migrations").fetchall()
    missing = _missing(migrations, dict(rows))
    for migration in missing:
        with _as_owner(connection):
            connection.execute(migration.text.encode())
            connection.execute(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
                (migration.version, migration.name, migration.checksum),
            )
    version = max((migration.version for migration in migrations), default=0)
    return Migrated(tuple(migration.name for migration in missing), version)


@contextmanager
def _as_owner(connection: Connection) -> Iterator[None]:
    with connection.transaction():
        connection.execute("SET LOCAL ROLE nightdesk_owner")
        yield


def _missing(migrations: Sequence[Migration], applied: Mapping[int, str]) -> list[Migration]:
    known = {migration.version: migration for migration in migrations}
    for version, checksum in applied.items():
        if version not in known:
            raise Broken("schema.newer", f"The database has migration {version}, which this release does not know.")
        if known[version].checksum != checksum:
            raise Broken("schema.changed", f"Migration {known[version].name} was changed after it was applied.")
    return [migration for migration in migrations if migration.version not in applied]
