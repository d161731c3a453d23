"""Exchange rates in the real PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.fx import PostgresFxStore, RememberedFxTable
from nightdesk.kernel.assets import AssetId
from nightdesk.markets.fx import FxRates
from tests.fakes.clock import FakeClock
from tests.servers import Postgres

pytestmark = pytest.mark.integration

TABLE = FxRates(
    source="test",
    base=AssetId("USD"),
    at=datetime(2100, 1, 1, tzinfo=UTC),
    rates={AssetId("USD"): Decimal(1), AssetId("EUR"): Decimal("0.923456789012345678")},
)


def test_the_newest_table_comes_back_digit_for_digit(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url("app")) as connection:
        store = PostgresFxStore(connection)
        store.put(TABLE)
        store.put(replace(TABLE, at=TABLE.at - timedelta(hours=1), rates={AssetId("USD"): Decimal(1)}))
        store.put(TABLE)
        assert store.latest() == TABLE


def test_a_process_asks_once_a_minute_and_the_tracker_may_ask(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url("app")) as connection:
        PostgresFxStore(connection).put(replace(TABLE, at=TABLE.at + timedelta(days=1)))
    clock = FakeClock(TABLE.at)
    database = Database(postgres.url("tracker"))
    try:
        table = RememberedFxTable(database, clock)
        first = table.latest()
        assert first is not None
        with psycopg.connect(postgres.url("app")) as connection:
            PostgresFxStore(connection).put(replace(TABLE, at=TABLE.at + timedelta(days=2)))
        clock.advance(59)
        assert table.latest() == first
        clock.advance(1)
        fresh = table.latest()
        assert fresh is not None
        assert fresh.at == TABLE.at + timedelta(days=2)
    finally:
        database.close()


def test_rates_can_not_be_rewritten(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url("app")) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE fx_rates SET rate = 1")
