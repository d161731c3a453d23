"""Reported positions in PostgreSQL, and what they add to the portfolio's value."""

from datetime import timedelta
from decimal import Decimal

import pytest

from nightdesk.accounts.positions import Position, PositionSide, ReportedPosition
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.holdings import PostgresPortfolioUnits
from nightdesk.adapters.postgres.positions import PostgresPositionUnits
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.markets.model import Price
from nightdesk.portfolio.service import value_books
from nightdesk.portfolio.valuation import PriceGraph
from tests.builders.ledger import RECORDED, new_account, new_tenant
from tests.servers import Postgres

pytestmark = pytest.mark.integration


def position(contract: str, gain: str, side: PositionSide = PositionSide.LONG) -> Position:
    return Position(
        contract=contract,
        side=side,
        quantity=Decimal("0.123456789012345678"),
        entry_price=Decimal("60000.12345678"),
        mark_price=Decimal(61_000),
        unrealised_pnl=Decimal(gain),
        settle=AssetId("USDT"),
        liquidation_price=None if side is PositionSide.LONG else Decimal("70000.5"),
    )


BITCOIN, ETHER = position("BTC/USDT:USDT", "123.45"), position("ETH/USDT:USDT", "-23.45", PositionSide.SHORT)


def add_account(database: Database, tenant: TenantId, account: AccountId) -> None:
    with database.transaction(tenant_id=tenant) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'desk', 'EUR', %s)", (tenant, RECORDED))
        connection.execute(
            "INSERT INTO accounts (tenant_id, account_id, venue, label, state, created_at)"
            " VALUES (%s, %s, 'binance', 'main', 'active', %s)",
            (tenant, account, RECORDED),
        )


def test_the_newest_report_stands_and_is_its_tenants_alone(postgres: Postgres) -> None:
    database, tenant, account = Database(postgres.url("app")), new_tenant(), new_account()
    add_account(database, tenant, account)
    units = PostgresPositionUnits(database)
    with units(tenant) as store:
        store.replace(tenant, account, [ETHER, BITCOIN], RECORDED)
        store.replace(tenant, account, [], RECORDED - timedelta(seconds=1))
        found = store.of_account(tenant, account)
        assert found == store.of_tenant(tenant)
        assert found == tuple(
            ReportedPosition(account_id=account, position=each, reported_at=RECORDED) for each in (BITCOIN, ETHER)
        )
        store.replace(tenant, new_account(), [BITCOIN], RECORDED)
    with units(new_tenant()) as store:
        assert store.of_account(tenant, account) is None
        assert store.of_tenant(tenant) == ()
    with units(tenant) as store:
        store.replace(tenant, account, [], RECORDED + timedelta(seconds=1))
        assert store.of_account(tenant, account) == ()


def test_what_open_contracts_would_bring_counts_for_the_portfolio_and_its_account(postgres: Postgres) -> None:
    database, tenant, account = Database(postgres.url("app")), new_tenant(), new_account()
    add_account(database, tenant, account)
    with PostgresPositionUnits(database)(tenant) as store:
        store.replace(tenant, account, [BITCOIN, ETHER], RECORDED)
    with PostgresPortfolioUnits(database)(tenant) as unit:
        books = unit.books.books(tenant)
    euro = Price(
        instrument=Instrument(VenueId("binance"), AssetId("EUR"), AssetId("USDT")), last=Decimal("1.25"), at=RECORDED
    )
    valued = value_books(tenant, books, PriceGraph([euro]), RECORDED)
    assert valued.total.value == valued.accounts[0].value == Decimal(80)
    assert valued.total.complete
    unpriced = value_books(tenant, books, PriceGraph([]), RECORDED)
    assert unpriced.accounts[0].value is None
    assert not unpriced.total.complete
