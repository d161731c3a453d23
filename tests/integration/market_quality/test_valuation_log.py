"""What valuations rested on, in PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.valuations import PostgresValuationLog, PostgresValuationReads
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.errors import Broken
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.model import Price
from nightdesk.portfolio.exposure import Exposure
from nightdesk.portfolio.provenance import Provenance, provenance, valuation_of
from nightdesk.portfolio.valuation import PriceGraph
from tests.builders.ledger import RECORDED, new_tenant
from tests.servers import Postgres

pytestmark = pytest.mark.integration

USDT = AssetId("USDT")
PRICES = [
    Price(instrument=parse_instrument(market), last=Decimal(last), at=RECORDED)
    for market, last in (
        ("BINANCE:BTC/USDT", "91500.123456789012345678"),
        ("KRAKEN:BTC/USDT", "91501"),
        ("COINBASE:BTC/USD", "91400"),
        ("BINANCE:ADA/BTC", "0.000000000000000001"),
    )
]


@pytest.fixture
def log(postgres: Postgres) -> Iterator[PostgresValuationLog]:
    database = Database(postgres.url("tracker"))
    yield PostgresValuationLog(database)
    database.close()


@pytest.fixture
def reads(postgres: Postgres) -> Iterator[PostgresValuationReads]:
    database = Database(postgres.url("app"))
    yield PostgresValuationReads(database)
    database.close()


@pytest.fixture
def tenants(postgres: Postgres) -> list[TenantId]:
    """Two tenants of this test alone."""
    database, made = Database(postgres.url("app")), [new_tenant(), new_tenant()]
    for tenant_id in made:
        with database.transaction(tenant_id=tenant_id) as connection:
            connection.execute("INSERT INTO tenants VALUES (%s, 'desk', 'USDT', now())", (tenant_id,))
    database.close()
    return made


def told(tenants: list[TenantId], bitcoin: str = "0.000000000000000001", minutes: int = 0) -> Provenance:
    held = {AssetId("BTC"): Decimal(bitcoin), AssetId("ADA"): Decimal(5), USDT: Decimal(1), AssetId("XRP"): Decimal(0)}
    exposures = [Exposure(portfolio_id=each, base_asset=USDT, quantities=held) for each in tenants]
    return provenance(RECORDED + timedelta(minutes=minutes), exposures, PriceGraph(PRICES))


def test_what_was_told_is_read_digit_for_digit(
    log: PostgresValuationLog, reads: PostgresValuationReads, tenants: list[TenantId]
) -> None:
    kept = told(tenants)
    log.write([kept])
    log.write([kept])
    for tenant_id in tenants:
        found = reads.last(tenant_id, RECORDED)
        assert found == valuation_of(kept, tenant_id)
        assert found is not None
        assert found.prices[AssetId("BTC")].steps[0].sources[2].converted is None


def test_corrected_bar_replaces_what_was_kept_and_the_last_up_to_the_instant_is_read(
    log: PostgresValuationLog, reads: PostgresValuationReads, tenants: list[TenantId]
) -> None:
    mine = tenants[0]
    log.write([told([mine]), told([mine], minutes=15)])
    corrected = told([mine], bitcoin="2")
    log.write([corrected])
    assert reads.last(mine, RECORDED + timedelta(minutes=14)) == valuation_of(corrected, mine)
    assert reads.last(mine, RECORDED + timedelta(days=1)) == valuation_of(told([mine], minutes=15), mine)
    assert reads.last(mine, RECORDED - timedelta(minutes=1)) is None


def test_nobody_reads_what_another_held(
    log: PostgresValuationLog, reads: PostgresValuationReads, tenants: list[TenantId]
) -> None:
    log.write([told(tenants[:1])])
    assert reads.last(tenants[1], RECORDED) is None


def test_nothing_to_write_writes_nothing(log: PostgresValuationLog, tenants: list[TenantId]) -> None:
    log.write([replace(told(tenants), prices=(), portfolios=())])


def test_whoever_only_reads_writes_nothing(postgres: Postgres, tenants: list[TenantId]) -> None:
    database = Database(postgres.url("app"))
    with pytest.raises(Broken):
        PostgresValuationLog(database).write([told(tenants)])
    database.close()
