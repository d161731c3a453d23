"""Connections to PostgreSQL: a small pool, transactions that know their tenant, errors in our own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors
from psycopg_pool import ConnectionPool

from nightdesk.kernel.errors import Broken, Conflict, InvalidInput, NightdeskError, Unavailable
from nightdesk.kernel.ids import TenantId

Connection = psycopg.Connection[tuple[Any, ...]]

_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_BEGIN_AS = "SELECT set_config('app.tenant_id', %s, true), set_config('app.subject', %s, true)"


class Database:
    """One database, reached as one role.

    Nothing is opened before the first transaction, so making one costs nothing at a cold start.
    """

    def __init__(
        self, conninfo: str, *, min_size: int = 0, max_size: int = 4, wait_s: float = 5.0, connect_timeout_s: int = 5
    ) -> None:
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            conninfo,
            min_size=min_size,
            max_size=max_size,
            timeout=wait_s,
            kwargs={"prepare_threshold": None, "connect_timeout": connect_timeout_s},
            check=ConnectionPool.check_connection,
            reconnect_timeout=wait_s,
            open=False,
        )

    @contextmanager
    def transaction(
        self, *, tenant_id: TenantId | None = None, subject: str | None = None, snapshot: bool = False
    ) -> Iterator[Connection]:
        """One transaction, committed when the block ends and rolled back when it raises.

        Args:
            tenant_id: Whose rows the transaction may touch; without it, nobody's.
            subject: The token's subject whose own user row may be read before the tenant is known.
            snapshot: Only read, and see one moment throughout however long it takes.

        Raises:
            Unavailable: The database does not answer, or gave way to another transaction: try again.
            Conflict: A unique constraint was violated.
            InvalidInput: A value does not fit its column.
            Broken: The database refused the statement.
        """
        with translated_errors():
            self._pool.open()
            with self._pool.connection() as connection:
                if snapshot:
                    connection.execute(_SNAPSHOT)
                connection.execute(_BEGIN_AS, (str(tenant_id or ""), subject or ""))
                yield connection

    def close(self) -> None:
        """Close every connection; the database can't be used after."""
        self._pool.close()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn psycopg's errors into the kernel's at the border."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error) from error


def translate(error: psycopg.Error) -> NightdeskError:
    """The kernel's error for psycopg's; it names the SQL state and never a value."""
    state = error.sqlstate or "none"
    match error:
        case errors.SerializationFailure() | errors.DeadlockDetected() | errors.LockNotAvailable():
            return Unavailable("database.contended", "Another change to the same rows came first; try again.")
        case psycopg.OperationalError() | psycopg.InterfaceError():
            return Unavailable("database.unavailable", "The database does not answer.")
        case errors.UniqueViolation():
            return Conflict("database.exists", "There is one like it already.")
        case psycopg.DataError():
            return InvalidInput("database.value_refused", f"A value does not fit (SQL state {state}).")
        case _:
            return Broken("database.refused", f"The database refused a statement (SQL state {state}).")
