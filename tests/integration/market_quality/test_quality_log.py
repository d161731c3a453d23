"""What was refused of markets' prices, in PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.market_quality import PostgresQualityLog, PostgresQualityReads
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.errors import Broken
from nightdesk.markets.quality import Cause, Refused, Tick
from nightdesk.markets.quality_ports import QualityBatch, QualityFilter
from nightdesk.markets.quality_watch import Standing, State
from tests.builders.ledger import RECORDED
from tests.servers import Postgres

pytestmark = pytest.mark.integration

HOUR = RECORDED.replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def venue() -> VenueId:
    """A venue of this test alone."""
    return VenueId(f"venue{uuid4().hex[:8]}")


@pytest.fixture
def log(postgres: Postgres) -> Iterator[PostgresQualityLog]:
    database = Database(postgres.url("streams"))
    yield PostgresQualityLog(database, uuid4())
    database.close()


@pytest.fixture
def reads(postgres: Postgres) -> Iterator[PostgresQualityReads]:
    database = Database(postgres.url("app"))
    yield PostgresQualityReads(database)
    database.close()


def standing(market: Instrument, state: State = State.GOOD) -> Standing:
    return Standing(
        instrument=market,
        state=state,
        since=RECORDED,
        last=Decimal("0.000000000000000001"),
        at=RECORDED,
        median=Decimal("12345678901234567890.123456789012345678"),
        sources=3,
        deviation_bp=Decimal("-12.34"),
    )


def refused(market: Instrument, seconds: int = 0, last: str = "NaN", cause: Cause = Cause.NOT_FINITE) -> Refused:
    tick = Tick(instrument=market, last=Decimal(last), at=RECORDED, bid=Decimal("-Infinity"), number=7)
    return Refused(cause=cause, tick=tick, seen_at=RECORDED + timedelta(seconds=seconds), sources=2)


def batch(market: Instrument, count: int, *, state: State = State.GOOD, hour: datetime = HOUR) -> QualityBatch:
    return QualityBatch(
        hours={(market, Cause.NOT_FINITE, hour): count},
        samples=[(3, refused(market))],
        standings=[standing(market, state)],
        now=RECORDED,
    )


def test_what_is_written_twice_counts_once(
    log: PostgresQualityLog, reads: PostgresQualityReads, venue: VenueId
) -> None:
    market = Instrument(venue, AssetId("BTC"), AssetId("USDT"))
    for count in (2, 5, 5):
        log.write(batch(market, count, state=State.QUARANTINED))
    page = reads.page(QualityFilter(venue=venue), HOUR, None, 10)

    assert (page.total, page.counts) == (1, {Cause.NOT_FINITE: 5})
    (row,) = page.rows
    assert row.standing == standing(market, State.QUARANTINED)
    assert row.latest is not None
    assert (row.latest.last, row.latest.bid, row.latest.cause) == ("NaN", "-Infinity", Cause.NOT_FINITE)


def test_two_processes_are_added_up_and_what_is_older_than_the_window_left_out(
    postgres: Postgres, log: PostgresQualityLog, reads: PostgresQualityReads, venue: VenueId
) -> None:
    market = Instrument(venue, AssetId("BTC"), AssetId("USDT"))
    other = Database(postgres.url("streams"))
    PostgresQualityLog(other, uuid4()).write(batch(market, 10))
    log.write(batch(market, 1))
    log.write(batch(market, 100, hour=HOUR - timedelta(hours=1)))
    other.close()

    assert reads.page(QualityFilter(venue=venue), HOUR, None, 10).counts == {Cause.NOT_FINITE: 11}
    assert reads.page(QualityFilter(venue=venue), HOUR - timedelta(hours=1), None, 10).counts[Cause.NOT_FINITE] == 111


def test_samples_are_bounded_by_their_slots_and_the_newest_is_kept(
    log: PostgresQualityLog, reads: PostgresQualityReads, venue: VenueId
) -> None:
    market = Instrument(venue, AssetId("BTC"), AssetId("USDT"))
    told = [(number % 20, refused(market, number, last=str(number))) for number in range(50)]
    log.write(QualityBatch(hours={}, samples=told, standings=[], now=RECORDED))
    log.write(QualityBatch(hours={}, samples=[(9, refused(market, -1))], standings=[], now=RECORDED))

    seen = reads.samples(market, Cause.NOT_FINITE, 100)
    assert [each.last for each in seen] == [str(number) for number in range(49, 29, -1)]
    assert reads.samples(market, Cause.ZERO, 100) == []


def test_pages_and_filters(log: PostgresQualityLog, reads: PostgresQualityReads, venue: VenueId) -> None:
    markets = [Instrument(venue, AssetId(base), AssetId("USDT")) for base in ("ADA", "BTC", "B_C")]
    for market in markets[:2]:
        log.write(QualityBatch(hours={}, samples=[], standings=[standing(market)], now=RECORDED))
    log.write(replace(batch(markets[2], 1, state=State.STUCK), samples=[]))

    def found(wanted: QualityFilter, after: str | None = None) -> list[str]:
        place = None if after is None else (venue, after)
        page = reads.page(replace(wanted, venue=venue), HOUR, place, 10)
        return [row.standing.instrument.base for row in page.rows]

    assert found(QualityFilter()) == ["ADA", "BTC", "B_C"]
    assert found(QualityFilter(), after="ADA/USDT") == ["BTC", "B_C"]
    assert found(QualityFilter(symbol="b_")) == ["B_C"]
    assert found(QualityFilter(state=State.STUCK)) == found(QualityFilter(cause=Cause.NOT_FINITE)) == ["B_C"]
    assert found(QualityFilter(refused=True)) == ["B_C"]


def test_whoever_only_reads_writes_nothing(postgres: Postgres, venue: VenueId) -> None:
    database = Database(postgres.url("app"))
    market = Instrument(venue, AssetId("BTC"), AssetId("USDT"))
    with pytest.raises(Broken):
        PostgresQualityLog(database, uuid4()).write(batch(market, 1))
    database.close()
