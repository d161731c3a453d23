"""Holdings and books: the stores in memory and in PostgreSQL hold the same after the same facts."""

from collections.abc import Iterator
from decimal import Decimal

import psycopg
import pytest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.holdings import PostgresPortfolioUnits
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.ledger.model import Fact
from nightdesk.portfolio.model import Holding, Reported
from nightdesk.portfolio.projection import HoldingsProjector, LedgerRecorder
from tests.builders.ledger import CORRELATION, RECORDED, at, movement, new_account, new_tenant, trade
from tests.fakes.ledger import FakeLedgerStore
from tests.fakes.portfolio import FakeHoldingStore
from tests.servers import Postgres

pytestmark = pytest.mark.integration
FACTS = (
    movement(1, "USDT", "1000"),
    trade(2, "3", "-100", ("BNB", "-0.001")),
    trade(3, "-1", "50.000000000000000001", ("USDT", "-0.1")),
    trade(4, "10", "-0.333333333333333333", symbol="ETH/BTC"),
    movement(5, "BTC", "-0.1", ("BTC", "-0.0001")),
)
LATE = trade(6, "1", "-30", second=2.5)


class Desk:
    """A tenant with one account on the real server."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self.database = Database(postgres.url("app"))
        self.units = PostgresPortfolioUnits(self.database)
        self.tenant, self.account = new_tenant(), new_account()
        with self.database.transaction(tenant_id=self.tenant) as connection:
            connection.execute("INSERT INTO tenants VALUES (%s, 'desk', 'EUR', %s)", (self.tenant, RECORDED))
        self.add_account(self.account, "active")

    def add_account(self, account_id: AccountId, state: str) -> None:
        with self.database.transaction(tenant_id=self.tenant) as connection:
            connection.execute(
                "INSERT INTO accounts (tenant_id, account_id, venue, label, state, created_at)"
                " VALUES (%s, %s, 'binance', 'main', %s, %s)",
                (self.tenant, account_id, state, RECORDED),
            )

    def record(self, *facts: Fact, account_id: AccountId | None = None) -> None:
        with self.units(self.tenant) as unit:
            book(LedgerRecorder(unit.ledger, unit.holdings), self.tenant, account_id or self.account, facts)

    def settle(self) -> None:
        with self.units(self.tenant) as unit:
            HoldingsProjector(unit.ledger, unit.holdings).settle(self.tenant, self.account, RECORDED)

    def holdings(self) -> dict[AssetId, Holding]:
        with self.units(self.tenant) as unit:
            assets = unit.holdings.assets(self.tenant, self.account)
            return dict(unit.holdings.get(self.tenant, self.account, assets))

    def unsettled(self) -> tuple[AccountId, ...]:
        with self.units(self.tenant) as unit:
            return unit.books.unsettled(self.tenant)


def book(recorder: LedgerRecorder, tenant: TenantId, account: AccountId, facts: tuple[Fact, ...]) -> None:
    recorder.record(tenant, account, facts, recorded_at=RECORDED, correlation_id=CORRELATION)


@pytest.fixture
def desk(postgres: Postgres) -> Iterator[Desk]:
    made = Desk(postgres)
    yield made
    made.database.close()


def test_postgres_holds_what_memory_holds(desk: Desk) -> None:
    memory = FakeHoldingStore()
    recorder = LedgerRecorder(FakeLedgerStore(), memory)
    for batch in (FACTS[:2], FACTS[2:], (LATE,)):
        book(recorder, desk.tenant, desk.account, batch)
        desk.record(*batch)
        assets = memory.assets(desk.tenant, desk.account)
        assert desk.holdings() == memory.get(desk.tenant, desk.account, assets)
    recorder.settle(desk.tenant, desk.account, RECORDED)
    desk.settle()
    assert desk.holdings() == memory.get(desk.tenant, desk.account, assets)


def test_quantities_are_the_sums_that_the_database_makes(desk: Desk) -> None:
    desk.record(*FACTS, LATE)
    with desk.database.transaction(tenant_id=desk.tenant) as connection:
        query = "SELECT asset, sum(amount) FROM ledger_legs WHERE tenant_id = %s GROUP BY asset"
        sums = dict(connection.execute(query, (desk.tenant,)).fetchall())
    assert {asset: holding.position.quantity for asset, holding in desk.holdings().items()} == sums


def test_older_event_makes_its_assets_stale_until_they_are_settled(desk: Desk) -> None:
    desk.record(*FACTS)
    desk.record(LATE)
    stale = {asset: holding.stale for asset, holding in desk.holdings().items()}
    assert stale == {"BTC": True, "USDT": True, "BNB": False, "ETH": False}
    assert desk.unsettled() == (desk.account,)
    desk.settle()
    assert not any(holding.stale for holding in desk.holdings().values())
    assert desk.holdings()[AssetId("BTC")].folded_at == at(5)
    assert desk.unsettled() == ()


def test_account_whose_import_is_open_is_left_to_it(desk: Desk) -> None:
    desk.record(*FACTS)
    desk.record(LATE)
    with desk.database.transaction(tenant_id=desk.tenant) as connection:
        connection.execute(
            "INSERT INTO imports (tenant_id, account_id, import_id, state, correlation_id, queued_at)"
            " VALUES (%s, %s, %s, 'running', 'x', %s)",
            (desk.tenant, desk.account, desk.account, RECORDED),
        )
    assert desk.unsettled() == ()


def test_books_leave_out_disconnected_accounts_and_add_what_venues_report(desk: Desk) -> None:
    gone = new_account()
    desk.add_account(gone, "disconnected")
    desk.record(FACTS[0])
    desk.record(FACTS[0], account_id=gone)
    with desk.database.transaction(tenant_id=desk.tenant) as connection:
        for account in (desk.account, gone):
            row = (desk.tenant, account, RECORDED)
            connection.execute("INSERT INTO reported_balances VALUES (%s, %s, 'USDT', 900, 0.5, %s)", row)
    with desk.units(desk.tenant) as unit:
        books = unit.books.books(desk.tenant)
    assert books.base_asset == "EUR"
    assert [(account.account_id, account.state) for account in books.accounts] == [(desk.account, "active")]
    assert [(holding.account_id, holding.asset) for holding in books.holdings] == [(desk.account, "USDT")]
    assert books.reported == (
        Reported(account_id=desk.account, asset=AssetId("USDT"), quantity=Decimal("900.5"), reported_at=RECORDED),
    )


def test_unknown_tenant_has_no_books(desk: Desk) -> None:
    stranger = new_tenant()
    with desk.units(stranger) as unit, pytest.raises(NotFound):
        unit.books.books(stranger)


def test_holdings_of_another_tenant_are_out_of_reach(desk: Desk) -> None:
    desk.record(*FACTS)
    with desk.units(new_tenant()) as unit:
        assert unit.holdings.get(desk.tenant, desk.account, [AssetId("BTC")]) == {}
        assert unit.holdings.assets(desk.tenant, desk.account) == frozenset()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            unit.holdings.put(desk.tenant, list(desk.holdings().values()), RECORDED)
