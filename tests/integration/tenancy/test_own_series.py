"""A portfolio has its series from the beginning; nobody sees another's."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest

from nightdesk.adapters.postgres.candles import PostgresCandleReader
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.ids import TenantId
from tests.servers import Postgres

pytestmark = pytest.mark.integration


def make_tenant(postgres: Postgres) -> TenantId:
    tenant_id = TenantId(uuid4())
    with psycopg.connect(postgres.url("superuser")) as connection:
        connection.execute(
            "INSERT INTO tenants (tenant_id, name, base_asset, created_at) VALUES (%s, 'A', 'EUR', %s)",
            (tenant_id, datetime(2026, 1, 1, tzinfo=UTC)),
        )
    return tenant_id


def reader(postgres: Postgres, tenant_id: UUID) -> PostgresCandleReader:
    connection = psycopg.connect(postgres.url("app"))
    connection.execute("SELECT set_config('app.tenant_id', %s, false)", (str(tenant_id),))
    return PostgresCandleReader(connection, TenantId(tenant_id))


def test_a_portfolio_without_bars_has_an_empty_series(postgres: Postgres) -> None:
    tenant_id = make_tenant(postgres)
    reading = reader(postgres, tenant_id)
    series = reading.series(f"PORTFOLIO:{tenant_id}")
    assert series is not None
    assert (series.unit, series.base) == ("EUR", Resolution.MINUTES_15)
    assert reading.bars(series, Resolution.MINUTES_15, since=None, until=None, limit=10) == []


def test_another_tenants_portfolio_is_not_there(postgres: Postgres) -> None:
    tenant_id, other = make_tenant(postgres), make_tenant(postgres)
    assert reader(postgres, tenant_id).series(f"PORTFOLIO:{other}") is None
