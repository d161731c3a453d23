"""What any store of candles must do, shown on PostgreSQL."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest

from nightdesk.adapters.postgres.candles import PostgresCandleStore, PostgresStoredBars, bars_query, candle_readers
from nightdesk.adapters.postgres.database import Database
from nightdesk.candles.gaps import Gap
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.ports import Batch
from nightdesk.candles.resolutions import Resolution, parse_length
from nightdesk.candles.rollup import rollup
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.kernel.errors import InvalidInput, NotFound
from nightdesk.kernel.ids import TenantId
from tests.servers import Postgres

pytestmark = pytest.mark.integration
START = datetime(2026, 10, 24, tzinfo=UTC)


@pytest.fixture
def store(postgres: Postgres) -> Iterator[PostgresCandleStore]:
    database = Database(postgres.url("streams"))
    yield PostgresCandleStore(database)
    database.close()


@pytest.fixture
def stored(postgres: Postgres) -> Iterator[PostgresStoredBars]:
    database = Database(postgres.url("streams"))
    yield PostgresStoredBars(database)
    database.close()


@pytest.fixture
def service(postgres: Postgres) -> Iterator[CandleService]:
    database = Database(postgres.url("app"))
    yield CandleService(candle_readers(database))
    database.close()


@pytest.fixture
def name() -> str:
    return f"TEST:{uuid4().hex[:12].upper()}/USDT"


@pytest.fixture
def tenant(postgres: Postgres) -> TenantId:
    return make_tenant(postgres, "EUR")


def make_tenant(postgres: Postgres, base_asset: str) -> TenantId:
    tenant_id = TenantId(uuid4())
    with psycopg.connect(postgres.url("superuser")) as connection:
        connection.execute(
            "INSERT INTO tenants (tenant_id, name, base_asset, created_at) VALUES (%s, 'one', %s, now())",
            (tenant_id, base_asset),
        )
    return tenant_id


def minute(index: int) -> datetime:
    return START + timedelta(minutes=index)


def bar(index: int, *, volume: float | None = None) -> Candle:
    price = 100.0 + (index * 7919) % 50
    low, high = price - index % 5, price + index % 3
    return Candle(minute(index), price, high, low, price if index % 2 else low, index % 4 if volume is None else volume)


def rows(name: str, candles: list[Candle], resolution: Resolution = Resolution.MINUTE) -> tuple[CandleRow, ...]:
    return tuple(CandleRow(name, resolution, candle, "trades") for candle in candles)


def read(service: CandleService, tenant: TenantId, name: str, resolution: str, **rest: object) -> list[Candle]:
    query = CandleQuery(series=name, resolution=Resolution(resolution), limit=5000, **rest)  # type: ignore[arg-type]
    return service.page(tenant, query).candles


def test_every_resolution_equals_its_minutes(
    store: PostgresCandleStore, service: CandleService, tenant: TenantId, name: str
) -> None:
    bars = [bar(index) for index in range(3 * 24 * 60 + 77)]
    for index in range(0, len(bars), 997):  # batches that end anywhere
        assert not store.upsert([Batch(index, rows(name, bars[index : index + 997]))])
    assert read(service, tenant, name, "1m", since=START) == bars[:5000]
    for resolution in ("5m", "15m", "30m", "1h", "4h", "1d", "1w", "1M"):
        assert read(service, tenant, name, resolution) == rollup(bars, Resolution(resolution)), resolution


@pytest.mark.parametrize("zone_name", ["Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York"])
def test_local_days_are_whole(
    store: PostgresCandleStore, service: CandleService, tenant: TenantId, name: str, zone_name: str
) -> None:
    bars = [bar(index) for index in range(3 * 24 * 60)]
    store.upsert([Batch(1, rows(name, bars))])
    zone = ZoneInfo(zone_name)
    for resolution in ("1d", "1w", "1M"):
        found = read(service, tenant, name, resolution, zone=zone)
        assert found == rollup(bars, Resolution(resolution), zone)


def test_again_changes_nothing_and_older_never_undoes_newer(
    store: PostgresCandleStore, service: CandleService, tenant: TenantId, name: str
) -> None:
    first, corrected = bar(1), Candle(minute(1), 1, 9, 1, 9, 5)
    old, new = Batch(10, rows(name, [bar(0), first])), Batch(11, rows(name, [corrected]))
    for batches in ([old], [old], [new], [old], [new, old]):
        store.upsert(batches)
    assert read(service, tenant, name, "1m") == [bar(0), corrected]
    assert read(service, tenant, name, "15m") == rollup([bar(0), corrected], Resolution.MINUTES_15)


def test_one_bar_many_times_in_one_call_takes_the_newest(
    store: PostgresCandleStore, service: CandleService, tenant: TenantId, name: str
) -> None:
    bars = [Candle(START, price, price, price, price, 1) for price in (1.0, 2.0, 3.0)]
    store.upsert([Batch(3, rows(name, [bars[2]])), Batch(1, rows(name, [bars[0], bars[1]]))])
    assert read(service, tenant, name, "1m") == [bars[2]]


def test_portfolios_begin_at_fifteen_minutes_and_belong_to_one_tenant(
    store: PostgresCandleStore, service: CandleService, postgres: Postgres, tenant: TenantId
) -> None:
    name = f"PORTFOLIO:{tenant}"
    bars = [Candle(minute(15 * index), 1.0 + index, 2.0 + index, 1.0, 1.5 + index) for index in range(10)]
    assert not store.upsert([Batch(1, rows(name, bars, Resolution.MINUTES_15))])
    page = service.page(tenant, CandleQuery(series=name, resolution=Resolution.MINUTES_15))
    assert (page.candles, page.unit) == (bars, "EUR")
    assert read(service, tenant, name, "1h") == rollup(bars, Resolution.HOUR)
    with pytest.raises(InvalidInput):
        read(service, tenant, name, "5m")
    with pytest.raises(NotFound):
        read(service, make_tenant(postgres, "USDT"), name, "15m")


def test_other_tenants_rows_are_hidden_by_the_database_too(
    store: PostgresCandleStore, postgres: Postgres, tenant: TenantId
) -> None:
    store.upsert([Batch(1, rows(f"PORTFOLIO:{tenant}", [bar(0)], Resolution.MINUTES_15))])
    database = Database(postgres.url("app"))
    for asking, count in ((tenant, 1), (TenantId(UUID(int=7)), 0), (None, 0)):
        with database.transaction(tenant_id=asking) as connection:
            found = connection.execute(
                "SELECT count(*) FROM series WHERE name = %s", (f"PORTFOLIO:{tenant}",)
            ).fetchone()
        assert found == (count,)
    database.close()


def test_refuses_what_cannot_be_stored_and_keeps_the_rest(
    store: PostgresCandleStore, service: CandleService, tenant: TenantId, name: str
) -> None:
    store.upsert([Batch(1, rows(name, [bar(0)]))])
    stranger = f"PORTFOLIO:{uuid4()}"
    batch = [
        *rows(stranger, [bar(0)], Resolution.MINUTES_15),
        *rows(name, [bar(15)], Resolution.MINUTES_15),
        *rows(name, [bar(60)], Resolution.HOUR),
        *rows(name, [bar(1)]),
    ]
    refused = store.upsert([Batch(2, tuple(batch))])
    assert [one.row for one in refused] == batch[:3]
    assert read(service, tenant, name, "1m") == [bar(0), bar(1)]


def test_pages_follow_each_other_without_gap_or_overlap(
    store: PostgresCandleStore, service: CandleService, tenant: TenantId, name: str
) -> None:
    bars = [bar(index) for index in range(400) if index % 37]
    store.upsert([Batch(1, rows(name, bars))])
    for resolution in ("1m", "5m", "15m", "1h"):
        found: list[Candle] = []
        since: datetime | None = START
        while since is not None:
            page = service.page(
                tenant, CandleQuery(series=name, resolution=Resolution(resolution), since=since, limit=7)
            )
            found += page.candles
            since = page.next_from
        assert found == rollup(bars, Resolution(resolution))


def test_newest_bars_before_an_instant(
    store: PostgresCandleStore, service: CandleService, tenant: TenantId, name: str
) -> None:
    bars = [bar(index) for index in range(100)]
    store.upsert([Batch(1, rows(name, bars))])
    page = service.page(tenant, CandleQuery(series=name, resolution=Resolution.MINUTES_5, until=minute(63), limit=3))
    assert page.candles == rollup(bars[50:65], Resolution.MINUTES_5)
    assert page.next_from is None


@pytest.mark.parametrize("limit", [0, 5001, -1])
def test_refuses_senseless_pages(service: CandleService, tenant: TenantId, name: str, limit: int) -> None:
    with pytest.raises(InvalidInput):
        service.page(tenant, CandleQuery(series=name, resolution=Resolution.MINUTE, limit=limit))


def test_tells_what_is_stored(store: PostgresCandleStore, stored: PostgresStoredBars, name: str) -> None:
    store.upsert([Batch(1, rows(name, [bar(index) for index in (0, 1, 2, 5, 6, 9)]))])
    assert stored.last_bars([name, "TEST:NONE/USDT"]) == {name: bar(9)}
    gaps = stored.gaps(name, since=minute(0), until=minute(12))
    assert gaps == [Gap(minute(3), minute(5)), Gap(minute(7), minute(9)), Gap(minute(10), minute(12))]
    assert stored.gaps("TEST:NONE/USDT", since=minute(0), until=minute(12)) == []


@pytest.mark.parametrize("length", ["3m", "45m", "6h", "2d", "12M"])
@pytest.mark.parametrize("zone_name", ["UTC", "Pacific/Apia", "Asia/Kolkata"])
def test_any_length_over_holes_from_both_ends(
    store: PostgresCandleStore, service: CandleService, tenant: TenantId, *, name: str, length: str, zone_name: str
) -> None:
    places = [*range(0, 400, 7), *range(5000, 5060), *range(60 * 24 * 40, 60 * 24 * 40 + 30)]
    bars = [bar(index) for index in places]
    store.upsert([Batch(1, rows(name, bars))])
    zone = ZoneInfo(zone_name)
    expected = rollup(bars, parse_length(length), zone)
    for limit in (1, 3, 5000):
        query = CandleQuery(series=name, resolution=parse_length(length), limit=limit, zone=zone)
        assert service.page(tenant, query).candles == expected[-limit:]
        found: list[Candle] = []
        since: datetime | None = START - timedelta(days=900)
        while since is not None and limit > 1:
            page = service.page(tenant, replace(query, since=since))
            found, since = found + page.candles, page.next_from
        assert found == (expected if limit > 1 else [])


CROWD = """
    WITH made AS (
      INSERT INTO series (name, unit, base_resolution, created_at)
      SELECT 'CROWD:' || number || '/USDT', 'USDT', '1m', now() FROM generate_series(1, 60) AS number
      ON CONFLICT DO NOTHING RETURNING series_id)
    INSERT INTO candles_{0} SELECT series_id, at, 1, 1, 1, 1, 1, 1
    FROM made, generate_series(timestamptz '2026-01-01Z', timestamptz '2026-01-01Z' + 1500 * interval '{1}', '{1}') at
"""


@pytest.mark.parametrize(
    ("resolution", "span"), [("1m", "1 minute"), ("15m", "15 minutes"), ("1h", "1 hour"), ("1d", "1 day")]
)
def test_reads_by_index_only(
    store: PostgresCandleStore, postgres: Postgres, tenant: TenantId, resolution: str, span: str
) -> None:
    store.prepare(datetime(2026, 1, 1, tzinfo=UTC), datetime(2030, 12, 1, tzinfo=UTC))
    with psycopg.connect(postgres.url("superuser")) as connection:
        connection.execute("DELETE FROM series WHERE name LIKE 'CROWD:%'")
        connection.execute(CROWD.format(resolution, span).encode())
        connection.execute(f"ANALYZE candles_{resolution}".encode())
    database = Database(postgres.url("app"))
    with candle_readers(database)(tenant) as reader:
        series = reader.series("CROWD:30/USDT")
        assert series is not None
        assert len(reader.bars(series, Resolution(resolution), since=None, until=None, limit=500)) == 500
    for since in (None, datetime(2026, 1, 1, tzinfo=UTC)):
        query, parameters = bars_query(series, Resolution(resolution), tenant, since=since, until=None, limit=500)
        with database.transaction(tenant_id=tenant) as connection:
            plan = "\n".join(line for (line,) in connection.execute(b"EXPLAIN (ANALYZE, BUFFERS) " + query, parameters))
        removed = [int(count) for count in re.findall(r"Rows Removed by Filter: (\d+)", plan)]
        assert sum(removed) < 1000, plan  # a sequential scan of a partition with rows in it removes thousands
        assert "Index Scan" in plan, plan
    database.close()
