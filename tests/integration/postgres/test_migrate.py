"""Migrating a server of its own, from nothing, with the rights that RDS gives its master user."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

import psycopg
import pytest

from functions.schema_migrate.wiring import run
from nightdesk.adapters.postgres.migrate import MIGRATIONS, ROLES, migrate, read_migrations
from nightdesk.candles.model import Candle
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.rollup import rollup
from nightdesk.kernel.errors import Broken, InvalidInput, Unavailable
from nightdesk.runtime.settings import Settings
from stacks.local.ports import free_port
from stacks.local.postgres import PostgresServer

pytestmark = pytest.mark.integration
PASSWORDS = {role: f"{role}'s \\ password" for role in ROLES}
NAMES = tuple(migration.name for migration in read_migrations(MIGRATIONS))
LATEST = read_migrations(MIGRATIONS)[-1].version


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    folder = tmp_path_factory.mktemp("migrate")
    made = PostgresServer(folder, port=free_port(), password="superuser", durable=False)
    with made:
        yield made
    made.forget()


@pytest.fixture
def master(server: PostgresServer) -> Iterator[str]:
    """The master user's way to an empty database; roles are as the test before left them, or none."""
    server.create_database("desk", owner="master", owner_password="master")
    yield server.url("master", "master", "desk")
    with psycopg.connect(server.url(), autocommit=True) as superuser:
        superuser.execute("DROP DATABASE desk WITH (FORCE)")
        for role in ROLES:
            superuser.execute(f"DROP ROLE IF EXISTS nightdesk_{role}".encode())


def test_first_run_applies_everything_and_the_second_nothing(master: str) -> None:
    first, second = migrate(master, PASSWORDS), migrate(master, PASSWORDS)
    assert (first.applied, first.version) == (NAMES, LATEST)
    assert (second.applied, second.version) == ((), LATEST)


def test_superuser_may_migrate_as_well(server: PostgresServer, master: str) -> None:  # noqa: ARG001
    assert migrate(server.url(database="desk"), PASSWORDS).applied == NAMES
    assert migrate(server.url(database="desk"), PASSWORDS).applied == ()


def test_roles_sign_in_with_their_passwords_and_can_do_nothing_special(server: PostgresServer, master: str) -> None:
    migrate(master, dict.fromkeys(ROLES, "another"))
    migrate(master, PASSWORDS)
    rights = (
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = %s"
    )
    for role, password in PASSWORDS.items():
        with psycopg.connect(server.url(f"nightdesk_{role}", password, "desk")) as connection:
            assert connection.execute(rights, (f"nightdesk_{role}",)).fetchone() == (False,) * 5
            assert connection.info.parameter_status("TimeZone") == "UTC"


def test_two_deploys_at_once_take_turns(master: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: migrate(master, PASSWORDS), range(3)))
    assert sorted(each.applied for each in done) == [(), (), NAMES]


def test_migration_changed_after_it_was_applied_is_refused(master: str, tmp_path: Path) -> None:
    migrate(master, PASSWORDS)
    folder = Path(copytree(MIGRATIONS, tmp_path / "migrations"))
    with (folder / f"{NAMES[0]}.sql").open("a") as file:
        file.write("-- one more word\n")
    with pytest.raises(Broken) as refusal:
        migrate(master, PASSWORDS, folder=folder)
    assert refusal.value.code == "schema.changed"


def test_database_of_a_newer_release_is_refused(master: str, tmp_path: Path) -> None:
    folder = Path(copytree(MIGRATIONS, tmp_path / "migrations"))
    (folder / "9999_future.sql").write_text("CREATE TABLE future (year int);")
    assert migrate(master, PASSWORDS, folder=folder).version == 9999
    with pytest.raises(Broken) as refusal:
        migrate(master, PASSWORDS)
    assert refusal.value.code == "schema.newer"


def test_migration_that_fails_leaves_nothing_of_itself(master: str, tmp_path: Path) -> None:
    folder = Path(copytree(MIGRATIONS, tmp_path / "migrations"))
    broken = folder / "9999_broken.sql"
    broken.write_text("CREATE TABLE half (year int); SELECT 1 / 0;")
    with pytest.raises(InvalidInput):
        migrate(master, PASSWORDS, folder=folder)
    broken.write_text("CREATE TABLE half (year int);")
    assert migrate(master, PASSWORDS, folder=folder).applied == ("9999_broken",)


def test_role_with_rights_that_it_must_not_have_is_refused(server: PostgresServer, master: str) -> None:
    migrate(master, PASSWORDS)
    with psycopg.connect(server.url(), autocommit=True) as superuser:
        superuser.execute("ALTER ROLE nightdesk_app BYPASSRLS")
    with pytest.raises(Broken) as refusal:
        migrate(master, PASSWORDS)
    assert refusal.value.code in {"schema.role_too_strong", "database.refused"}


def test_missing_password_is_named() -> None:
    with pytest.raises(InvalidInput, match="gateway"):
        migrate("host=127.0.0.1", {**PASSWORDS, "gateway": ""})


def test_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        migrate(f"host=127.0.0.1 port={free_port()} user=nobody dbname=none", PASSWORDS)


class Secrets:
    """Secrets Manager with these texts."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def get_secret_value(self, *, SecretId: str) -> dict[str, object]:  # noqa: N803
        return {"SecretString": self._texts[SecretId]}


def test_function_reads_the_roles_passwords_from_their_secrets(server: PostgresServer, master: str) -> None:
    texts = {f"nightdesk/database/{role}": json.dumps({"password": password}) for role, password in PASSWORDS.items()}
    address = {"host": "127.0.0.1", "port": server.port, "dbname": "desk", "username": "master", "password": "master"}
    texts["master"] = json.dumps(address)
    here = Settings(database_secret="master")
    assert master
    assert run(here, Secrets(texts)).applied == NAMES
    assert run(here, Secrets(texts)).applied == ()


def test_what_was_stored_before_gets_hours_at_half_past(server: PostgresServer, master: str, tmp_path: Path) -> None:
    """Bars that nothing was traded in count only where no other is; sparse series keep their holes."""
    before = Path(copytree(MIGRATIONS, tmp_path / "before"))
    for path in before.iterdir():
        if path.name >= "0033":
            path.unlink()
    migrate(master, PASSWORDS, folder=before)
    quarter, start = timedelta(minutes=15), datetime(2025, 12, 31, 12, tzinfo=UTC)
    quarters = [
        Candle(start + index * quarter, index, index + 3, index - 2, index + 1, (index % 3) * (index % 7) / 10)
        for index in range(1, 200)
        if index % 11
    ]
    with psycopg.connect(server.url(database="desk")) as connection:
        connection.execute("SELECT candles_ensure_partitions(%s, %s)", (start, start + 200 * quarter))
        for each in quarters:
            row = (each.at, each.open, each.high, each.low, each.close, each.volume)
            connection.execute("INSERT INTO candles_15m VALUES (1, %s, %s, %s, %s, %s, %s, 7)", row)
    assert migrate(master, PASSWORDS).applied[0] == "0033_half_past_hours"
    with psycopg.connect(server.url(database="desk")) as connection:
        read = "SELECT at, open, high, low, close, volume FROM candles_half_past ORDER BY at"
        found = [Candle(*row) for row in connection.execute(read)]
    early = [replace(each, at=each.at - timedelta(minutes=30)) for each in quarters]
    hours = [replace(each, at=each.at + timedelta(minutes=30)) for each in rollup(early, Resolution.HOUR)]
    assert found == hours
