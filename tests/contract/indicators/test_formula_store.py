"""What every store of formulas promises, asked of the one in memory and of PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest
from _pytest.fixtures import FixtureRequest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.formulas import PostgresFormulaUnits
from nightdesk.indicators.formula import Formula, FormulaParameter
from nightdesk.indicators.ports import FormulaUnits, FormulaVersion
from nightdesk.kernel.errors import Conflict
from nightdesk.kernel.ids import TenantId
from tests.fakes.formulas import FakeFormulas
from tests.servers import Postgres

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TREND = Formula("trend", "EMA(series,resolution,fast)", (FormulaParameter("fast", Decimal("-1.25")),))


@pytest.fixture
def tenant() -> TenantId:
    return TenantId(uuid4())


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
def units(request: FixtureRequest, tenant: TenantId) -> FormulaUnits:
    if request.param == "memory":
        return FakeFormulas()
    postgres: Postgres = request.getfixturevalue("postgres")
    with psycopg.connect(postgres.url("superuser")) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'desk', 'USDT', now())", (tenant,))
    return PostgresFormulaUnits(Database(postgres.url("app")))


def version(number: int, formula: Formula | None, name: str = "trend") -> FormulaVersion:
    return FormulaVersion(name, number, formula, AT)


def test_the_newest_version_is_the_present_one(units: FormulaUnits, tenant: TenantId) -> None:
    other = version(1, Formula("another", "1"), "another")
    kept = [version(1, TREND), version(2, None), version(3, Formula("trend", "2"))]
    with units(tenant) as store:
        for each in (*kept, other):
            store.add(tenant, each)
    with units(tenant) as store:
        assert list(store.current(tenant)) == [other, kept[-1]]
        assert list(store.versions(tenant, "trend")) == kept
        assert list(store.versions(tenant, "nothing")) == []


def test_two_changes_at_once_are_one_change(units: FormulaUnits, tenant: TenantId) -> None:
    with units(tenant) as store:
        store.add(tenant, version(1, TREND))
    with pytest.raises(Conflict, match="changed meanwhile"), units(tenant) as store:
        store.add(tenant, version(1, None))
    with units(tenant) as store:
        assert list(store.current(tenant)) == [version(1, TREND)]


def test_a_tenant_has_its_own(units: FormulaUnits, tenant: TenantId) -> None:
    stranger = TenantId(uuid4())
    with units(tenant) as store:
        store.add(tenant, version(1, TREND))
    with units(stranger) as store:
        assert list(store.current(stranger)) == []
