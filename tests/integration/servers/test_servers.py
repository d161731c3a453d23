"""The shared servers answer, and only on this machine."""

import psycopg
import pytest
import redis

from tests.servers import Postgres

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("role", ["owner", "app", "gateway", "outbox"])
def test_every_role_connects_and_none_bypasses_row_security(postgres: Postgres, role: str) -> None:
    with psycopg.connect(postgres.url(role)) as connection:
        row = connection.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == (False, False)


def test_valkey_demands_its_password(valkey_url: str) -> None:
    assert redis.Redis.from_url(valkey_url).ping()
    host_and_port = valkey_url.rsplit("@", 1)[1]
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(f"redis://{host_and_port}").ping()
