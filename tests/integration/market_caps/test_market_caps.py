"""Market capitalisations and reference data in the real PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from uuid import uuid4

import psycopg
import pytest

from nightdesk.adapters.marketdata.coinmarketcap import CoinMarketCap
from nightdesk.adapters.postgres.caps_history import PostgresCapHistory, RememberedCapHistory
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.market_caps import PostgresCapBook, cap_books
from nightdesk.adapters.postgres.reference_reads import reference_reads
from nightdesk.kernel.assets import AssetId
from nightdesk.markets.caps import CapId, High
from nightdesk.markets.caps_history import CapFacts, CapListing
from nightdesk.markets.caps_refreshing import LISTINGS, PERFORMANCE, CapsRefresher
from nightdesk.markets.sources import SourceState
from tests.fakes.clock import FakeClock
from tests.fakes.reference import market_cap, unmapped
from tests.servers import Paper, Postgres

pytestmark = pytest.mark.integration

hours = (datetime(2101, 1, 1, tzinfo=UTC) + timedelta(hours=number) for number in count())
"""Each test has hours of its own: the listing belongs to no tenant."""


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    database = Database(postgres.url("app"))
    yield database
    database.close()


@pytest.fixture
def hour(postgres: Postgres) -> datetime:
    """Later than whatever another test listed."""
    with psycopg.connect(postgres.url("superuser")) as connection:
        row = connection.execute("SELECT max(listed_at) FROM market_caps").fetchone()
    newest = row[0] if row and row[0] else next(hours)
    whole: datetime = newest.replace(minute=0, second=0, microsecond=0)
    return whole + timedelta(hours=2)


def test_an_hour_is_taken_once_and_given_back_after_a_failure(database: Database) -> None:
    hour = datetime(2150, 1, 1, tzinfo=UTC) + timedelta(hours=uuid4().int % 100_000)
    late = hour + timedelta(minutes=6)
    with cap_books(database) as book:
        assert book.take_hour(hour, hour, hour - timedelta(minutes=5))
        assert not book.take_hour(hour, hour, hour - timedelta(minutes=5))
        assert book.take_hour(hour, late, late - timedelta(minutes=5)), "whoever took it is dead by now"
        book.end_hour(hour, done=False)
        assert book.take_hour(hour, late, late - timedelta(minutes=5))
        book.end_hour(hour, done=True)
        assert not book.take_hour(hour, late + timedelta(days=9), late + timedelta(days=8))


def test_a_listing_comes_back_digit_for_digit_and_replaces_the_one_before(database: Database, hour: datetime) -> None:
    first = market_cap(900_001, "AAA", rank=1, high="0.000000000000000001", price="0.000000000000000001")
    gone, odd = market_cap(900_002, "BBB", rank=2), unmapped(900_003, "CCC")
    with database.transaction() as connection:
        book = PostgresCapBook(connection)
        book.keep([first, gone, odd], hour)
        assert book.page(after=(0, 0), limit=10) == (first, gone, odd)
        assert book.page(after=(1, 900_001), limit=1) == (gone,)
        assert book.of_assets([AssetId("BBB"), AssetId("CCC")]) == (gone,)
        book.keep([first, odd], hour + timedelta(hours=1))
        assert book.page(after=(0, 0), limit=10) == (first, odd)
        assert book.highs()[CapId(900_002)] == gone.high
        higher = replace(first, high=High(price=Decimal(7), at=hour))
        book.keep([higher], hour)
        assert book.page(after=(0, 0), limit=10) == (first, odd), "an older listing never replaces a newer one"


def test_listings_stay_as_they_were_known(database: Database, postgres: Postgres, hour: datetime) -> None:
    tiny = market_cap(900_011, "HHA", high="0.000000000000000002", price="0.000000000000000001", market_cap=None)
    later = [market_cap(900_012, "HHB", high="70000", stable=True), unmapped(900_013, "HHC")]
    with cap_books(database) as book:
        book.keep([tiny], hour)
        book.keep(later, hour + timedelta(hours=1))
        book.keep([market_cap(900_011, "HHA", price="5")], hour)  # told once more: what was known stays
    first = CapListing(hour, {AssetId("HHA"): CapFacts(tiny.listing.price, None, tiny.high.price, stable=False)})
    known = CapFacts(Decimal(100), Decimal(10_000_000_000), Decimal(70_000), stable=True)
    second = CapListing(hour + timedelta(hours=1), {AssetId("HHB"): known})
    history = PostgresCapHistory(database)
    assert history.listed(hour, second.at).listings == (first, second)
    only = history.listed(hour, second.at, [AssetId("HHB")])
    assert only.listings == (CapListing(hour), second), "that it wasn't listed then is known too"
    tracker = Database(postgres.url("tracker"))
    remembered = RememberedCapHistory(PostgresCapHistory(tracker), FakeClock(second.at + timedelta(minutes=30)))
    assert remembered().listings[-2:] == (first, second)
    tracker.close()
    assert remembered() is remembered(), "remembered"


def test_a_thousand_coins_by_the_source_itself(database: Database, paper: Paper, hour: datetime) -> None:
    def prices() -> dict[AssetId, Decimal]:
        return {AssetId("ND001"): Decimal("0.213")}

    refresher = CapsRefresher(
        CoinMarketCap("a-key", route=paper.route), partial(cap_books, database), prices, FakeClock(hour)
    )
    with database.transaction() as connection:
        connection.execute("UPDATE reference_sources SET asked_at = '2000-01-01' WHERE source = %s", (PERFORMANCE,))
        connection.execute("UPDATE reference_sources SET asked_at = '2000-01-01' WHERE source = %s", (LISTINGS,))
    done, again = refresher.refresh(), refresher.refresh()
    assert (done.rows, done.credits_used, again.credits_used) == (1000, 15, 0)
    assert done.mapped >= 29
    with reference_reads(database) as reads:
        sources = {each.source: each for each in reads.sources()}
    assert sources[LISTINGS].items == 1000
    assert sources[PERFORMANCE].credits_month == 10
    with database.transaction() as connection:
        solana = connection.execute(
            "SELECT cap_id, asset, unmapped FROM market_caps WHERE symbol = 'SOL' ORDER BY cap_id"
        ).fetchall()
    assert solana == [(5426, "SOL", None), (30_001, None, "shared_symbol")]


def test_an_older_word_of_a_source_never_replaces_a_newer_one(database: Database) -> None:
    name, now = f"source-{uuid4()}", datetime(2026, 11, 20, tzinfo=UTC)
    newer = SourceState(source=name, asked_at=now, answered_at=now, items=3, mark="m", credits_month=5)
    with database.transaction() as connection:
        states = PostgresCapBook(connection).sources
        assert states.state(name) is None
        states.note(newer)
        states.note(replace(newer, asked_at=now - timedelta(hours=1), failure_code="x"))
        assert states.state(name) == newer


def test_a_markets_day_is_its_last_24_hours_of_stored_bars(postgres: Postgres, database: Database) -> None:
    name, newest = f"KRAKEN:{uuid4().hex[:8].upper()}/USD", datetime(2026, 11, 20, 7, tzinfo=UTC)
    with psycopg.connect(postgres.url("streams")) as connection:
        connection.execute("SELECT candles_ensure_partitions('2026-11-01', '2026-12-01')")
        row = connection.execute(
            "INSERT INTO series (name, unit, base_resolution, created_at)"
            " VALUES (%s, 'USD', '1m', now()) RETURNING series_id",
            (name,),
        ).fetchone()
        assert row
        for ago in range(30):
            bar = (row[0], newest - timedelta(hours=ago), 100.0 - ago, 2.0)
            connection.execute(
                "INSERT INTO candles_1h VALUES (%s, %s, %s, 200, 1, 100, %s, 1)", (bar[0], bar[1], bar[2], bar[3])
            )
    with reference_reads(database) as reads:
        (day,) = [each for each in reads.days(after=name[:-1], limit=10) if each.series == name]
    assert (day.since, day.open, day.volume) == (newest - timedelta(hours=23), 77.0, 48.0)


def test_nobody_deletes_what_was_paid_for(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url("app")) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM market_cap_hours")
