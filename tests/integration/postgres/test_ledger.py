"""The ledger on the real server: many writers, forgers, and the indexes that pages use."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads, PostgresLedgerStore
from nightdesk.adapters.postgres.ledger_page import ALONG_AN_INDEX, page_query
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import EntryFilter, EntryKind, Place
from nightdesk.ledger.service import LedgerService, append
from tests.builders.ledger import CORRELATION, RECORDED, at, movement, new_account, new_tenant, trade
from tests.servers import Postgres

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[Database]:
    made = Database(postgres.url("app"), max_size=4)
    yield made
    made.close()


def book(database: Database, tenant: TenantId, account: AccountId, numbers: range) -> int:
    facts = [trade(number, "1", "-1") for number in numbers]
    with database.transaction(tenant_id=tenant) as connection:
        store = PostgresLedgerStore(connection)
        done = append(store, tenant, account, facts, recorded_at=RECORDED, correlation_id=CORRELATION)
    return len(done.entries)


def test_writers_that_overlap_lose_and_double_nothing(database: Database) -> None:
    tenant, account, together = new_tenant(), new_account(), Barrier(4)

    def write(writer: int) -> int:
        together.wait(10)
        return sum(book(database, tenant, account, range(start, start + 20)) for start in range(writer, 60, 4))

    with ThreadPoolExecutor(4) as pool:
        added = sum(pool.map(write, range(4)))
    report = LedgerService(PostgresLedgerReads(database)).verify(tenant)[0]
    assert (added, report.entries, report.ok) == (79, 79, True)


def test_transaction_that_fails_leaves_no_entry_and_no_head(database: Database) -> None:
    tenant, account, facts = new_tenant(), new_account(), [trade(1, "1", "-1")]

    def fail() -> None:
        with database.transaction(tenant_id=tenant) as connection:
            store = PostgresLedgerStore(connection)
            append(store, tenant, account, facts, recorded_at=RECORDED, correlation_id=CORRELATION)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert LedgerService(PostgresLedgerReads(database)).verify(tenant) == ()


ANOTHER_LEG = """
    INSERT INTO ledger_legs SELECT tenant_id, account_id, sequence, 9, role, asset, amount, occurred_at
    FROM ledger_legs WHERE tenant_id = %s AND sequence = 1 AND position = 0
"""
FORGERIES = [
    ("UPDATE ledger_entries SET identity = 'x' WHERE tenant_id = %s AND sequence = 3", 3, "altered"),
    ("UPDATE ledger_legs SET amount = amount + 1e-18 WHERE tenant_id = %s AND sequence = 2", 2, "altered"),
    ("UPDATE ledger_entries SET occurred_at = occurred_at + '1us' WHERE tenant_id = %s AND sequence = 5", 5, "altered"),
    ("DELETE FROM ledger_legs WHERE tenant_id = %s AND sequence = 4", 4, "altered"),
    (ANOTHER_LEG, 1, "altered"),
    ("DELETE FROM ledger_entries WHERE tenant_id = %s AND sequence = 2", 2, "gap"),
    ("DELETE FROM ledger_entries WHERE tenant_id = %s AND sequence = 5", 5, "head"),
    ("UPDATE ledger_heads SET sequence = 4 WHERE tenant_id = %s", 5, "head"),
    ("UPDATE ledger_entries SET hash = sha256('') WHERE tenant_id = %s AND sequence = 3", 3, "altered"),
    ("UPDATE ledger_entries SET previous_hash = sha256('') WHERE tenant_id = %s AND sequence = 3", 3, "unlinked"),
]


@pytest.mark.parametrize(("forgery", "sequence", "reason"), FORGERIES)
def test_forgery_by_a_superuser_is_found(
    database: Database, postgres: Postgres, forgery: str, sequence: int, reason: str
) -> None:
    tenant = new_tenant()
    book(database, tenant, new_account(), range(5))
    with psycopg.connect(postgres.url("superuser")) as superuser:
        superuser.execute("SET session_replication_role = replica")  # no trigger stands in the way
        assert superuser.execute(forgery.encode(), (tenant,)).rowcount > 0
    report = LedgerService(PostgresLedgerReads(database)).verify(tenant)[0]
    assert (report.ok, report.first_broken_sequence, report.reason) == (False, sequence, reason)


def test_verification_of_one_moment_is_not_disturbed_by_writers(database: Database) -> None:
    tenant, account = new_tenant(), new_account()
    book(database, tenant, account, range(3))
    with PostgresLedgerReads(database)(tenant) as store:
        entries = store.chain(tenant, account)
        first = next(entries)
        book(database, tenant, account, range(10, 20))
        assert [first.sequence, *(entry.sequence for entry in entries)] == [1, 2, 3]
        assert store.head(tenant, account).sequence == 3


def fill(database: Database, entries: int) -> tuple[TenantId, AccountId]:
    """So many entries in two accounts of a new tenant, few of them deposits or trades in another market."""
    tenant, accounts = new_tenant(), sorted((new_account(), new_account()))
    for start in range(0, entries, 1000):
        book(database, tenant, accounts[start // 1000 % 2], range(start, start + 1000))
    rare = [movement(1, "DOGE", "1"), trade(1, "1", "-1", symbol="ETH/BTC")]
    with database.transaction(tenant_id=tenant) as connection:
        store = PostgresLedgerStore(connection)
        append(store, tenant, accounts[0], rare, recorded_at=RECORDED, correlation_id=CORRELATION)
    return tenant, accounts[0]


@pytest.fixture(scope="module", params=["known to statistics", "unknown to statistics"])
def filled(request: pytest.FixtureRequest, database: Database, postgres: Postgres) -> tuple[TenantId, AccountId]:
    """A tenant with a ledger. Statistics are made before or after it: an import is read before they are made again."""
    known = request.param == "known to statistics"
    tenant, account = fill(database, 12_000)
    with psycopg.connect(postgres.url("superuser"), autocommit=True) as superuser:
        superuser.execute("ANALYZE ledger_entries, ledger_legs")
    return (tenant, account) if known else fill(database, 6000)


WANTED = [
    EntryFilter(),
    EntryFilter(kind=EntryKind.DEPOSIT),
    EntryFilter(kind=EntryKind.TRADE),
    EntryFilter(asset=AssetId("BTC")),
    EntryFilter(asset=AssetId("DOGE"), kind=EntryKind.DEPOSIT),
    EntryFilter(instrument=parse_instrument("BINANCE:ETH/BTC")),
    EntryFilter(occurred_from=at(100), occurred_until=at(200)),
]


ROWS_MAX = 200  # a page has fifty entries, each with a few legs
BLOCKS_MAX = 1000  # about ten for each of fifty entries; a scan of the tenant would read many thousands


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("one_account", [False, True])
@pytest.mark.parametrize("going_on", [False, True])
def test_pages_read_few_rows_along_an_index(
    *,
    database: Database,
    filled: tuple[TenantId, AccountId],
    wanted: EntryFilter,
    one_account: bool,
    going_on: bool,
) -> None:
    tenant, account = filled
    asked = EntryFilter(
        account_id=account if one_account else None,
        asset=wanted.asset,
        kind=wanted.kind,
        instrument=wanted.instrument,
        occurred_from=wanted.occurred_from,
        occurred_until=wanted.occurred_until,
    )
    query, parameters = page_query(tenant, asked, Place(at(5000), account, 5) if going_on else None, 50)
    with database.transaction(tenant_id=tenant) as connection:
        connection.execute(ALONG_AN_INDEX)
        explain = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + query.as_bytes(connection)
        rows = connection.execute(explain, parameters).fetchone()
    assert rows is not None
    plan = rows[0][0]["Plan"]
    scanned = [node["Relation Name"] for node in walk(plan) if node["Node Type"] == "Seq Scan"]
    assert not [name for name in scanned if "ledger" in name]
    assert max(node["Actual Rows"] * node["Actual Loops"] for node in walk(plan)) <= ROWS_MAX
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= BLOCKS_MAX


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from walk(child)
