"""Exchange rates in the real PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from uuid import uuid4

import psycopg
import pytest

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.fx import PostgresFxStore, RememberedFxTable, fx_books
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Unavailable
from nightdesk.markets.fx import FxAnswer, FxRates
from nightdesk.markets.fx_checking import RateState, check
from nightdesk.markets.fx_refreshing import FxRefresher
from tests.fakes.clock import FakeClock
from tests.servers import Postgres

pytestmark = pytest.mark.integration

USD, EUR = AssetId("USD"), AssetId("EUR")
NOW = datetime(2100, 1, 1, 12, tzinfo=UTC)
TABLE = FxRates(source="test", base=USD, at=NOW, rates={USD: Decimal(1), EUR: Decimal("0.923456789012345678")})


class Scripted:
    """A source that answers what the test says."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.table: FxRates | None = None
        self.marks: list[str | None] = []

    def latest(self, mark: str | None = None) -> FxAnswer:
        self.marks.append(mark)
        if self.table is None:
            raise Unavailable("fx.unavailable", "It does not answer.")
        return FxAnswer(rates=None if mark == str(self.table.at) else self.table, mark=str(self.table.at))

    def on_day(self, day: date) -> FxRates:
        raise NotImplementedError


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    database = Database(postgres.url("app"))
    yield database
    database.close()


@pytest.fixture
def sources() -> tuple[Scripted, Scripted]:
    return Scripted(f"first-{uuid4()}"), Scripted(f"second-{uuid4()}")


def coin() -> AssetId:
    """A currency that no other test knows."""
    return AssetId(f"T{uuid4().hex[:8].upper()}")


def test_tables_stay_as_they_were_told(postgres: Postgres) -> None:
    name = f"test-{uuid4()}"
    told = replace(TABLE, source=name)
    with psycopg.connect(postgres.url("app")) as connection:
        store = PostgresFxStore(connection)
        store.put(told)
        store.put(replace(told, at=told.at - timedelta(hours=1), rates={USD: Decimal(1)}))
        store.put(told)
        assert store.newest_of(name) == told
        assert store.newest_of("nobody") is None


def test_rates_can_not_be_rewritten(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url("app")) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE fx_rates SET rate = 1")


def test_two_sources_are_asked_kept_and_compared(database: Database, sources: tuple[Scripted, Scripted]) -> None:
    (first, second), clock, mine = sources, FakeClock(NOW), coin()
    first.table = replace(TABLE, source=first.name, rates={USD: Decimal(1), mine: Decimal("1.5")})
    second.table = replace(TABLE, source=second.name, rates={USD: Decimal(1), mine: Decimal("1.51")})
    refresher = FxRefresher(first, second, partial(fx_books, database), clock)

    def mine_now() -> tuple[RateState, Decimal, str, bool]:
        rate = next(each for each in refresher.refresh().rates if each.currency == mine)
        return rate.state, rate.rate, rate.source, rate.used

    assert mine_now() == (RateState.AGREED, Decimal("1.5"), first.name, True)
    clock.advance(3600)
    first.table = replace(first.table, at=clock.now(), rates={USD: Decimal(1), mine: Decimal(3)})
    assert mine_now() == (RateState.DIFFERS, Decimal("1.5"), first.name, True)
    assert second.marks == [None, str(NOW)]
    first.table = None
    clock.advance(4 * 3600)
    done = refresher.refresh()
    assert {state.source: state.failure_code for state in done.sources} == {
        first.name: "fx.unavailable",
        second.name: None,
    }
    assert mine_now() == (RateState.SINGLE, Decimal("1.51"), second.name, True)


def test_an_older_comparison_never_replaces_a_newer_one(database: Database) -> None:
    mine = coin()
    table = replace(TABLE, rates={USD: Decimal(1), mine: Decimal(2)})
    newer = check(table, None, (), NOW)
    older = check(replace(table, rates={USD: Decimal(1), mine: Decimal(1)}), None, (), NOW)
    with database.transaction() as connection:
        store = PostgresFxStore(connection)
        store.keep(newer, NOW)
        store.keep(older, NOW - timedelta(hours=1))
        assert {rate.currency: rate.rate for rate in store.checked()}[mine] == 2
        assert [rate.currency for rate in store.page(after=mine[:-1], limit=1)] == [mine]


def test_a_process_asks_once_a_minute_and_the_tracker_may_ask(postgres: Postgres, database: Database) -> None:
    mine, clock = coin(), FakeClock(NOW)
    tracker = Database(postgres.url("tracker"))

    def keep(rate: str, hours: int) -> None:
        at = NOW + timedelta(days=400, hours=hours)
        table = FxRates(source="test", base=USD, at=at, rates={USD: Decimal(1), mine: Decimal(rate)})
        with database.transaction() as connection:
            PostgresFxStore(connection).keep(check(table, None, (), at), at)

    try:
        keep("2", 0)
        table = RememberedFxTable(tracker, clock)
        first = table.latest()
        assert first is not None
        assert (first.base, first.rates[mine]) == (USD, Decimal(2))
        keep("3", 1)
        clock.advance(59)
        assert table.latest() == first
        clock.advance(1)
        fresh = table.latest()
        assert fresh is not None
        assert fresh.rates[mine] == 3
    finally:
        tracker.close()
