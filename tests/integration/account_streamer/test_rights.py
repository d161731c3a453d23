"""What the gateway's role may know of other tenants: that there is a key, since when, and nothing else."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from nightdesk.adapters.postgres.account_streams import PostgresStreamedAccounts
from nightdesk.adapters.postgres.database import Database
from tests.integration.account_streamer.rig import own_database
from tests.servers import Postgres

pytestmark = pytest.mark.integration
_SEAL = "INSERT INTO credentials VALUES (%s, %s, 'x', 'x', 'x', 'x', now())"
OURS, THEIRS = uuid4(), uuid4()


@pytest.fixture
def own(postgres: Postgres) -> Postgres:
    """A database in which two tenants have a key each."""
    made = own_database(postgres)
    for tenant in (OURS, THEIRS):
        with gateway(made, tenant) as connection:
            connection.execute(_SEAL, (tenant, uuid4()))
    return made


def gateway(postgres: Postgres, tenant: UUID) -> psycopg.Connection[tuple[object, ...]]:
    connection: psycopg.Connection[tuple[object, ...]] = psycopg.connect(postgres.url("gateway"))
    connection.execute("SELECT set_config('app.tenant_id', %s, true)", (str(tenant),))
    return connection


def test_every_tenants_keys_are_seen_as_they_come_change_and_go(own: Postgres) -> None:
    database = Database(own.url("gateway"))
    streamed = PostgresStreamedAccounts(database)
    before = {each.tenant_id: each for each in streamed.all()}
    assert before.keys() == {OURS, THEIRS}
    with gateway(own, OURS) as connection:
        connection.execute("UPDATE credentials SET sealed_at = now() + interval '1 second'")
    with gateway(own, THEIRS) as connection:
        connection.execute("DELETE FROM credentials")
    (left,) = streamed.all()
    assert (left.tenant_id, left.account_id) == (OURS, before[left.tenant_id].account_id)
    assert left.sealed_at > before[left.tenant_id].sealed_at
    database.close()


@pytest.mark.parametrize(
    "statement", ["UPDATE credential_versions SET sealed_at = now()", "DELETE FROM credential_versions"]
)
def test_another_tenants_keys_are_not_touched(own: Postgres, statement: str) -> None:
    with gateway(own, OURS) as connection:
        assert connection.execute(f"{statement} WHERE tenant_id = %s".encode(), (THEIRS,)).rowcount == 0
        assert connection.execute("SELECT count(*) FROM credentials").fetchone() == (1,)


@pytest.mark.parametrize("role", ["app", "outbox", "streams", "tracker"])
def test_nobody_else_sees_them(own: Postgres, role: str) -> None:
    with psycopg.connect(own.url(role)) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("SELECT FROM credential_versions")
