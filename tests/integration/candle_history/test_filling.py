"""Histories are planned, filled, verified and mended on a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nightdesk.adapters.postgres.candle_coverage_reads import coverage_units
from nightdesk.adapters.postgres.candles import PostgresCandleStore
from nightdesk.candles.coverage import MINUTE, CoverageState, HoleCause
from nightdesk.candles.coverage_desk import CoverageQuery, CoveredSeries
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.ports import Batch
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.revisions import live_revision
from nightdesk.kernel.assets import parse_instrument
from nightdesk.kernel.errors import Conflict, RateLimited, Unavailable
from nightdesk.kernel.instants import to_ms
from tests.builders.desk_history import HistoryDesk
from tests.fakes.venue_history import ROWS, WrittenHistory

pytestmark = pytest.mark.integration

BTC, KRAKEN = "BINANCE:BTC/USDT", "KRAKEN:BTC/USDT"
LISTED = datetime(2026, 2, 27, 9, 30, tzinfo=UTC)
SETTLED = datetime(2026, 3, 5, tzinfo=UTC)
MINUTES = (SETTLED - LISTED) // MINUTE
LONG = timedelta(hours=7)


def whole(desk: HistoryDesk, venues: WrittenHistory, name: str = BTC) -> None:
    venues.write(name, LISTED, MINUTES)
    desk.ask(name, days=None)
    desk.settle()


def seen(desk: HistoryDesk, name: str = BTC) -> CoveredSeries:
    with coverage_units(desk.app)(desk.tenant_id) as reads:
        (found,) = reads.page(CoverageQuery(series=name))
    return found


def lose(desk: HistoryDesk, since: datetime, until: datetime) -> None:
    """Minutes vanish, and a day passes."""
    desk.execute("DELETE FROM candles_1m WHERE at >= %s AND at < %s", since, until)
    desk.execute("UPDATE candle_coverage SET verified_at = verified_at - interval '2 days'")
    desk.execute("UPDATE candle_ranges SET finished_at = finished_at - interval '3 days'")


def test_a_history_is_filled_from_its_listing_month_by_month(desk: HistoryDesk, venues: WrittenHistory) -> None:
    whole(desk, venues)
    assert desk.minutes(BTC) == (MINUTES, MINUTES, LISTED, SETTLED - MINUTE)
    found = seen(desk)
    assert (found.state, found.is_asked, found.listed_at) == (CoverageState.WHOLE, True, LISTED)
    assert (found.bars, found.expected, found.holes) == (MINUTES, MINUTES, ())
    ranges = desk.rows("SELECT since, until, bars FROM candle_ranges WHERE kind = 'bars' ORDER BY since")
    assert [(since, until) for since, until, _ in ranges] == [
        (LISTED, datetime(2026, 3, 1, tzinfo=UTC)),
        (datetime(2026, 3, 1, tzinfo=UTC), SETTLED),
    ]
    assert sum(bars for *_, bars in ranges) == MINUTES
    assert [source for (source,) in desk.rows("SELECT DISTINCT source FROM candle_origins")] == ["klines"]


def test_rollups_follow(desk: HistoryDesk, venues: WrittenHistory) -> None:
    whole(desk, venues)
    ((volume, days),) = desk.rows("SELECT sum(volume), count(*) FROM candles_1d")
    ((minutes,),) = desk.rows("SELECT sum(volume) FROM candles_1m")
    assert (volume, days) == (pytest.approx(minutes), 6)


def test_a_second_run_asks_the_venue_nothing(desk: HistoryDesk, venues: WrittenHistory) -> None:
    whole(desk, venues)
    before = len(venues.seen)
    desk.settle()
    assert len(venues.seen) == before


def test_the_next_day_is_fetched_when_it_is_settled(desk: HistoryDesk, venues: WrittenHistory) -> None:
    whole(desk, venues)
    venues.write(BTC, SETTLED, 1440)
    desk.market_at += timedelta(days=1)
    desk.settle()
    assert desk.minutes(BTC)[:2] == (MINUTES + 1440, MINUTES + 1440)


def test_a_wish_for_an_earlier_beginning_adds_only_what_is_earlier(desk: HistoryDesk, venues: WrittenHistory) -> None:
    venues.write(BTC, LISTED, MINUTES)
    desk.ask(BTC, days=3)
    desk.settle()
    assert desk.minutes(BTC)[2] == desk.market_at - timedelta(days=3)
    desk.execute("UPDATE candle_asks SET wanted_from = NULL")
    venues.seen.clear()
    desk.settle()
    assert desk.minutes(BTC)[:3] == (MINUTES, MINUTES, LISTED)
    assert max(until for _, _, until in venues.seen) == desk.market_at - timedelta(days=3)


def test_minutes_that_vanish_are_found_and_fetched_again(desk: HistoryDesk, venues: WrittenHistory) -> None:
    whole(desk, venues)
    since = datetime(2026, 3, 2, 10, tzinfo=UTC)
    lose(desk, since, since + timedelta(minutes=200))
    planned = desk.planner().run()
    assert (planned.missing, planned.sent) == (1, 1)
    (hole,) = seen(desk).holes
    assert (hole.since, hole.minutes, hole.cause, hole.is_filled) == (since, 200, HoleCause.MISSING, False)
    desk.settle()
    assert desk.minutes(BTC)[:2] == (MINUTES, MINUTES)
    assert (seen(desk).state, seen(desk).holes[0].is_filled) == (CoverageState.WHOLE, True)


def test_a_bar_that_a_stream_brought_is_never_replaced(desk: HistoryDesk, venues: WrittenHistory) -> None:
    at = datetime(2026, 3, 3, tzinfo=UTC)
    live = CandleRow(BTC, Resolution.MINUTE, Candle(at, 1.0, 2.0, 0.5, 1.5, 9.0), "trades")
    PostgresCandleStore(desk.streams).upsert([Batch(live_revision(to_ms(at), 0), (live,))])
    whole(desk, venues)
    assert desk.minutes(BTC)[:2] == (MINUTES, MINUTES)
    assert desk.rows("SELECT close, volume FROM candles_1m WHERE at = %s", at) == [(1.5, 9.0)]


def test_a_long_silence_is_mended_by_a_second_venue_and_marked(desk: HistoryDesk, venues: WrittenHistory) -> None:
    since = datetime(2026, 3, 2, 4, tzinfo=UTC)
    venues.write(KRAKEN, LISTED, MINUTES, price=100.3)
    venues.write(BTC, LISTED, MINUTES)
    venues.silence(BTC, since, since + LONG)
    desk.ask(BTC, days=None)
    desk.settle()
    assert desk.minutes(BTC)[:2] == (MINUTES, MINUTES)
    (hole,) = seen(desk).holes
    assert (hole.cause, hole.is_filled, hole.detail) == (HoleCause.SILENT, True, f"bars of {KRAKEN}")
    ((source, spans),) = desk.rows("SELECT source, spans FROM candle_origins WHERE source <> 'klines'")
    assert (source, [(span.lower, span.upper) for span in spans]) == (KRAKEN, [(since, since + LONG)])
    ((taken,),) = desk.rows("SELECT close FROM candles_1m JOIN series USING (series_id) WHERE name = %s AND at = %s",
                            BTC, since)  # fmt: skip
    assert taken == pytest.approx(100.3, rel=0.01)


def test_what_the_venue_tells_later_replaces_what_was_lent(desk: HistoryDesk, venues: WrittenHistory) -> None:
    test_a_long_silence_is_mended_by_a_second_venue_and_marked(desk, venues)
    since = datetime(2026, 3, 2, 4, tzinfo=UTC)
    venues.write(BTC, LISTED, MINUTES)
    lose(desk, since, since + LONG)
    desk.settle()
    assert desk.rows("SELECT DISTINCT source FROM candle_origins WHERE NOT isempty(spans)") == [("klines",)]


def test_venues_that_disagree_leave_the_hole_open_and_say_so(desk: HistoryDesk, venues: WrittenHistory) -> None:
    since = datetime(2026, 3, 2, 4, tzinfo=UTC)
    venues.write(KRAKEN, LISTED, MINUTES, price=150.0)
    venues.write(BTC, LISTED, MINUTES)
    venues.silence(BTC, since, since + LONG)
    desk.ask(BTC, days=None)
    desk.settle()
    found = seen(desk)
    assert (found.state, found.bars, found.open_holes) == (CoverageState.BROKEN, MINUTES - LONG // MINUTE, 1)
    assert (found.holes[0].cause, f"{KRAKEN} was 50" in found.holes[0].detail) == (HoleCause.DISAGREEMENT, True)


def test_a_silence_that_nobody_can_explain_is_filled_but_marked(desk: HistoryDesk, venues: WrittenHistory) -> None:
    since = datetime(2026, 3, 2, 4, tzinfo=UTC)
    venues.write(BTC, LISTED, MINUTES)
    venues.silence(BTC, since, since + LONG)
    venues.window = 100
    desk.ask(BTC, days=None)
    desk.settle()
    found = seen(desk)
    assert (found.state, found.bars) == (CoverageState.WHOLE, MINUTES)
    assert (found.holes[0].cause, found.holes[0].minutes) == (HoleCause.UNCONFIRMED, LONG // MINUTE)


def test_a_market_that_is_not_there_is_refused_and_says_why(desk: HistoryDesk) -> None:
    desk.ask("BINANCE:NO/SUCH", days=None)
    desk.settle()
    found = seen(desk, "BINANCE:NO/SUCH")
    assert (found.state, found.error_code) == (CoverageState.REFUSED, "candles.market_unknown")


def test_a_refused_market_is_looked_for_again_when_it_is_asked_for_again(
    desk: HistoryDesk, venues: WrittenHistory
) -> None:
    desk.ask(BTC, days=None)
    desk.settle()
    assert seen(desk).state is CoverageState.REFUSED
    venues.write(BTC, LISTED, MINUTES)
    desk.settle()
    assert seen(desk).state is CoverageState.REFUSED
    desk.execute("UPDATE candle_asks SET asked_at = now()")
    desk.settle()
    assert (seen(desk).state, desk.minutes(BTC)[0]) == (CoverageState.WHOLE, MINUTES)


def test_stored_minutes_that_another_venue_contradicts_are_raised_and_kept(
    desk: HistoryDesk, venues: WrittenHistory
) -> None:
    venues.write(BTC, LISTED, MINUTES)
    venues.write(KRAKEN, LISTED, MINUTES)
    lie = SETTLED - timedelta(hours=5)
    bars = venues.markets[parse_instrument(BTC)]
    bars[lie] = Candle(lie, 150.0, 151.0, 149.0, 150.0, 1.0)
    desk.ask(BTC, KRAKEN, days=None)
    desk.settle()
    desk.execute("UPDATE candle_coverage SET verified_at = verified_at - interval '2 days'")
    desk.settle()
    for name, other in ((BTC, KRAKEN), (KRAKEN, BTC)):
        found = seen(desk, name)
        (hole,) = found.holes
        assert (found.state, hole.cause, hole.since, hole.minutes) == (
            CoverageState.WHOLE,
            HoleCause.DISAGREEMENT,
            lie,
            1,
        )
        assert (hole.is_filled, hole.detail.startswith(f"{other} was up to ")) == (True, True)
    query = "SELECT close FROM candles_1m JOIN series USING (series_id) WHERE name = %s AND at = %s"
    assert desk.rows(query, BTC, lie) == [(150.0,)]


def test_a_venue_that_wants_to_be_left_alone_is_left_alone(desk: HistoryDesk, venues: WrittenHistory) -> None:
    venues.write(BTC, LISTED, MINUTES)
    desk.ask(BTC, days=None)
    desk.settle(runs=1)
    venues.errors = [RateLimited("venue.banned", "Refused for a while.", retry_after_s=120.0)]
    desk.planner().run()
    desk.filler().run(desk.queue.jobs.pop(0), lambda: 600.0)
    assert desk.queue.delays_s[-1] == 120
    ((code, waits),) = desk.rows(
        "SELECT error_code, heartbeat_at > now() + interval '100 s' FROM candle_ranges WHERE error_code IS NOT NULL"
    )
    assert (code, waits) == ("venue.banned", True)
    desk.work()
    assert desk.minutes(BTC)[:2] == (MINUTES, MINUTES)


def test_a_refusal_ends_the_range_and_the_next_run_tries_again(desk: HistoryDesk, venues: WrittenHistory) -> None:
    venues.write(BTC, LISTED, MINUTES)
    desk.ask(BTC, days=None)
    desk.settle(runs=1)
    venues.errors = [Conflict("venue.request_refused", "No.")]
    desk.planner().run()
    desk.work()
    assert desk.rows("SELECT count(*) FROM candle_ranges WHERE state = 'failed'") == [(1,)]
    desk.settle()
    assert desk.minutes(BTC)[:2] == (MINUTES, MINUTES)


def test_what_a_queue_lost_is_sent_again(desk: HistoryDesk, venues: WrittenHistory) -> None:
    venues.write(BTC, LISTED, MINUTES)
    desk.ask(BTC, days=None)
    desk.settle(runs=1)
    assert desk.planner().run().sent == 2
    desk.queue.jobs.clear()
    assert desk.planner().run().sent == 0
    desk.execute("UPDATE candle_ranges SET sent_at = sent_at - interval '5 minutes'")
    assert desk.planner().run().sent == 2


def test_a_venue_of_short_pages_is_read_forwards(desk: HistoryDesk, venues: WrittenHistory) -> None:
    """An hour more is asked for where nothing is stored before; Kraken's pages may be shorter than that."""
    venues.write(BTC, LISTED, MINUTES)
    venues.window = 33
    desk.ask(BTC, days=0.1)
    desk.settle()
    since = desk.market_at - timedelta(days=0.1)
    assert desk.rows("SELECT count(*) FROM candle_ranges WHERE position < since") == [(0,)]
    assert desk.minutes(BTC)[2] == since.replace(second=0, microsecond=0)
    assert seen(desk).state is CoverageState.WHOLE


def test_a_long_range_gives_others_their_turn(desk: HistoryDesk, venues: WrittenHistory) -> None:
    venues.write(BTC, LISTED, MINUTES)
    desk.ask(BTC, days=None)
    desk.settle(runs=1)
    desk.planner().run()
    job = desk.queue.jobs.pop(0)
    left = iter([110.0, 109.0, 79.0])
    desk.filler(bars_at_once=ROWS).run(job, lambda: next(left))
    assert desk.queue.jobs[-1] == job


def test_a_worker_without_time_hands_the_rest_on(desk: HistoryDesk, venues: WrittenHistory) -> None:
    venues.write(BTC, LISTED, MINUTES)
    desk.ask(BTC, days=None)
    desk.settle(runs=1)
    desk.planner().run()
    job = desk.queue.jobs.pop(0)
    left = iter([100.0, 100.0, 100.0, 10.0])
    desk.filler(bars_at_once=ROWS).run(job, lambda: next(left))
    assert desk.queue.jobs[-1] == job
    ((position, since, bars),) = desk.rows("SELECT position, since, bars FROM candle_ranges WHERE bars > 0")
    assert bars in {1940, 2000}  # where nothing is stored before it, an hour more is asked for
    assert position - since == bars * MINUTE


def test_pages_are_kept_together_and_stand_where_a_later_one_fails(desk: HistoryDesk, venues: WrittenHistory) -> None:
    venues.write(BTC, LISTED, MINUTES)
    desk.ask(BTC, days=None)
    desk.settle(runs=1)
    desk.planner().run()
    asked = iter([None, None, RateLimited("venue.rate_limited", "Later.", retry_after_s=7)])

    def refused_at_last() -> None:
        if refusal := next(asked, None):
            venues.errors = [refusal, refusal]

    venues.before_page = refused_at_last
    desk.filler().run(desk.queue.jobs.pop(0), lambda: 600.0)
    told = desk.rows("SELECT bars, error_code FROM candle_ranges WHERE bars > 0")
    assert told in ([(1940, "venue.rate_limited")], [(2000, "venue.rate_limited")])
    assert desk.rows("SELECT count(DISTINCT revision) FROM candles_1m") == [(1,)]
    assert desk.queue.delays_s[-1] == 7
    desk.settle()
    assert desk.minutes(BTC)[:2] == (MINUTES, MINUTES)


def test_a_history_that_is_being_filled_says_how_long_it_takes(desk: HistoryDesk, venues: WrittenHistory) -> None:
    venues.write(BTC, LISTED, MINUTES)
    desk.ask(BTC, days=None)
    desk.settle(runs=1)
    assert seen(desk).eta_s is None
    desk.planner().run()
    waiting = desk.queue.jobs.pop()
    desk.work()
    found = seen(desk)
    assert (found.state, 0 < found.bars < found.expected) == (CoverageState.FILLING, True)
    assert found.eta_s is not None
    assert found.eta_s > 0
    desk.queue.send([waiting])
    desk.settle()
    assert seen(desk).eta_s is None


def test_of_two_workers_on_one_range_only_the_last_writes(desk: HistoryDesk, venues: WrittenHistory) -> None:
    venues.write(BTC, LISTED, MINUTES)
    desk.ask(BTC, days=None)
    desk.settle(runs=1)
    desk.planner().run()
    job = desk.queue.jobs[0]

    def taken_over() -> None:
        venues.before_page = lambda: None
        desk.filler().run(job, lambda: 600.0)

    venues.before_page = taken_over
    desk.filler().run(job, lambda: 600.0)
    desk.settle()
    assert desk.minutes(BTC)[:2] == (MINUTES, MINUTES)
    query = "SELECT attempts, bars, since, until FROM candle_ranges WHERE range_id = %s"
    ((attempts, bars, since, until),) = desk.rows(query, job.range_id)
    assert (attempts, bars) == (2, (until - since) // MINUTE)


def test_a_venue_that_is_down_costs_no_bar(desk: HistoryDesk, venues: WrittenHistory) -> None:
    venues.write(BTC, LISTED, MINUTES)
    desk.ask(BTC, days=None)
    venues.errors = [Unavailable("venue.unavailable", "Down.") for _ in range(3)]
    desk.settle()
    assert desk.minutes(BTC)[:2] == (MINUTES, MINUTES)


def test_held_and_always_streamed_markets_come_before_asked_ones(desk: HistoryDesk, venues: WrittenHistory) -> None:
    for name in (BTC, KRAKEN, "BINANCE:ETH/USDT"):
        venues.write(name, LISTED, MINUTES)
    row = CandleRow(KRAKEN, Resolution.MINUTE, Candle(SETTLED, 1.0, 2.0, 0.5, 1.5, 9.0), "trades")
    PostgresCandleStore(desk.streams).upsert([Batch(1, (row,))])
    desk.ask("BINANCE:ETH/USDT", days=2)
    desk.planner(symbols=frozenset({"BTC/USDT"})).run()
    known = desk.rows("SELECT series, priority, wanted_from IS NOT NULL FROM candle_coverage ORDER BY priority")
    assert known == [(KRAKEN, 0, True), ("BINANCE:ETH/USDT", 1, True)]
