"""A database of one's own, and venues whose past is written down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nightdesk.adapters.postgres.candle_levels import HALF_PAST, TABLES
from tests.builders.desk_history import HistoryDesk, own_database
from tests.fakes.venue_history import WrittenHistory
from tests.servers import Paper, Postgres, paper_exchange


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[Postgres]:
    """Shared by the tests of a module: migrating takes a second."""
    with own_database(postgres) as made:
        yield made


@pytest.fixture(scope="module")
def own_paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    """Not shared: who asks without a budget would use the limits of others up."""
    with paper_exchange(tmp_path_factory.mktemp("paper")) as paper:
        yield paper


@pytest.fixture
def venues() -> WrittenHistory:
    return WrittenHistory()


@pytest.fixture
def desk(database: Postgres, venues: WrittenHistory) -> Iterator[HistoryDesk]:
    """A desk on an empty store of candles."""
    made = HistoryDesk(postgres=database, venues=venues)
    tables = "candle_asks, candle_coverage, candle_ranges, candle_days, candle_holes, candle_origins, candle_loads"
    made.execute(f"TRUNCATE {tables}, {', '.join((*TABLES.values(), HALF_PAST))}")
    made.execute("DELETE FROM series WHERE tenant_id IS NULL")
    yield made
    made.close()
