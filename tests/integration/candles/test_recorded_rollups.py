"""Recorded candles and trades through the importer: every longer bar equals an independent computation, in any zone."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from nightdesk.adapters.marketdata.candle_files.opening import open_tables
from nightdesk.adapters.postgres.candle_loader import PostgresBarLoader
from nightdesk.adapters.postgres.candles import candle_readers
from nightdesk.adapters.postgres.database import Database
from nightdesk.candles.files.model import FileReport, FileTerms, Stamp
from nightdesk.candles.files.service import CandleFileService
from nightdesk.candles.model import Candle
from nightdesk.candles.resolutions import parse_length
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import TenantId
from nightdesk.runtime.clock import SystemClock
from tests.integration.candles.independent import Rows, csv_rows, feather_rows, longer, month, utc
from tests.integration.candles.recording import recorded_bars
from tests.servers import Postgres

pytestmark = pytest.mark.integration
TENANT = TenantId(uuid4())
ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
CALENDAR = ("1d", "2d", "3d", "1w", "2w", "1M", "3M", "12M")
HOURS = ("1h", "2h", "3h", "4h", "6h", "8h", "12h", "24h")
FIVES = ("5m", "10m", "15m", "30m", "45m", *HOURS)
MINUTES = ("1m", "2m", "3m", "7m", "20m", "90m", *FIVES)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A file, how it is promised to be written, what can be made of it, and the zones whose days can."""

    file: str
    rows: Callable[[Path], Rows]
    lengths: tuple[str, ...]
    zones: tuple[str, ...] = ZONES
    zone: str | None = None
    stamped: Stamp = Stamp.START
    shorter: str = ""


FILES = [
    Recorded("BTC-PERP-1m.csv", lambda path: csv_rows(path, utc), ("1m", "5m", "15m", "90m", "1h", "8h"), zone="UTC"),
    Recorded("GBPUSD-1m-bid.csv", lambda path: csv_rows(path, datetime.fromisoformat), ("5m", "15m", "30m", "4h")),
    Recorded("XRP_ETH-1m.feather", feather_rows, MINUTES),
    Recorded("ETH_BTC-5m.feather", feather_rows, FIVES, shorter="3m"),
    Recorded("LTC_BTC-5m.feather", feather_rows, FIVES, shorter="1m"),
    Recorded(
        "EURUSD-1h.csv", lambda path: csv_rows(path, utc), HOURS, ("UTC", "America/New_York"), zone="UTC", shorter="30m"
    ),
    Recorded("XRP_USDT_USDT-1h-futures.feather", feather_rows, HOURS, ("UTC", "America/New_York"), shorter="15m"),
    Recorded(
        "BTCUSD-1M.csv", lambda path: csv_rows(path, month), (), ("UTC",), "UTC", stamped=Stamp.INSIDE, shorter="1w"
    ),
]


@pytest.fixture(scope="module")
def files(postgres: Postgres) -> Iterator[CandleFileService]:
    database = Database(postgres.url("streams"))
    yield CandleFileService(PostgresBarLoader(database), SystemClock())
    database.close()


@pytest.fixture(scope="module")
def service(postgres: Postgres) -> Iterator[CandleService]:
    database = Database(postgres.url("app"))
    yield CandleService(candle_readers(database))
    database.close()


@pytest.fixture
def series() -> str:
    return f"R{uuid4().hex[:12].upper()}:AAA/BBB"


def load(files: CandleFileService, path: Path, terms: FileTerms) -> FileReport:
    (table,) = open_tables(path)
    report = files.load(table, terms)
    assert report.rows == report.imported + report.skipped + len(report.rejected)
    return report


def read(service: CandleService, series: str, length: str, zone: str) -> list[Candle]:
    found: list[Candle] = []
    since: datetime | None = datetime(2011, 1, 1, tzinfo=UTC)
    while since is not None:
        query = CandleQuery(series=series, resolution=parse_length(length), since=since, zone=_zone(zone), limit=5000)
        page = service.page(TENANT, query)
        found += page.candles
        since = page.next_from
    return found


def _zone(name: str) -> ZoneInfo:
    return UTC if name == "UTC" else ZoneInfo(name)  # type: ignore[return-value]


def assert_equal(found: list[Candle], expected: Rows, what: str) -> None:
    assert [bar.at for bar in found] == list(expected), what
    for bar, (first, high, low, last, volume) in zip(found, expected.values(), strict=True):
        assert (bar.open, bar.high, bar.low, bar.close) == (first, high, low, last), (what, bar)
        assert math.isclose(bar.volume, volume, rel_tol=1e-12, abs_tol=1e-12), (what, bar)


@pytest.mark.parametrize("recording", FILES, ids=lambda each: each.file)
def test_every_longer_bar_equals_an_independent_computation(
    files: CandleFileService, service: CandleService, recorded: Path, series: str, recording: Recorded
) -> None:
    path = recorded / "candles" / recording.file
    zone = None if recording.zone is None else _zone(recording.zone)
    rows = recording.rows(path)
    report = load(files, path, FileTerms(series=series, zone=zone, stamped=recording.stamped))
    assert (report.imported, report.bars, report.rejected) == (len(rows), len(rows), ())
    for length in recording.lengths:
        assert_equal(read(service, series, length, "UTC"), longer(rows, length, ZoneInfo("UTC")), length)
    for name in recording.zones:
        for length in CALENDAR[5:] if recording.file == "BTCUSD-1M.csv" else CALENDAR:
            what = f"{length} in {name}"
            assert_equal(read(service, series, length, name), longer(rows, length, ZoneInfo(name)), what)
    refused = [(recording.shorter, "UTC")] if recording.shorter else []
    for length, name in [*refused, *(("1d", name) for name in ZONES if name not in recording.zones)]:
        with pytest.raises(InvalidInput) as error:
            read(service, series, length, name)
        assert error.value.code == "candles.resolution_unavailable"


def test_the_same_file_again_changes_nothing(
    files: CandleFileService, service: CandleService, recorded: Path, series: str
) -> None:
    path = recorded / "candles" / "XRP_ETH-1m.feather"
    first = load(files, path, FileTerms(series=series))
    bars = read(service, series, "1h", "UTC")
    again = load(files, path, FileTerms(series=series))
    assert (again.imported, again.skipped, again.bars) == (0, first.rows, 0)
    assert read(service, series, "1h", "UTC") == bars


@pytest.mark.parametrize("file", ["binance-XRP_ETH-trades-raw.json.gz", "binance-XRP_ETH-trades.json.gz"])
def test_trades_become_the_bars_that_the_venue_made_of_them(
    files: CandleFileService, service: CandleService, recorded: Path, series: str, file: str
) -> None:
    report = load(files, recorded / "trades" / file, FileTerms(series=series))
    assert (report.rows, report.imported, report.rejected) == (12_477, 12_477, ())
    minutes = recorded_bars(recorded / "trades" / "binance-XRP_ETH-trades-raw.json.gz", 60_000)
    expected: Rows = {datetime.fromtimestamp(ms / 1000, UTC): numbers for ms, numbers in minutes.items()}
    assert_equal(read(service, series, "1m", "UTC"), expected, file)
    for zone in ZONES:
        for length in ("3m", "1h", "8h", "1d", "1w"):
            found = read(service, series, length, zone)
            assert_equal(found, longer(expected, length, ZoneInfo(zone)), f"{length} in {zone}")
    traded = {bar.at: bar for bar in read(service, series, "1m", "UTC") if bar.volume > 0}
    for at, (first, high, low, last, volume) in feather_rows(recorded / "candles" / "XRP_ETH-1m.feather").items():
        own = traded[at]  # the venue left out minutes in which nothing was traded
        assert (own.open, own.high, own.low, own.close) == (first, high, low, last), at
        assert math.isclose(own.volume, volume), at


def test_trades_of_other_formats(files: CandleFileService, service: CandleService, recorded: Path, series: str) -> None:
    report = load(files, recorded / "trades" / "binance-BTCUSDT-trades.parquet", FileTerms(series=series))
    assert (report.rows, report.imported, report.bars) == (2001, 2001, 1)
    (bar,) = read(service, series, "1m", "UTC")
    assert (bar.at, bar.open) == (datetime(2021, 1, 8, tzinfo=UTC), 39432.48)
    kraken = f"{series[:-3]}EUR"
    for path in sorted((recorded / "trades" / "kraken").rglob("*.csv")):
        report = load(files, path, FileTerms(series=kraken))
        assert report.imported == report.rows > 0
        span = report.until - report.since if report.until and report.since else timedelta(0)
        assert report.bars == span / timedelta(minutes=1)


def test_what_is_no_candle_is_refused(files: CandleFileService, recorded: Path, series: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        load(files, recorded / "candles" / "XRP_USDT_USDT-8h-funding_rate.feather", FileTerms(series=series))
    assert refused.value.code == "candle_files.no_bars"
    with pytest.raises(InvalidInput) as refused:
        load(files, recorded / "candles" / "EURUSD-1h.csv", FileTerms(series=series))
    assert refused.value.code == "candle_files.zone_needed"
