"""Each role connects for itself and tries to reach what is another tenant's."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain
from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from tests.integration.tenancy.rows import ADD, CHANGE, CROSSING, READ, REMOVE, RIGHTS, ROLES, Owner, new_owner
from tests.servers import Postgres

pytestmark = pytest.mark.integration
Connection = psycopg.Connection[tuple[object, ...]]
As = Callable[[str, UUID | None], Connection]
TABLES = sorted(RIGHTS)
EVERY = [(role, table) for role in ROLES for table in TABLES]


def may(role: str, table: str, right: str) -> bool:
    return right in RIGHTS[table].get(role, set())


@pytest.fixture(scope="module")
def owners(postgres: Postgres) -> tuple[Owner, Owner]:
    """Ours and another's."""
    with psycopg.connect(postgres.url("superuser")) as superuser:
        return new_owner(superuser), new_owner(superuser)


@pytest.fixture(scope="module")
def idle() -> Iterator[dict[str, list[Connection]]]:
    """Connections of each role that no test holds: making one takes longer than what is tried over it."""
    kept: dict[str, list[Connection]] = defaultdict(list)
    yield kept
    for connection in chain.from_iterable(kept.values()):
        connection.close()


@pytest.fixture
def connected(postgres: Postgres, idle: dict[str, list[Connection]]) -> Iterator[As]:
    """Connects as a role on behalf of a tenant; whatever was tried or set is rolled back."""
    held: list[tuple[str, Connection]] = []

    def connect(role: str, tenant: UUID | None) -> Connection:
        connection: Connection = idle[role].pop() if idle[role] else psycopg.connect(postgres.url(role))
        held.append((role, connection))
        connection.execute("SELECT set_config('app.tenant_id', %s, true)", (str(tenant or ""),))
        return connection

    yield connect
    for role, connection in held:
        connection.rollback()
        idle[role].append(connection)


def tenants_seen(connection: Connection, table: str, where: str = "") -> set[object]:
    return {tenant for (tenant,) in connection.execute(f"SELECT tenant_id FROM {table} {where}".encode())}  # noqa: S608


@pytest.mark.parametrize(("role", "table"), [each for each in EVERY if may(*each, READ) and each not in CROSSING])
def test_reading_without_a_condition_gives_only_ones_own(
    connected: As, owners: tuple[Owner, Owner], role: str, table: str
) -> None:
    ours, theirs = owners
    connection = connected(role, ours.tenant)
    assert tenants_seen(connection, table) == {ours.tenant}
    assert tenants_seen(connection, table, f"WHERE tenant_id = '{theirs.tenant}'") == set()
    assert tenants_seen(connected(role, None), table) == set()


def test_who_wakes_schedules_sees_others_rule_sets_only_with_a_schedule(
    connected: As, owners: tuple[Owner, Owner]
) -> None:
    ours, theirs = owners
    connection = connected("outbox", ours.tenant)
    assert ours.tenant in tenants_seen(connection, "rule_sets")
    assert theirs.tenant not in tenants_seen(connection, "rule_sets")
    others = tenants_seen(connection, "rule_sets", "WHERE NOT has_schedule(definition)")
    assert others == {ours.tenant}


@pytest.mark.parametrize(("role", "table"), [each for each in EVERY if not may(*each, READ) and each not in CROSSING])
def test_reading_without_the_right_is_refused(
    connected: As, owners: tuple[Owner, Owner], role: str, table: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        tenants_seen(connected(role, owners[0].tenant), table)


@pytest.mark.parametrize(("role", "table"), EVERY)
def test_adding_a_row_of_another_tenant_is_refused(
    connected: As, owners: tuple[Owner, Owner], role: str, table: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        connected(role, owners[0].tenant).execute(*owners[1].insert(table))


@pytest.mark.parametrize(("role", "table"), [each for each in EVERY if may(*each, ADD) and each[1] != "tenants"])
def test_adding_a_row_of_ones_own_is_allowed(connected: As, owners: tuple[Owner, Owner], role: str, table: str) -> None:
    assert connected(role, owners[0].tenant).execute(*owners[0].insert(table)).rowcount == 1


CHANGES = {
    CHANGE: "UPDATE {} SET tenant_id = tenant_id WHERE tenant_id = %s",
    REMOVE: "DELETE FROM {} WHERE tenant_id = %s",
}


@pytest.mark.parametrize("right", [CHANGE, REMOVE])
@pytest.mark.parametrize(("role", "table"), [each for each in EVERY if each not in CROSSING])
def test_rows_of_another_tenant_are_neither_changed_nor_removed(
    connected: As, owners: tuple[Owner, Owner], role: str, table: str, right: str
) -> None:
    connection = connected(role, owners[0].tenant)
    statement = CHANGES[right].format(table).encode()
    if may(role, table, right):
        assert connection.execute(statement, (owners[1].tenant,)).rowcount == 0
    else:
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement, (owners[1].tenant,))


@pytest.mark.parametrize("table", [table for table in TABLES if may("app", table, CHANGE)])
def test_ones_own_row_is_not_given_away(connected: As, owners: tuple[Owner, Owner], table: str) -> None:
    with pytest.raises((errors.InsufficientPrivilege, errors.ForeignKeyViolation)):
        connected("app", owners[0].tenant).execute(f"UPDATE {table} SET tenant_id = %s".encode(), (owners[1].tenant,))  # noqa: S608


@pytest.mark.parametrize("role", ["app", "outbox", "streams", "tracker"])
def test_only_the_gateway_reads_credentials(
    connected: As, owners: tuple[Owner, Owner], postgres: Postgres, role: str
) -> None:
    assert role in postgres.passwords
    with pytest.raises(errors.InsufficientPrivilege):
        connected(role, owners[0].tenant).execute("SELECT count(*) FROM credentials")


LEDGER = ["ledger_entries", "ledger_legs"]


@pytest.mark.parametrize("table", LEDGER)
@pytest.mark.parametrize("statement", [*CHANGES.values(), "TRUNCATE {}"])
def test_not_even_the_owner_changes_the_ledger(
    connected: As, owners: tuple[Owner, Owner], table: str, statement: str
) -> None:
    tenant = owners[0].tenant
    query, parameters = statement.format(table).encode(), (tenant,) if "%s" in statement else ()
    with pytest.raises(errors.RestrictViolation):
        connected("owner", tenant).execute(query, parameters)
    with pytest.raises(errors.InsufficientPrivilege):
        connected("app", tenant).execute(query, parameters)


@pytest.mark.parametrize("table", LEDGER)
@pytest.mark.parametrize("part", range(8))
def test_partitions_are_no_way_round_the_policy(
    connected: As, owners: tuple[Owner, Owner], table: str, part: int
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        connected("app", owners[0].tenant).execute(f"SELECT FROM {table}_{part}".encode())


def test_outbox_role_sees_of_accounts_only_what_it_needs_to_fan_out(connected: As, owners: tuple[Owner, Owner]) -> None:
    seen = tenants_seen(connected("outbox", None), "accounts")
    assert {owner.tenant for owner in owners} <= seen
    with pytest.raises(errors.InsufficientPrivilege):
        connected("outbox", None).execute("SELECT key_fingerprint FROM accounts")


def test_outbox_role_sees_of_orders_only_which_are_loose(connected: As, owners: tuple[Owner, Owner]) -> None:
    seen = tenants_seen(connected("outbox", None), "orders")
    assert {owner.tenant for owner in owners} <= seen
    with pytest.raises(errors.InsufficientPrivilege):
        connected("outbox", None).execute("SELECT quantity FROM orders")


def test_platform_is_halted_by_its_own_role_only_and_seen_by_everybody(
    connected: As, owners: tuple[Owner, Owner]
) -> None:
    halt = "INSERT INTO halts VALUES (gen_random_uuid(), NULL, false, false, 'x', 'x', now(), 'x', now())"
    with pytest.raises(errors.InsufficientPrivilege):
        connected("app", owners[0].tenant).execute(halt)
    connected("outbox", None).execute(halt.encode())


def test_every_table_of_a_tenant_forces_row_level_security(postgres: Postgres) -> None:
    query = """
        SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE a.attname = 'tenant_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND c.relnamespace = 'public'::regnamespace
    """
    with psycopg.connect(postgres.url("superuser")) as superuser:
        forced: dict[object, object] = dict(superuser.execute(query).fetchall())
    assert forced.keys() >= set(TABLES)
    assert all(forced.values()), forced


def test_roles_can_neither_become_another_nor_switch_security_off(connected: As, owners: tuple[Owner, Owner]) -> None:
    for role in ROLES:
        for statement in ("SET ROLE nightdesk_owner", "SET session_replication_role = replica"):
            with pytest.raises(errors.InsufficientPrivilege):
                connected(role, owners[0].tenant).execute(statement)
        connection = connected(role, owners[0].tenant)
        connection.execute("SET row_security = off")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("SELECT FROM ledger_entries")
