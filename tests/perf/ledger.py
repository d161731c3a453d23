"""How fast facts are booked, chains verified, pages read and portfolios valued."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from time import perf_counter, process_time

import psycopg

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.holdings import PostgresPortfolioUnits
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.balances import BalanceQuery
from nightdesk.ledger.chain import entry_hash
from nightdesk.ledger.export_check import check
from nightdesk.ledger.exporting import ExportQuery, ExportService
from nightdesk.ledger.model import EntryFilter, EntryKind, Fact
from nightdesk.ledger.service import LedgerService, append
from nightdesk.markets.model import Price
from nightdesk.portfolio.projection import HoldingsProjector, LedgerRecorder
from nightdesk.portfolio.service import PortfolioService
from tests.builders.ledger import ACCOUNT, CORRELATION, RECORDED, START, TENANT, chained, new_account, new_tenant, trade
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedgerStore
from tests.fakes.portfolio import FakePriceBook
from tests.perf.rows import Row, percentile
from tests.servers import Servers

BATCH = 1000
ENTRIES = 1_000_000
ASSETS = 50
_FILL_ENTRIES = """
    INSERT INTO ledger_entries (tenant_id, account_id, sequence, entry_id, kind, identity, source, instrument, order_id,
      occurred_at, recorded_at, correlation_id, previous_hash, hash)
    SELECT %(tenant)s, %(account)s, n, gen_random_uuid(), 'trade', 'trade:' || n, 'binance.rest',
      'BINANCE:A' || n %% 50 || '/USDT', n::text, '2024-01-01'::timestamptz + n * '30 s'::interval, now(), 'bench',
      sha256(''), sha256('')
    FROM generate_series(1, %(entries)s) AS n
"""
_FILL_LEGS = """
    INSERT INTO ledger_legs (tenant_id, account_id, sequence, position, role, asset, amount, occurred_at)
    SELECT %(tenant)s, %(account)s, n, p, CASE p WHEN 0 THEN 'base' ELSE 'quote' END,
      CASE p WHEN 0 THEN 'A' || n %% 50 ELSE 'USDT' END, 1 - 2 * p, '2024-01-01'::timestamptz + n * '30 s'::interval
    FROM generate_series(1, %(entries)s) AS n, generate_series(0, 1) AS p
"""
_FILL_SUMS = """
    INSERT INTO ledger_sums (tenant_id, account_id, span, starts_on, wallet, asset, amount)
    SELECT tenant_id, account_id, span, date_trunc(span, occurred_at AT TIME ZONE 'UTC')::date, wallet, asset,
      sum(amount)
    FROM ledger_legs CROSS JOIN (VALUES ('day'), ('month')) AS spans (span) WHERE tenant_id = %(tenant)s
    GROUP BY 1, 2, 3, 4, 5, 6
"""
_FILL_HEAD = """
    INSERT INTO ledger_heads (tenant_id, account_id, sequence, hash, recorded_at)
    VALUES (%(tenant)s, %(account)s, %(entries)s, sha256(''), now())
"""


def bench_append(servers: Servers) -> list[Row]:
    """Facts booked with their holdings, one transaction a thousand, as an import does."""
    tenant, account, facts = new_tenant(), new_account(), random_facts(30_000)
    with desk(servers) as (database, units):
        started = perf_counter()
        for start in range(0, len(facts), BATCH):
            record(units, tenant, account, facts[start : start + BATCH])
        rate = len(facts) / (perf_counter() - started)
        started = perf_counter()
        assert LedgerService(PostgresLedgerReads(database)).verify(tenant)[0].ok
        verified = len(facts) / (perf_counter() - started)
    return [
        Row(name="ledger: facts booked with holdings, batches of 1,000", value=rate, unit="facts/s", bar=">= 2000"),
        Row(name="ledger: chain verified, read from PostgreSQL", value=verified, unit="entries/s", bar=">= 10000"),
    ]


def bench_hash() -> list[Row]:
    """Entries hashed in memory."""
    entries = chained(random_facts(20_000))
    best = min(timed(lambda: [entry_hash(entry) for entry in entries]) for _ in range(5))
    return [Row(name="ledger: entries hashed", value=len(entries) / best, unit="entries/s", bar=">= 100000")]


def bench_refold(servers: Servers) -> list[Row]:
    """Holdings folded again from the start after an old fact arrived."""
    tenant, account, facts = new_tenant(), new_account(), random_facts(30_000)
    late = replace(facts[0], identity="late", occurred_at=facts[0].occurred_at.replace(year=2020))
    with desk(servers) as (_, units):
        for start in range(0, len(facts), 5 * BATCH):
            record(units, tenant, account, facts[start : start + 5 * BATCH])
        record(units, tenant, account, [late])
        started = perf_counter()
        with units(tenant) as unit:
            LedgerRecorder(unit.ledger, unit.holdings).settle(tenant, account, RECORDED)
        rate = len(facts) / (perf_counter() - started)
    return [Row(name="portfolio: entries folded from the start", value=rate, unit="entries/s", bar=">= 10000")]


def bench_page(servers: Servers) -> list[Row]:
    """Pages of 200 entries of a ledger of a million, p95 over every kind of filter."""
    tenant, account = new_tenant(), new_account()
    fill(servers, tenant, account)
    with desk(servers) as (database, _):
        service = LedgerService(PostgresLedgerReads(database))
        cursor = service.page(tenant, EntryFilter(), limit=1).next_cursor
        wanted = [
            EntryFilter(),
            EntryFilter(account_id=account),
            EntryFilter(asset=AssetId("A7")),
            EntryFilter(kind=EntryKind.DEPOSIT),
            EntryFilter(asset=AssetId("A7"), kind=EntryKind.TRADE, account_id=account),
            EntryFilter(instrument=Instrument(VenueId("binance"), AssetId("A7"), AssetId("USDT"))),
        ]
        took = [timed(lambda: service.page(tenant, each, cursor=cursor)) for each in wanted * 15]  # noqa: B023
    return [
        Row(
            name="ledger: page of 200 of 1,000,000 entries, any filter, p95",
            value=1000 * percentile(took, 0.95),
            unit="ms",
            bar="<= 100",
        )
    ]


def bench_offline_verification() -> list[Row]:
    """An exported file checked as the command does it."""
    store, facts = FakeLedgerStore(), random_facts(100_000)
    append(store, TENANT, ACCOUNT, facts, recorded_at=RECORDED, correlation_id=CORRELATION)
    lines = [line.encode() + b"\n" for line in export_lines(store)]
    best = min(processed(lambda: check(lines)) for _ in range(5))
    name = "ledger: exported entries verified offline, one core"
    return [Row(name=name, value=len(facts) / best, unit="entries/s", bar=">= 200000")]


def bench_balances(servers: Servers) -> list[Row]:
    """Every balance of a ledger of a million entries at instants all over its year, p95."""
    tenant, account = new_tenant(), new_account()
    fill(servers, tenant, account)
    dice = random.Random(7)
    asked = [START + timedelta(seconds=dice.randint(0, 30 * ENTRIES)) for _ in range(60)]
    with desk(servers) as (database, _):
        service = LedgerService(PostgresLedgerReads(database))
        assert len(service.balances(tenant, BalanceQuery(at=asked[0]))) == ASSETS + 1
        took = [timed(lambda: service.balances(tenant, BalanceQuery(at=each))) for each in asked]  # noqa: B023
    name = "ledger: 51 balances at any instant of 1,000,000 entries, p95"
    return [Row(name=name, value=1000 * percentile(took, 0.95), unit="ms", bar="<= 200")]


def bench_old_edit(servers: Servers) -> list[Row]:
    """An entry near the beginning of a million is corrected: everything that follows from it is derived again."""
    tenant, account = new_tenant(), new_account()
    fill(servers, tenant, account)
    with desk(servers) as (_, units):
        late = replace(random_facts(1)[0], identity="late", occurred_at=START)
        started = perf_counter()
        record(units, tenant, account, [late])
        with units(tenant) as unit:
            stale = [AssetId("A7"), AssetId("USDT")]
            HoldingsProjector(unit.ledger, unit.holdings).refold(tenant, account, stale, RECORDED)
        took = perf_counter() - started
    name = "ledger: an old entry of 1,000,000 edited, holdings derived again"
    return [Row(name=name, value=took, unit="s", bar="<= 10")]


def bench_portfolio(servers: Servers) -> list[Row]:
    """A portfolio of 200 holdings among 3,000 prices, p95."""
    tenant, account = new_tenant(), new_account()
    with desk(servers) as (database, units):
        add_account(database, tenant, account)
        facts = [trade(number, "10", "-5", ("BNB", "-0.001"), symbol=f"A{number}/USDT") for number in range(198)]
        record(units, tenant, account, facts)
        service = PortfolioService(units, prices(3000), FakeClock(RECORDED))
        assert len(service.view(tenant).holdings) == 200
        took = [timed(lambda: service.view(tenant)) for _ in range(100)]
    return [
        Row(
            name="portfolio: view of 200 holdings, p95",
            value=1000 * percentile(took, 0.95),
            unit="ms",
            bar="<= 100",
        )
    ]


@contextmanager
def desk(servers: Servers) -> Iterator[tuple[Database, PostgresPortfolioUnits]]:
    """The database as the application's role, and the portfolio's transactions on it."""
    database = Database(servers.postgres().url("app"))
    yield database, PostgresPortfolioUnits(database)
    database.close()


def record(units: PostgresPortfolioUnits, tenant: TenantId, account: AccountId, facts: list[Fact]) -> None:
    """Book the facts in one transaction."""
    with units(tenant) as unit:
        recorder = LedgerRecorder(unit.ledger, unit.holdings)
        recorder.record(tenant, account, facts, recorded_at=RECORDED, correlation_id=CORRELATION)


def random_facts(count: int) -> list[Fact]:
    """Trades in a few markets, each with a fee, in the order of time."""
    dice, facts = random.Random(7), []
    for number in range(count):
        quantity, side = Decimal(dice.randint(1, 10**8)).scaleb(-5), dice.choice((1, -1))
        quote = (quantity * Decimal(dice.randint(10**4, 10**6)).scaleb(-4)).quantize(Decimal("1E-8"))
        symbol = dice.choice(("XRP/ETH", "XRP/USDT", "ETH/USDT", "BTC/USDT"))
        facts.append(trade(number, side * quantity, -side * quote, ("BNB", "-0.00012345"), symbol=symbol))
    return facts


def export_lines(store: FakeLedgerStore) -> Iterator[str]:
    """The whole export."""
    service, cursor = ExportService(store), None
    while True:
        part = service.part(TENANT, ExportQuery(), cursor)
        yield from part.lines
        if (cursor := part.next_cursor) is None:
            return


def fill(servers: Servers, tenant: TenantId, account: AccountId) -> None:
    """A million entries straight into the tables: what is measured is reading them."""
    parameters = {"tenant": tenant, "account": account, "entries": ENTRIES}
    with psycopg.connect(servers.postgres().url("superuser"), autocommit=True) as superuser:
        superuser.execute(_FILL_ENTRIES, parameters)
        superuser.execute(_FILL_LEGS, parameters)
        superuser.execute(_FILL_SUMS, parameters)
        superuser.execute(_FILL_HEAD, parameters)
        superuser.execute("ANALYZE ledger_entries, ledger_legs, ledger_sums, ledger_heads")


def add_account(database: Database, tenant: TenantId, account: AccountId) -> None:
    """A tenant with an active account."""
    with database.transaction(tenant_id=tenant) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'bench', 'USDT', %s)", (tenant, RECORDED))
        connection.execute(
            "INSERT INTO accounts (tenant_id, account_id, venue, label, state, created_at)"
            " VALUES (%s, %s, 'binance', 'bench', 'active', %s)",
            (tenant, account, RECORDED),
        )


def prices(count: int) -> FakePriceBook:
    """So many markets with a price."""
    book = FakePriceBook()
    assets = ["BNB", *(f"A{number}" for number in range(count - 1))]
    instruments = [Instrument(VenueId("binance"), AssetId(asset), AssetId("USDT")) for asset in assets]
    book.put(Price(instrument=instrument, last=Decimal("1.25"), at=RECORDED) for instrument in instruments)
    return book


def processed(work: Callable[[], object]) -> float:
    """Seconds of one processor that it took, whoever else was at work meanwhile."""
    started = process_time()
    work()
    return process_time() - started


def timed(work: Callable[[], object]) -> float:
    """Seconds that it took."""
    started = perf_counter()
    work()
    return perf_counter() - started
