"""What any loader of history must do, shown on PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from nightdesk.adapters.postgres.candle_loader import PostgresBarLoader
from nightdesk.adapters.postgres.candles import PostgresCandleStore, candle_readers
from nightdesk.adapters.postgres.database import Database
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.ports import Batch, Loaded
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.revisions import file_revision, history_revision, live_revision
from nightdesk.candles.rollup import rollup
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import TenantId
from tests.servers import Postgres

pytestmark = pytest.mark.integration
START = datetime(2018, 3, 1, tzinfo=UTC)
TENANT = TenantId(uuid4())
FILE = file_revision(datetime(2026, 11, 1, tzinfo=UTC))
ASKED = history_revision(datetime(2026, 11, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def streams(postgres: Postgres) -> Iterator[Database]:
    database = Database(postgres.url("streams"))
    yield database
    database.close()


@pytest.fixture(scope="module")
def service(postgres: Postgres) -> Iterator[CandleService]:
    database = Database(postgres.url("app"))
    yield CandleService(candle_readers(database))
    database.close()


@pytest.fixture
def name() -> str:
    return f"TEST:{uuid4().hex[:12].upper()}/USDT"


def bars(resolution: Resolution, count: int, *, first: int = 0, price: float = 10) -> list[Candle]:
    return [
        Candle(
            START + index * resolution.span,
            price,
            price + 1 + index % 3,
            price - index % 5,
            price + index % 2,
            index % 4,
        )
        for index in range(first, first + count)
    ]


def rows(name: str, candles: list[Candle], resolution: Resolution, source: str = "klines") -> list[CandleRow]:
    return [CandleRow(name, resolution, candle, source) for candle in candles]


def read(service: CandleService, name: str, resolution: Resolution, **rest: object) -> list[Candle]:
    query = CandleQuery(series=name, resolution=resolution, limit=5000, **rest)  # type: ignore[arg-type]
    return service.page(TENANT, query).candles


@pytest.mark.parametrize("base", [Resolution.MINUTE, Resolution.MINUTES_5, Resolution.MINUTES_15, Resolution.HOUR])
def test_every_longer_bar_follows(streams: Database, service: CandleService, name: str, base: Resolution) -> None:
    given = bars(base, 700)
    loader = PostgresBarLoader(streams)
    for index in (400, 0, 200, 600):  # in any order, and pieces that end within longer bars
        loader.load(rows(name, given[index : index + 200], base), revision=ASKED)
    for resolution in (each for each in Resolution if each.span >= base.span):
        assert read(service, name, resolution) == rollup(given, resolution), resolution
    if base is not Resolution.MINUTE:
        with pytest.raises(InvalidInput) as refused:
            read(service, name, Resolution.MINUTE)
        assert refused.value.code == "candles.resolution_unavailable"


def test_again_changes_nothing(streams: Database, name: str) -> None:
    loader = PostgresBarLoader(streams)
    given = rows(name, bars(Resolution.MINUTE, 30), Resolution.MINUTE)
    assert loader.load(given, revision=ASKED) == Loaded(stored=30, kept=0)
    assert loader.load(given, revision=ASKED) == Loaded(stored=0, kept=30)
    assert loader.load(given, revision=FILE) == Loaded(stored=0, kept=30)
    (origin,) = loader.origins(name)
    assert (origin.revision, origin.source, origin.bars) == (ASKED, "klines", 30)
    assert (origin.since, origin.until) == (START, START + timedelta(minutes=29))


def test_what_a_stream_told_later_stays(streams: Database, service: CandleService, name: str) -> None:
    live = bars(Resolution.MINUTE, 5, first=10, price=50)
    after = live_revision(ASKED >> 20, 1)
    PostgresCandleStore(streams).upsert([Batch(after, tuple(rows(name, live, Resolution.MINUTE, "trades")))])
    past = bars(Resolution.MINUTE, 20)
    loaded = PostgresBarLoader(streams).load(rows(name, past, Resolution.MINUTE), revision=ASKED)
    assert loaded == Loaded(stored=15, kept=5)
    expected = [*past[:10], *live, *past[15:]]
    assert read(service, name, Resolution.MINUTE) == expected
    assert read(service, name, Resolution.MINUTES_5) == rollup(expected, Resolution.MINUTES_5)


def test_of_two_files_the_later_stands_and_venues_before_both(
    streams: Database, service: CandleService, name: str
) -> None:
    loader = PostgresBarLoader(streams)
    for price, revision in ((1.0, FILE), (2.0, FILE + 1), (1.0, FILE), (3.0, ASKED), (2.0, FILE + 1)):
        loader.load(rows(name, bars(Resolution.MINUTE, 3, price=price), Resolution.MINUTE), revision=revision)
    assert read(service, name, Resolution.MINUTE) == bars(Resolution.MINUTE, 3, price=3.0)


def test_longer_bars_are_taken_where_there_are_no_shorter_ones(
    streams: Database, service: CandleService, name: str
) -> None:
    loader = PostgresBarLoader(streams)
    hours = bars(Resolution.HOUR, 48)
    loader.load(rows(name, hours, Resolution.HOUR, "hours.csv"), revision=FILE)
    minutes = bars(Resolution.MINUTE, 60, first=24 * 60, price=70)
    PostgresCandleStore(streams).upsert([Batch(ASKED, tuple(rows(name, minutes, Resolution.MINUTE)))])
    again = loader.load(rows(name, hours, Resolution.HOUR, "hours.csv"), revision=FILE + 1)
    assert (again.stored, again.kept, len(again.refused)) == (47, 0, 1)
    assert again.refused[0].row.candle == hours[24]
    expected = [*hours[:24], *rollup(minutes, Resolution.HOUR), *hours[25:]]
    assert read(service, name, Resolution.HOUR) == expected
    assert read(service, name, Resolution.DAY) == rollup(expected, Resolution.DAY)
    assert read(service, name, Resolution.MINUTE) == minutes  # the series has shorter bars now


def test_local_days_leave_out_what_a_file_told_in_bars_too_long_for_them(
    streams: Database, service: CandleService, name: str
) -> None:
    quarters, zone = bars(Resolution.MINUTES_15, 4 * 96, first=4 * 96 + 7), ZoneInfo("Asia/Kolkata")
    loader = PostgresBarLoader(streams)
    loader.load(rows(name, quarters, Resolution.MINUTES_15), revision=ASKED)
    days = rollup(quarters, Resolution.DAY, zone)
    assert read(service, name, Resolution.DAY, zone=zone) == days
    loader.load(rows(name, bars(Resolution.HOUR, 110), Resolution.HOUR, source="file"), revision=FILE)
    assert read(service, name, Resolution.DAY, zone=zone) == days


def test_a_years_first_bar_lies_in_an_hour_that_began_in_the_year_before(
    streams: Database, service: CandleService, name: str
) -> None:
    """Whatever of the year was stored first: hours at half past have partitions of years."""
    loader, zone = PostgresBarLoader(streams), ZoneInfo("Asia/Kolkata")
    first = [Candle(datetime(2044, 1, day, tzinfo=UTC), 1, 2, 1, 2, 5) for day in (15, 1)]
    for bar in first:
        assert loader.load(rows(name, [bar], Resolution.MINUTE), revision=ASKED).stored == 1
    days = rollup(sorted(first, key=lambda bar: bar.at), Resolution.DAY, zone)
    assert read(service, name, Resolution.DAY, zone=zone) == days


def test_refuses_what_cannot_be_stored_and_keeps_the_rest(streams: Database, service: CandleService, name: str) -> None:
    good = bars(Resolution.MINUTE, 2)
    wrong = [
        *rows(f"PORTFOLIO:{uuid4()}", good[:1], Resolution.MINUTES_15),
        *rows("NOTHING", good[:1], Resolution.MINUTE),
        *rows(name, good[:1], Resolution.MINUTES_30),
        *rows(name, [Candle(START + timedelta(seconds=1), 1, 1, 1, 1)], Resolution.MINUTE),
        *rows(name, [Candle(START, 1, float("nan"), 1, 1)], Resolution.MINUTE),
        *rows(name, [Candle(START, 2, 1, 1, 1)], Resolution.MINUTE),
    ]
    loaded = PostgresBarLoader(streams).load([*wrong, *rows(name, good, Resolution.MINUTE)], revision=FILE)
    assert [one.row for one in loaded.refused] == wrong
    assert all(one.reason for one in loaded.refused)
    assert read(service, name, Resolution.MINUTE) == good
    assert PostgresBarLoader(streams).load(wrong, revision=FILE).stored == 0
