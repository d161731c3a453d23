"""Fills the ranges of histories: page by page, each page once, whoever dies in between.

The range's row is the truth. A worker takes it by counting `attempts` up under the row's lock; from then on it alone
may write, because every page's transaction locks the row again and stops if the count has moved. Bars, their rollups,
their origins, holes and the position are one transaction. What is asked for is what is missing: the first run of
minutes that are not stored, from the position on; so a repair is the same work as a first fill, and a day that a stream
brought whole costs one look. Pages of one venue are gathered for a transaction while they come quickly: whoever dies
loses only what was gathered, and rollups are made once for all of them.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Final, Self

from nightdesk.candles.coverage import (
    MINUTE,
    CandleRange,
    Hole,
    HoleCause,
    Listing,
    RangeJob,
    RangeKind,
    RangeState,
)
from nightdesk.candles.gaps import Gap
from nightdesk.candles.history_ports import HistoryUnit, HistoryUnits, RangeQueue, VenueHistory
from nightdesk.candles.judging import COMPARED, BarPage, Verdict, judge, second_opinion, without_second
from nightdesk.candles.model import Candle
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import NightdeskError, NotFound, Unavailable
from nightdesk.kernel.instants import Clock

STOP_BEFORE_S: Final = 20.0
"""A worker stops so long before its end and sends the rest to the next."""

TURN_S: Final = 10.0
"""After so long on one range the next has its turn: a slow venue must not hold the workers."""

PAUSE_S: Final = 15.0
PAUSE_MAX_S: Final = 900.0
LOOKBACK: Final = timedelta(minutes=60)
"""Where no bar is stored before a gap, so much more is asked for: sleep repeats the close before it."""

SILENT_PAGES_MAX: Final = 50
BARS_AT_ONCE: Final = 10_000
"""A transaction holds the pages that together have so many bars, a week of minutes…"""

GATHERED_FOR: Final = timedelta(seconds=3)
"""…or that came within so long: of a slow venue each page is kept at once."""

_ASKED_TWICE: Final = frozenset({HoleCause.SILENT, HoleCause.REFUSED})
_log = logging.getLogger(__name__)


class _Taken(Exception):
    """Another worker has taken the range."""


class _VenueFailed(Exception):
    """The venue could not give what was asked; carries why."""

    def __init__(self, error: NightdeskError) -> None:
        super().__init__(error.code)
        self.error = error


class BackfillService:
    """Works on the ranges that a queue hands out."""

    def __init__(
        self,
        *,
        units: HistoryUnits,
        venues: VenueHistory,
        queue: RangeQueue,
        clock: Clock,
        bars_at_once: int = BARS_AT_ONCE,
    ) -> None:
        self._units = units
        self._venues = venues
        self._queue = queue
        self._clock = clock
        self._bars_at_once = bars_at_once

    def run(self, job: RangeJob, remaining_s: Callable[[], float]) -> None:
        """Fill the range until its end, the worker's end, or a venue that wants to be left alone.

        Args:
            job: Delivered any number of times.
            remaining_s: How long this worker may still run.

        Raises:
            Unavailable: `database.unavailable`: deliver the job again.
        """
        claimed = self._claim(job)
        if claimed is None:
            return
        try:
            gathering = _Gathering(self._clock, self._bars_at_once)
            with _Venue(self._venues, claimed.instrument, gathering) as venue:
                self._work(_Worker(self._units, venue, self._clock, claimed), job, remaining_s)
        except _Taken:
            _log.info("range taken over by another worker", extra={"range_id": job.range_id})

    def _claim(self, job: RangeJob) -> CandleRange | None:
        with self._units() as unit:
            present = unit.lock(job.range_id)
            if present is None or present.state is not RangeState.OPEN:
                return None
            claimed = replace(present, attempts=present.attempts + 1)
            unit.save(claimed, self._clock.now())
            if claimed.kind is RangeKind.BARS:
                unit.make_room(claimed.since, claimed.until)
        return claimed

    def _work(self, worker: _Worker, job: RangeJob, remaining_s: Callable[[], float]) -> None:
        try:
            least_s = max(STOP_BEFORE_S, remaining_s() - TURN_S)
            while remaining_s() > least_s:
                if not worker.step():
                    self._send(worker.following, 0)
                    return
        except _VenueFailed as failure:
            self._stop_for(worker, job, failure.error)
            return
        self._send(job, 0)

    def _stop_for(self, worker: _Worker, job: RangeJob, error: NightdeskError) -> None:
        if not error.retryable:
            worker.fail(error)
            self._send(worker.following, 0)
            return
        pause_s = min(max(error.retry_after_s or PAUSE_S, 1.0), PAUSE_MAX_S)
        worker.pause(error, pause_s)
        self._send(job, math.ceil(pause_s))

    def _send(self, job: RangeJob | None, delay_s: int) -> None:
        if job is None:
            return
        try:
            self._queue.send([job], delay_s)
        except Unavailable as error:
            _log.warning("range left to the sweeper: %s", error.code)


@dataclass(frozen=True, slots=True)
class _Gathering:
    """How many pages are gathered before they are kept."""

    clock: Clock
    bars: int

    def pages(self, ask: Callable[[Gap], BarPage], gap: Gap) -> BarPage:
        """The pages that begin the gap as one; what was told stands where a later question fails."""
        started, page = self.clock.now(), ask(gap)
        bars, covered_until = list(page.bars), page.covered_until
        while covered_until < gap.until and len(bars) < self.bars and self.clock.now() - started < GATHERED_FOR:
            try:
                more = ask(Gap(covered_until, gap.until))
            except NightdeskError:  # what follows is asked again, and fails again or not
                break
            bars += more.bars
            covered_until = more.covered_until
        return BarPage(tuple(bars), covered_until, page.source)


class _Venue:
    """Asks the venue of one market, and fetches the next pages while some are being stored."""

    def __init__(self, venues: VenueHistory, instrument: Instrument, gathering: _Gathering) -> None:
        self.instrument = instrument
        self._venues = venues
        self._gathering = gathering
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history-ahead")
        self._wanted: Gap | None = None
        self._coming: Future[BarPage] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def listing(self) -> Listing:
        """Where the history begins."""
        try:
            return self._venues.listing(self.instrument)
        except NightdeskError as error:
            raise _VenueFailed(error) from error

    def others(self) -> Sequence[Instrument]:
        """The same pair elsewhere."""
        try:
            return self._venues.others(self.instrument)
        except NightdeskError as error:
            raise _VenueFailed(error) from error

    def bars_of(self, other: Instrument, gap: Gap) -> list[Candle]:
        """Another venue's minutes, all of them."""
        bars: list[Candle] = []
        while gap.since < gap.until:
            page = self._asked(other, gap)
            bars += page.bars
            gap = Gap(page.covered_until, gap.until)
        return bars

    def prepare(self, gap: Gap) -> None:
        """Begin to fetch this."""
        self._wanted = gap
        self._coming = self._executor.submit(self._gathered, gap)

    def pages(self, gap: Gap) -> BarPage:
        """The pages that begin the gap, fetched already if they were prepared."""
        coming, self._coming = self._coming, None
        try:
            return self._gathered(gap) if self._wanted != gap or coming is None else coming.result()
        except NightdeskError as error:
            raise _VenueFailed(error) from error

    def pages_beyond(self, gap: Gap, instant: datetime) -> BarPage:
        """The pages that begin the gap, and as many more as reach beyond the instant."""
        page = self.pages(gap)
        while page.covered_until <= instant:
            more = self._asked(self.instrument, Gap(page.covered_until, gap.until))
            page = BarPage((*page.bars, *more.bars), more.covered_until, page.source)
        return page

    def _asked(self, instrument: Instrument, gap: Gap) -> BarPage:
        try:
            return self._whole_page(instrument, gap)
        except NightdeskError as error:
            raise _VenueFailed(error) from error

    def _gathered(self, gap: Gap) -> BarPage:
        return self._gathering.pages(partial(self._whole_page, self.instrument), gap)

    def _whole_page(self, instrument: Instrument, gap: Gap) -> BarPage:
        """A page that does not end in silence, so that a silence is seen in its whole length."""
        page = self._venues.page(instrument, gap.since, gap.until)
        for _ in range(SILENT_PAGES_MAX):
            end = page.bars[-1].at + MINUTE if page.bars else gap.since
            if end >= page.covered_until or page.covered_until >= gap.until:
                break
            more = self._venues.page(instrument, page.covered_until, gap.until)
            page = BarPage((*page.bars, *more.bars), more.covered_until, page.source)
        return page


class _Worker:
    """One worker's turn at one range."""

    def __init__(self, units: HistoryUnits, venue: _Venue, clock: Clock, claimed: CandleRange) -> None:
        self._units = units
        self._venue = venue
        self._clock = clock
        self._range = claimed
        self._gap: Gap | None = None
        self._close: float | None = None
        self._looked = False
        self.following: RangeJob | None = None
        """What is to be taken next, after the end."""

    def step(self) -> bool:
        """Find where the history begins, or fetch some pages; False when the range has ended."""
        if self._range.kind is RangeKind.LISTING:
            self._find_listing()
            return False
        if not self._looked:
            with self._units() as unit:
                self._lock(unit)
                self._look(unit)
        if self._gap is not None:
            self._fetch(self._gap)
        return self._gap is not None

    def pause(self, error: NightdeskError, pause_s: float) -> None:
        """Show why the range waits, and until when it will give no sign of life."""
        with self._units() as unit:
            self._lock(unit)
            unit.save(self._range, self._clock.now() + timedelta(seconds=pause_s), error=error)
        _log.warning("range waits", extra={"error_code": error.code, "pause_s": pause_s})

    def fail(self, error: NightdeskError) -> None:
        """End the range without its bars; a market that the venue does not know is refused whole."""
        with self._units() as unit:
            self._lock(unit)
            if isinstance(error, NotFound):
                unit.refuse(self._series, error)
            self._end(unit, RangeState.FAILED, error)
        _log.error("range failed", extra={"error_code": error.code, "series": self._series})

    @property
    def _series(self) -> str:
        return str(self._range.instrument)

    def _find_listing(self) -> None:
        listing = self._venue.listing()
        with self._units() as unit:
            self._lock(unit)
            unit.listed(self._series, listing)
            self._end(unit, RangeState.DONE)

    def _fetch(self, gap: Gap) -> None:
        asked = gap if self._close is not None else Gap(gap.since - LOOKBACK, gap.until)
        asked_at = self._clock.now()
        page = self._venue.pages_beyond(asked, gap.since)
        if page.covered_until < gap.until:
            self._venue.prepare(Gap(page.covered_until, gap.until))
        verdict = self._settled(judge(page, gap, close_before=self._close))
        with self._units() as unit:
            self._lock(unit)
            unit.load(self._range.instrument, verdict.bars, asked_at)
            unit.keep_holes(self._series, verdict.holes, self._clock.now())
            position = min(page.covered_until, gap.until)
            self._range = replace(self._range, position=position, bars=self._range.bars + len(verdict.bars))
            unit.save(self._range, self._clock.now())
            self._look(unit)

    def _settled(self, verdict: Verdict) -> Verdict:
        """The verdict after second venues were asked about its holes."""
        settled = Verdict(list(verdict.bars))
        for hole in verdict.holes:
            more = self._asked_elsewhere(hole, verdict) if hole.cause in _ASKED_TWICE else Verdict(holes=[hole])
            settled.bars += more.bars
            settled.holes += more.holes
        return settled

    def _asked_elsewhere(self, hole: Hole, verdict: Verdict) -> Verdict:
        ours = self._ours_before(hole, verdict)
        found: Verdict | None = None
        for other in self._venue.others():
            theirs = self._venue.bars_of(other, Gap(hole.since - COMPARED, hole.until))
            found = second_opinion(hole, ours, theirs, str(other))
            if found.bars:
                return found
        return found or without_second(hole, ours[-1].close if ours else None)

    def _ours_before(self, hole: Hole, verdict: Verdict) -> list[Candle]:
        with self._units() as unit:
            stored = unit.bars_before(self._series, hole.since, COMPARED)
        fresh = [bar.candle for bar in verdict.bars if hole.since - COMPARED <= bar.candle.at < hole.since]
        return sorted({bar.at: bar for bar in (*stored, *fresh)}.values(), key=lambda bar: bar.at)

    def _look(self, unit: HistoryUnit) -> None:
        """Find what to fetch next; end the range where there is nothing."""
        self._looked = True
        self._gap = unit.next_gap(self._series, self._range.position, self._range.until)
        if self._gap is None:
            unit.count(self._series, self._range.since, self._range.until, self._clock.now())
            self._end(unit, RangeState.DONE)
            return
        before = unit.bars_before(self._series, self._gap.since, MINUTE)
        self._close = before[-1].close if before else None

    def _end(self, unit: HistoryUnit, state: RangeState, error: NightdeskError | None = None) -> None:
        self._gap = None
        self._range = replace(self._range, state=state, position=self._range.until)
        unit.save(self._range, self._clock.now(), error=error)
        self.following = unit.next_range(self._range.instrument.venue, self._clock.now())

    def _lock(self, unit: HistoryUnit) -> None:
        """Lock the range's row; stop if it is no longer this worker's."""
        present = unit.lock(self._range.range_id)
        if present is None or present.attempts != self._range.attempts or present.state is not RangeState.OPEN:
            raise _Taken
