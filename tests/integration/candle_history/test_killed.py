"""Workers that are killed while they fill histories leave no hole and no double."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from nightdesk.candles.coverage import MINUTE
from nightdesk.kernel.assets import parse_instrument
from tests.builders.desk_history import HistoryDesk, exchange_history, own_database
from tests.builders.history_fleet import HistoryFleet
from tests.servers import Paper, Postgres

pytestmark = pytest.mark.integration

SERIES = ("BINANCE:BTC/USDT", "BINANCE:ETH/BTC", "HTX:ETH/USDT")
DAYS, KILLS = 7, 5
PATIENCE_S = 420.0


@pytest.fixture
def fleet(postgres: Postgres, own_paper: Paper) -> Iterator[HistoryFleet]:
    with own_database(postgres) as database:
        made = HistoryFleet(postgres=database, paper=own_paper, workers=2, kills=KILLS, life_s=0.4)
        yield made
        made.stop()


def test_a_week_of_three_markets_survives_five_kills(fleet: HistoryFleet, own_paper: Paper) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    with exchange_history(own_paper) as venues:
        desk = HistoryDesk(postgres=fleet.postgres, venues=venues)
        desk.ask(*SERIES, days=DAYS)
        desk.fill(fleet, lambda: fleet.drain(deadline_s))
        ((since, until),) = desk.rows("SELECT DISTINCT planned_from, planned_until FROM candle_coverage")
        expected = (until - since) // MINUTE
        for name in SERIES:
            assert desk.minutes(name) == (expected, expected, since, until - MINUTE)
            page = venues.page(parse_instrument(name), since, until)
            stored = desk.rows(
                "SELECT at, open, high, low, close, volume FROM candles_1m JOIN series USING (series_id)"
                " WHERE name = %s ORDER BY at LIMIT %s",
                name,
                len(page.bars),
            )
            assert [tuple(row) for row in stored] == [
                (bar.at, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in page.bars
            ]
        desk.close()
    assert fleet.killed == KILLS
