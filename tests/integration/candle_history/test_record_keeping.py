"""Old records about prices go, but the end of each day and the prices that a valuation rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.record_keeping import PostgresRecordKeeping
from nightdesk.candles.record_keeping import RecordPolicy
from tests.builders.desk_history import own_database
from tests.servers import Postgres, Servers

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OLD_DAY = datetime(2024, 5, 3, tzinfo=UTC)
POLICY = RecordPolicy(valuation_months=24, refusal_days=90, dry_run=False)
HELD = "INSERT INTO portfolio_valuations VALUES (%s, %s, 'USDT', 1, '{}')"
PRICED = "INSERT INTO valuation_prices VALUES (%s, 'BTC', 'USDT', 1, NULL, 'agreed', '[]')"
REFUSED = "INSERT INTO market_refusals VALUES ('binance', 'BTC/USDT', 'zero', %s, %s, 1)"


@pytest.fixture
def postgres(servers: Servers) -> Iterator[Postgres]:
    with own_database(servers.postgres()) as made:
        instants = [OLD_DAY + timedelta(minutes=15 * number) for number in range(97)] + [NOW - timedelta(minutes=15)]
        with psycopg.connect(made.url("superuser")) as connection, connection.cursor() as cursor:
            tenant = uuid4()
            cursor.execute("INSERT INTO tenants VALUES (%s, 'desk', 'USDT', now())", (tenant,))
            cursor.executemany(HELD, [(tenant, at) for at in instants])
            cursor.executemany(PRICED, [(at,) for at in instants])
            cursor.executemany(REFUSED, [(NOW - timedelta(days=days), uuid4()) for days in (1, 89, 91, 400)])
        yield made


def expired(postgres: Postgres, policy: RecordPolicy) -> tuple[int, ...]:
    """How many held, priced and refused went."""
    database = Database(postgres.url("streams"))
    try:
        return tuple(PostgresRecordKeeping(database).expire(policy, NOW, NOW).values())
    finally:
        database.close()


def kept(postgres: Postgres, table: str, instant: str = "at") -> list[datetime]:
    with psycopg.connect(postgres.url("superuser")) as connection:
        rows = connection.execute(f"SELECT {instant} FROM {table} ORDER BY 1".encode()).fetchall()  # noqa: S608
    return [at.astimezone(UTC) for (at,) in rows]


def test_days_ends_and_what_is_young_stay(postgres: Postgres) -> None:
    dry = replace(POLICY, dry_run=True)
    assert expired(postgres, dry) == expired(postgres, dry) == (95, 95, 2)
    assert expired(postgres, POLICY) == (95, 95, 2)
    left = [OLD_DAY, OLD_DAY + timedelta(days=1), NOW - timedelta(minutes=15)]
    assert kept(postgres, "portfolio_valuations") == kept(postgres, "valuation_prices") == left
    assert kept(postgres, "market_refusals", "hour") == [NOW - timedelta(days=89), NOW - timedelta(days=1)]
    assert expired(postgres, POLICY) == (0, 0, 0)


def test_prices_stay_as_long_as_a_valuation_rests_on_them(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url("streams")) as connection:
        asked = "SELECT count FROM records_expire(%s, %s, 10, false)"
        assert connection.execute(asked, (NOW, NOW - timedelta(days=90))).fetchall() == [(10,), (10,), (2,)]
    assert kept(postgres, "portfolio_valuations") == kept(postgres, "valuation_prices")
