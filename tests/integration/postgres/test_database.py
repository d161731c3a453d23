"""Transactions against the real server."""

from collections.abc import Iterator

import psycopg
import pytest

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.kernel.errors import Broken, Conflict, InvalidInput, Unavailable
from stacks.local.ports import free_port
from tests.builders.ledger import RECORDED, new_tenant
from tests.servers import Postgres

pytestmark = pytest.mark.integration
_TENANT = "INSERT INTO tenants (tenant_id, name, created_at) VALUES (%s, 'one', %s)"
_WHO = "SELECT current_setting('app.tenant_id'), current_setting('app.subject')"


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    made = Database(postgres.url("app"), max_size=2)
    yield made
    made.close()


def count(connection: Connection, tenant_id: object) -> int:
    row = connection.execute("SELECT count(*) FROM tenants WHERE tenant_id = %s", (tenant_id,)).fetchone()
    assert row is not None
    return int(row[0])


def test_transaction_knows_who_asks_and_the_next_has_forgotten(database: Database) -> None:
    tenant = new_tenant()
    with database.transaction(tenant_id=tenant, subject="someone") as connection:
        assert connection.execute(_WHO).fetchone() == (str(tenant), "someone")
    with database.transaction() as connection:
        assert connection.execute(_WHO).fetchone() == ("", "")


def test_block_that_ends_commits_and_one_that_raises_rolls_back(database: Database) -> None:
    kept, lost = new_tenant(), new_tenant()
    with database.transaction(tenant_id=kept) as connection:
        connection.execute(_TENANT, (kept, RECORDED))

    def fail() -> None:
        with database.transaction(tenant_id=lost) as connection:
            connection.execute(_TENANT, (lost, RECORDED))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with database.transaction(tenant_id=kept) as connection:
        assert count(connection, kept) == 1
    with database.transaction(tenant_id=lost) as connection:
        assert count(connection, lost) == 0


def test_snapshot_sees_one_moment_and_may_not_write(database: Database) -> None:
    tenant = new_tenant()
    with database.transaction(tenant_id=tenant, snapshot=True) as reading:
        assert count(reading, tenant) == 0
        with database.transaction(tenant_id=tenant) as writing:
            writing.execute(_TENANT, (tenant, RECORDED))
        assert count(reading, tenant) == 0
    with pytest.raises(Broken), database.transaction(tenant_id=tenant, snapshot=True) as connection:
        connection.execute(_TENANT, (new_tenant(), RECORDED))


@pytest.mark.parametrize(
    ("statement", "error", "code"),
    [
        (_TENANT.replace("%s, 'one'", "current_tenant(), 'one'").replace("%s", "now()"), Conflict, "database.exists"),
        ("SELECT 'x'::int", InvalidInput, "database.value_refused"),
        ("SELECT 1e30::numeric(38, 18)", InvalidInput, "database.value_refused"),
        ("SELECT * FROM nowhere", Broken, "database.refused"),
        ("SELECT * FROM credentials", Broken, "database.refused"),
        (
            "SET LOCAL lock_timeout = 0; SELECT pg_terminate_backend(pg_backend_pid())",
            Unavailable,
            "database.unavailable",
        ),
    ],
)
def test_errors_of_the_server_become_ours(
    database: Database, statement: str, error: type[Exception], code: str
) -> None:
    tenant = new_tenant()
    with database.transaction(tenant_id=tenant) as connection:
        connection.execute(_TENANT, (tenant, RECORDED))
    with pytest.raises(error) as refusal, database.transaction(tenant_id=tenant) as connection:
        connection.execute(statement.encode())
    assert getattr(refusal.value, "code", None) == code
    with database.transaction(tenant_id=tenant) as connection:
        assert count(connection, tenant) == 1


def test_rows_that_another_holds_are_contended(database: Database) -> None:
    tenant = new_tenant()
    with database.transaction(tenant_id=tenant) as connection:
        connection.execute("INSERT INTO ledger_heads VALUES (%s, %s, 0, '')", (tenant, tenant))
    lock = "SELECT FROM ledger_heads WHERE tenant_id = %s FOR UPDATE NOWAIT"
    with database.transaction(tenant_id=tenant) as holder:
        holder.execute(lock, (tenant,))
        with pytest.raises(Unavailable) as refusal, database.transaction(tenant_id=tenant) as other:
            other.execute(lock, (tenant,))
    assert refusal.value.code == "database.contended"


def test_connections_that_the_server_dropped_are_replaced(database: Database, postgres: Postgres) -> None:
    with database.transaction() as connection:
        process = connection.info.backend_pid
    with psycopg.connect(postgres.url("superuser"), autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", (process,))
    with database.transaction() as connection:
        assert connection.info.backend_pid != process


def test_server_that_is_not_there_is_unavailable_soon() -> None:
    database = Database(f"host=127.0.0.1 port={free_port()} user=nobody dbname=none", wait_s=0.3)
    with pytest.raises(Unavailable) as refusal, database.transaction():
        pass
    database.close()
    assert refusal.value.retryable
    assert "nobody" not in str(refusal.value)
