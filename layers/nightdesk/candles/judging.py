"""What a venue's answer proves: which minutes it told, in which its market slept, and which are true holes.

Venues leave out minutes in which nothing was traded. Left out between bars that they told, a short run is such sleep
and is filled with empty bars that repeat the close. A long run may be the venue's loss: then a second venue of the same
pair is asked. If it traded meanwhile, its bars are taken and marked as its own, provided that both agreed before; if it
slept too, the market slept. What nobody can tell stays open or is marked as unconfirmed; nothing is made up silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from math import inf
from statistics import median
from typing import Final

from nightdesk.candles.coverage import MINUTE, Hole, HoleCause
from nightdesk.candles.gaps import Gap, fill, find_gaps
from nightdesk.candles.model import EARLIEST, LATEST, Candle
from nightdesk.candles.resolutions import Resolution

SLEEP_MAX: Final = timedelta(hours=6)
"""Active markets don't sleep longer; runs beyond it are looked at."""

DISAGREEMENT_RATIO_MAX: Final = 0.02
COMPARED: Final = timedelta(minutes=60)
"""Before a hole, so much of both venues is compared; at least `COMPARED_MIN` common minutes are needed."""

COMPARED_MIN: Final = 3
QUIET: Final = "quiet"
UNCONFIRMED: Final = "unconfirmed"


@dataclass(frozen=True, slots=True)
class BarPage:
    """A venue's answer.

    Attributes:
        bars: Oldest first; in minutes in which nothing was traded there may be none.
        covered_until: Up to here, exclusive, the venue told all it has.
        source: What the bars are: the venue's `klines`, or made of its `trades`.
    """

    bars: tuple[Candle, ...]
    covered_until: datetime
    source: str = "klines"


@dataclass(frozen=True, slots=True)
class SourcedBar:
    """A bar to be stored, and where it came from."""

    candle: Candle
    source: str


@dataclass(slots=True)
class Verdict:
    """What follows from a page: bars to store, and runs that need a second opinion."""

    bars: list[SourcedBar] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)


def judge(page: BarPage, gap: Gap, *, close_before: float | None) -> Verdict:
    """Sort a page into bars, sleep and holes.

    Args:
        page: The venue's answer for the gap or the beginning of it.
        gap: What was missing.
        close_before: Of the stored bar that ends where the gap begins, if there is one.
    """
    until = min(page.covered_until, gap.until)
    told = [bar for bar in page.bars if gap.since <= bar.at < until]
    good = [bar for bar in told if _is_sound(bar)]
    verdict = Verdict([SourcedBar(bar, page.source) for bar in good])
    if _is_whole(good, gap.since, until):  # by far the most are
        return verdict
    refused = {bar.at for bar in told} - {bar.at for bar in good}
    before = [bar for bar in page.bars if bar.at < gap.since and _is_sound(bar)]
    close = before[-1].close if before else close_before
    by_end = {bar.at + MINUTE: bar.close for bar in good}
    for silence in find_gaps((bar.at for bar in good), Resolution.MINUTE, since=gap.since, until=until):
        _sort(verdict, silence, by_end.get(silence.since, close), refused)
    verdict.bars.sort(key=lambda bar: bar.candle.at)
    return verdict


def second_opinion(hole: Hole, ours: Iterable[Candle], theirs: Sequence[Candle], source: str) -> Verdict:
    """What another venue's minutes say about a hole.

    Args:
        hole: Silent or refused.
        ours: Our stored bars before it, as far as `COMPARED` back.
        theirs: The other venue's bars from there to the hole's end, oldest first.
        source: The name of the other series.
    """
    inside = [bar for bar in theirs if hole.since <= bar.at < hole.until and bar.volume > 0]
    last = max(ours, key=lambda bar: bar.at, default=None)
    if not inside:
        return _slept(hole, None if last is None else last.close, source)
    apart = _apart(ours, theirs)
    if apart is None or apart > DISAGREEMENT_RATIO_MAX:
        detail = "no common minutes" if apart is None else f"{source} was {apart:.1%} apart before it"
        return Verdict(holes=[Hole(hole.since, hole.until, HoleCause.DISAGREEMENT, detail=detail)])
    return _borrowed(hole, inside, source, last)


def without_second(hole: Hole, close: float | None) -> Verdict:
    """What becomes of a hole that no other venue can tell about."""
    if hole.cause is HoleCause.REFUSED or close is None:
        return Verdict(holes=[hole])
    kept = Hole(hole.since, hole.until, HoleCause.UNCONFIRMED, is_filled=True, detail="no second venue has the pair")
    return Verdict(_empty(Gap(hole.since, hole.until), close, UNCONFIRMED), [kept])


@dataclass(frozen=True, slots=True)
class Apart:
    """A stored minute in which another venue's stored price of the same pair was too far away, by this ratio."""

    at: datetime
    other: str
    ratio: float


def disagreements(found: Iterable[Apart]) -> list[Hole]:
    """Runs of minutes in which two venues were apart, each with whom and by how much; the bars stay as they are.

    Args:
        found: Oldest first for each other series; minutes less than `COMPARED` from each other are one run.
    """
    runs: list[list[Apart]] = []
    for each in sorted(found, key=lambda one: (one.other, one.at)):
        last = runs[-1][-1] if runs else None
        if last is None or last.other != each.other or each.at - last.at > COMPARED:
            runs.append([])
        runs[-1].append(each)
    return [_raised(run) for run in runs]


def _raised(run: Sequence[Apart]) -> Hole:
    detail = f"{run[0].other} was up to {max(each.ratio for each in run):.1%} apart in {len(run)} minutes"
    return Hole(run[0].at, run[-1].at + MINUTE, HoleCause.DISAGREEMENT, is_filled=True, detail=detail)


def _sort(verdict: Verdict, silence: Gap, close: float | None, refused: set[datetime]) -> None:
    if any(silence.since <= at < silence.until for at in refused):
        verdict.holes.append(Hole(silence.since, silence.until, HoleCause.REFUSED, detail="the bar contradicts itself"))
    elif silence.until - silence.since > SLEEP_MAX:
        verdict.holes.append(Hole(silence.since, silence.until, HoleCause.SILENT))
    elif close is not None:
        verdict.bars += _empty(silence, close, QUIET)
    else:
        verdict.holes.append(Hole(silence.since, silence.until, HoleCause.MISSING, detail="no price before it"))


def _slept(hole: Hole, close: float | None, source: str) -> Verdict:
    if close is None or hole.cause is HoleCause.REFUSED:
        return Verdict(holes=[hole])
    kept = Hole(hole.since, hole.until, hole.cause, is_filled=True, detail=f"{source} had no trades either")
    return Verdict(_empty(Gap(hole.since, hole.until), close, QUIET), [kept])


def _borrowed(hole: Hole, inside: Sequence[Candle], source: str, last: Candle | None) -> Verdict:
    bars = [SourcedBar(bar, source) for bar in fill(inside, Resolution.MINUTE, until=hole.until)]
    if last is not None and inside[0].at > hole.since:
        bars = _empty(Gap(hole.since, inside[0].at), last.close, QUIET) + bars
    kept = Hole(bars[0].candle.at, hole.until, hole.cause, is_filled=True, detail=f"bars of {source}")
    return Verdict(bars, [kept])


def _apart(ours: Iterable[Candle], theirs: Iterable[Candle]) -> float | None:
    """The median difference of closes in common minutes, as a ratio; None where there are too few."""
    known = {bar.at: bar.close for bar in ours}
    ratios = [abs(bar.close / known[bar.at] - 1) for bar in theirs if known.get(bar.at)]
    return median(ratios) if len(ratios) >= COMPARED_MIN else None


def _empty(gap: Gap, close: float, source: str) -> list[SourcedBar]:
    count = (gap.until - gap.since) // MINUTE
    flat = (Candle(gap.since + index * MINUTE, close, close, close, close) for index in range(count))
    return [SourcedBar(bar, source) for bar in flat]


def _is_whole(bars: Sequence[Candle], since: datetime, until: datetime) -> bool:
    """Whether they are every minute of the range, each once."""
    rises = all(one.at < other.at for one, other in pairwise(bars))
    return rises and len(bars) * MINUTE == until - since


def _is_sound(bar: Candle) -> bool:
    """Whether it may be stored as a minute, at a price above nothing; as `require_row` says, in a third of its time."""
    at, low, high = bar.at, bar.low, bar.high
    is_minute = at.second == at.microsecond == 0 and EARLIEST <= at < LATEST
    is_price = 0 < low <= bar.open <= high < inf and low <= bar.close <= high
    return is_minute and is_price and 0 <= bar.volume < inf
