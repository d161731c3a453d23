"""Balances of the past are read along indexes, also of a tenant that statistics know nothing of."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.ledger import PostgresLedgerStore
from nightdesk.adapters.postgres.ledger_proof import BALANCES, balance_parameters
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.balances import BalanceQuery
from nightdesk.ledger.service import append
from tests.builders.ledger import CORRELATION, RECORDED, at, movement, new_account, new_tenant
from tests.servers import Postgres

pytestmark = pytest.mark.integration
BLOCKS_MAX = 3000  # twenty legs a day, a few sums a month; a scan of the tenant would read ten times as many
HOURS = 12_000


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[Database]:
    made = Database(postgres.url("app"))
    yield made
    made.close()


@pytest.fixture(scope="module", params=["known to statistics", "unknown to statistics"])
def filled(request: pytest.FixtureRequest, database: Database, postgres: Postgres) -> tuple[TenantId, AccountId]:
    """A tenant whose account got something each hour for more than a year."""
    tenant, account = new_tenant(), new_account()
    facts = [movement(number, "BTC", "1", second=3600 * number) for number in range(HOURS)]
    for start in range(0, HOURS, 2000):
        with database.transaction(tenant_id=tenant) as connection:
            store = PostgresLedgerStore(connection)
            part = facts[start : start + 2000]
            append(store, tenant, account, part, recorded_at=RECORDED, correlation_id=CORRELATION)
    if request.param == "known to statistics":
        with psycopg.connect(postgres.url("superuser"), autocommit=True) as superuser:
            superuser.execute("ANALYZE ledger_entries, ledger_legs, ledger_sums, ledger_heads")
    return tenant, account


@pytest.mark.parametrize("known_on", [None, RECORDED + timedelta(days=1)])
@pytest.mark.parametrize("one_account", [False, True])
def test_balance_of_the_past_reads_few_rows(
    *, database: Database, filled: tuple[TenantId, AccountId], one_account: bool, known_on: Any
) -> None:
    tenant, account = filled
    wanted = BalanceQuery(account_id=account if one_account else None, at=at(3600 * 9000), known_on=known_on)
    with database.transaction(tenant_id=tenant) as connection:
        (balance,) = PostgresLedgerStore(connection).balances(tenant, wanted)
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {BALANCES}"
        row = connection.execute(explain.encode(), balance_parameters(tenant, wanted)).fetchone()
    assert balance.quantity == 9001
    assert row is not None
    plan = row[0][0]["Plan"]
    scanned = {node["Relation Name"] for node in walk(plan) if node["Node Type"] == "Seq Scan"}
    assert not {name for name in scanned if name.startswith(("ledger_entries", "ledger_legs"))}
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= BLOCKS_MAX


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from walk(child)
