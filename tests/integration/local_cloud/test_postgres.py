"""PostgreSQL of the local run: closed to strangers, keeps what it was given, survives what happens to processes."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stacks.local.ports import free_port
from stacks.local.postgres import PostgresServer

pytestmark = pytest.mark.integration
PASSWORD = "it's a \\ secret"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    made = PostgresServer(tmp_path / "postgres", port=free_port(), password=PASSWORD)
    yield made
    made.stop()
    made.forget()


def test_it_demands_the_password(server: PostgresServer) -> None:
    with server:
        psycopg.connect(server.url()).close()
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url(password="wrong"))


def test_it_listens_on_this_machine_only_and_not_as_root(server: PostgresServer) -> None:
    with server, psycopg.connect(server.url()) as connection:
        row = connection.execute("SELECT current_setting('listen_addresses'), pg_backend_pid()").fetchone()
        assert row is not None
        assert row[0] == "127.0.0.1"
        assert Path(f"/proc/{row[1]}").stat().st_uid != 0 or not Path("/proc").exists()


def test_the_owner_of_the_database_is_no_superuser(server: PostgresServer) -> None:
    with server:
        for password in ("first", "second's"):
            server.create_database("desk", owner="desk_master", owner_password=password)
        with psycopg.connect(server.url("desk_master", "second's", "desk")) as connection:
            rights = "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
            assert connection.execute(rights).fetchone() == (False, False, True)


def test_what_was_committed_survives_a_kill(server: PostgresServer) -> None:
    with server:
        _keep(server)
        assert server._process is not None
        server._process.send_signal(signal.SIGKILL)
        server._process.wait()
        server.start()
        assert _kept(server) == [(1,)]


def test_a_server_that_outlived_its_run_is_ended(server: PostgresServer) -> None:
    server.start()
    _keep(server)
    leftover = server._process
    assert leftover is not None
    with PostgresServer(server.state_dir, port=server.port, password=PASSWORD) as successor:
        assert leftover.wait(5) is not None
        assert _kept(successor) == [(1,)]


def test_a_pid_file_that_names_somebody_else_is_dropped(server: PostgresServer) -> None:
    server.prepare()
    (server.data_dir / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data_dir}\n")
    with server:
        assert server._answers()


def test_forgetting_removes_every_file(server: PostgresServer) -> None:
    with server:
        home = server.home
    server.forget()
    assert not home.exists()
    assert not server.state_dir.exists()


def _keep(server: PostgresServer) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")


def _kept(server: PostgresServer) -> list[tuple[int]]:
    with psycopg.connect(server.url()) as connection:
        return connection.execute("SELECT value FROM kept").fetchall()
