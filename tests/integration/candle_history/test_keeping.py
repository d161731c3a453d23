"""Room is made ahead, and old minutes go only when they are in the longer bars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nightdesk.adapters.postgres.candle_keeping import PostgresCandleKeeping
from nightdesk.candles.keeping import CandleKeeper, KeepPolicy
from nightdesk.runtime.clock import SystemClock
from tests.builders.desk_history import HistoryDesk
from tests.fakes.venue_history import WrittenHistory

pytestmark = pytest.mark.integration

BTC = "BINANCE:BTC/USDT"
LISTED = datetime(2026, 1, 30, tzinfo=UTC)
MARKET_AT = datetime(2026, 3, 5, 2, tzinfo=UTC)


def keeper(desk: HistoryDesk, *, months: int, dry_run: bool = False) -> CandleKeeper:
    policy = KeepPolicy(months=months, compress_after_months=3, dry_run=dry_run)
    return CandleKeeper(PostgresCandleKeeping(desk.streams), policy, SystemClock())


def filled(desk: HistoryDesk, venues: WrittenHistory) -> int:
    days = (MARKET_AT - LISTED).days
    venues.write(BTC, LISTED, days * 1440)
    venues.silence(BTC, LISTED + timedelta(days=3), MARKET_AT - timedelta(days=3))
    venues.window = 100_000
    desk.ask(BTC, days=None)
    desk.settle()
    return desk.minutes(BTC)[0]


def test_partitions_are_there_three_months_ahead(desk: HistoryDesk) -> None:
    ahead = datetime(2047, 5, 20, tzinfo=UTC)
    made = keeper(desk, months=0).run(ahead)
    again = keeper(desk, months=0).run(ahead)
    assert (made.partitions_made > 0, again.partitions_made, made.expired) == (True, 0, ())
    assert desk.rows("SELECT to_regclass('candles_1m_2047_08') IS NOT NULL") == [(True,)]


def test_a_dry_run_tells_and_drops_nothing(desk: HistoryDesk, venues: WrittenHistory) -> None:
    before = filled(desk, venues)
    kept = keeper(desk, months=1, dry_run=True).run(MARKET_AT)
    (month,) = [each for each in kept.expired if each.part == "candles_1m_2026_01"]
    assert (month.ends_at, month.is_dropped, month.size_bytes > 0) == (datetime(2026, 2, 1, tzinfo=UTC), False, True)
    assert desk.minutes(BTC)[0] == before


def test_old_minutes_go_and_longer_bars_stay(desk: HistoryDesk, venues: WrittenHistory) -> None:
    filled(desk, venues)
    days = desk.rows("SELECT at, volume FROM candles_1d ORDER BY at")
    kept = keeper(desk, months=1).run(MARKET_AT)
    assert "candles_1m_2026_01" in {each.part for each in kept.expired if each.is_dropped}
    assert desk.minutes(BTC)[2] == datetime(2026, 2, 1, tzinfo=UTC)
    assert desk.rows("SELECT at, volume FROM candles_1d ORDER BY at") == days
    assert "candles_1m_2026_01" not in {each.part for each in keeper(desk, months=1).run(MARKET_AT).expired}


def test_minutes_that_are_in_no_longer_bar_stay(desk: HistoryDesk, venues: WrittenHistory) -> None:
    filled(desk, venues)
    desk.execute("DELETE FROM candles_15m WHERE at = %s", LISTED)
    kept = keeper(desk, months=1).run(MARKET_AT)
    (month,) = [each for each in kept.expired if each.part == "candles_1m_2026_01"]
    assert (month.is_dropped, desk.minutes(BTC)[2]) == (False, LISTED)


def test_what_is_not_kept_is_not_fetched_again(desk: HistoryDesk, venues: WrittenHistory) -> None:
    venues.write(BTC, LISTED, (MARKET_AT - LISTED).days * 1440)
    desk.ask(BTC, days=None)
    desk.kept_from = datetime(2026, 3, 1, tzinfo=UTC)
    desk.settle()
    assert desk.minutes(BTC)[2] == datetime(2026, 3, 1, tzinfo=UTC)


def test_plain_postgresql_says_that_it_does_not_compress(desk: HistoryDesk) -> None:
    assert "plain PostgreSQL" in keeper(desk, months=0).run(None).compression
