"""Longer bars made when they are read, each of the longest stored bars that lie in it.

A day in Kolkata begins and ends at half past an hour of UTC: it is made of hours from half past to half past; one in
Kathmandu, or one in Lord Howe in which the clocks change by half an hour, of such or whole hours and of quarters before
and after them. Long stretches of stored bars are found by a probe of the index each and arrive in its order, so that
nothing is sorted; short ones are read at once and told apart by where the longer bars begin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from nightdesk.adapters.postgres.candle_levels import HALF_PAST, MERGED, TABLES
from nightdesk.candles.ports import Series
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.ids import TenantId

_SECOND: Final = timedelta(seconds=1)
_HALF_HOUR_S: Final = 1800
_HALF_PAST_MINUTE: Final = 30


@dataclass(frozen=True, slots=True)
class Level:
    """Stored bars that longer ones may be made of.

    Attributes:
        late_s: They begin so many seconds after those that are aligned to UTC.
    """

    name: str
    table: str
    span_s: int
    late_s: int = 0


LEVELS: Final = {each: Level(each.value, table, each.span // _SECOND) for each, table in TABLES.items()}
HALF_PAST_HOURS: Final = Level("half_past", HALF_PAST, 2 * _HALF_HOUR_S, late_s=_HALF_HOUR_S)
_MIXED: Final = (Resolution.MINUTES_15, Resolution.HOUR, Resolution.DAY)
"""What may be mixed: where one of these is stored, so are the others, for ever, unless a file told longer bars only."""
_ROWS_PER_PROBE: Final = 16
"""So many rows are read in about the time that a probe takes; longer bars that save less are not asked for."""

_WITH_OWN: Final = """
    WITH own AS MATERIALIZED (SELECT series_id FROM series
      WHERE series_id = %(series)s AND (tenant_id IS NULL OR tenant_id = %(tenant)s))
"""
_OWN: Final = "series_id = (SELECT series_id FROM own)"
_STRETCHES: Final = f"""
    FROM unnest(%(places_{{level}})s::int[], %(since_{{level}})s::bigint[], %(until_{{level}})s::bigint[])
      AS stretch (place, since, until)
    CROSS JOIN LATERAL (
      SELECT min(at), {MERGED} FROM {{table}}
      WHERE {_OWN} AND at >= to_timestamp(since) AND at < to_timestamp(until) AND at >= %(first)s AND at < %(last)s
      HAVING count(*) > 0) AS part (at, open, high, low, close, volume)
"""  # noqa: S608
_ALONE: Final = f"{_WITH_OWN} SELECT place, open, high, low, close, volume {_STRETCHES} ORDER BY place"
_AMONG_OTHERS: Final = f"SELECT place, part.* {_STRETCHES}"
_SINGLE: Final = f"""
    SELECT width_bucket(at, ARRAY(SELECT to_timestamp(start) FROM unnest(%(starts)s::bigint[]) AS start)) - 1 AS place,
      at, open, high, low, close, volume
    FROM {{table}} WHERE {_OWN} AND at >= %(first)s AND at < %(last)s
"""  # noqa: S608
_EDGES: Final = """
    AND at = ANY (ARRAY(SELECT to_timestamp(start) FROM unnest(%(edges)s::bigint[]) AS start))
"""
_EDGE: Final = f"""
    SELECT %(place_{{edge}})s::int AS place, at, open, high, low, close, volume
    FROM {{table}} WHERE {_OWN} AND at >= %(since_{{edge}})s AND at < %(until_{{edge}})s
"""  # noqa: S608
_FEW: Final = 8
"""So many edges are read one by one: the planner then leaves every month out in which there is none."""
_ROLLED: Final = f"""
    {_WITH_OWN} SELECT place, {MERGED} FROM ({{parts}}) AS parts GROUP BY place ORDER BY place
"""  # noqa: S608
_IN_PARTS: Final = f"""
    {_WITH_OWN} SELECT place, open, high, low, close, volume FROM ({{parts}}) AS parts ORDER BY place, at
"""  # noqa: S608
_TOLD_LONGER: Final = f"""
    {_WITH_OWN} SELECT EXISTS (SELECT FROM candle_loads WHERE {_OWN}
      AND resolution IN ('1h', '1d') AND since < %(last)s AND until >= %(first)s)
"""  # noqa: S608

Query = tuple[bytes, dict[str, object]]
"""A statement and its parameters."""

_Stretch = tuple[int, int, int]  # the place of a longer bar, and from when until when in seconds since 1970


def levels(stored: Resolution, starts: Sequence[datetime]) -> list[Level]:
    """The levels that longer bars are best made of, shortest first; bars of `stored` fit into all of them."""
    span = _shortest(starts)
    chosen = [stored]
    for longer in _MIXED[_MIXED.index(stored) + 1 :] if stored in _MIXED else ():
        shorter = chosen[-1].span
        if span / shorter - span / longer.span - longer.span / shorter > 2 * _ROWS_PER_PROBE:
            chosen.append(longer)
    found = [LEVELS[each] for each in chosen]
    if chosen[:2] == [Resolution.MINUTES_15, Resolution.HOUR] and any(
        start.minute == _HALF_PAST_MINUTE for start in starts
    ):
        found.insert(2, HALF_PAST_HOURS)
    return found


def told_longer_query(series: Series, tenant_id: TenantId, starts: Sequence[datetime]) -> Query:
    """Asks whether a file told longer bars of a time, of which there may be no shorter ones."""
    return _TOLD_LONGER.encode(), _asked(series, tenant_id, starts)


def rolled_query(series: Series, chosen: Sequence[Level], tenant_id: TenantId, starts: Sequence[datetime]) -> Query:
    """The one query that rolls bars up for readers: the place of each bar among the starts, from 0, and its numbers.

    The few bars that are made of different levels come in parts, oldest first: to group all for them takes longer.

    Args:
        series: Whose.
        chosen: As `levels` gives them.
        tenant_id: Who reads.
        starts: Where the bars begin, rising, and at last where the last of them ends.
    """
    parameters = _asked(series, tenant_id, starts)
    seconds = [int(at.timestamp()) for at in starts]
    parameters["starts"] = _numbers(seconds)
    if len(chosen) == 1 and _shortest(starts) < _ROWS_PER_PROBE * chosen[0].span_s * _SECOND:
        return _ROLLED.format(parts=_SINGLE.format(table=chosen[0].table)).encode(), parameters
    found = list(_stretches(seconds, chosen))
    if len(found) == 1:
        return _along(_ALONE, *found[0], parameters).encode(), parameters
    parts = [part for level, stretches in found for part in _parts(level, stretches, chosen[0], parameters)]
    statement = _IN_PARTS if _are_few(found, chosen[0]) else _ROLLED
    return statement.format(parts=" UNION ALL ".join(parts)).encode(), parameters


def _are_few(found: Sequence[tuple[Level, Sequence[_Stretch]]], shortest: Level) -> bool:
    """Whether few stretches are left to the shortest level."""
    return all(level is not shortest or len(stretches) <= _FEW for level, stretches in found)


def _parts(
    level: Level, stretches: Sequence[_Stretch], shortest: Level, parameters: dict[str, object]
) -> Iterator[str]:
    """Long stretches each on its own; the edges beside longer bars bar by bar."""
    if level is not shortest:
        yield _along(_AMONG_OTHERS, level, stretches, parameters)
    elif len(stretches) > _FEW:
        parameters["edges"] = _numbers(_bars_within(stretches, level.span_s))
        yield (_SINGLE + _EDGES).format(table=level.table)
    else:
        for edge, (place, *span) in enumerate(stretches):
            since, until = (datetime.fromtimestamp(at, UTC) for at in span)
            parameters |= {f"place_{edge}": place, f"since_{edge}": since, f"until_{edge}": until}
            yield _EDGE.format(edge=edge, table=level.table)


def _along(statement: str, level: Level, stretches: Sequence[_Stretch], parameters: dict[str, object]) -> str:
    for name, column in zip(("places", "since", "until"), zip(*stretches, strict=True), strict=True):
        parameters[f"{name}_{level.name}"] = _numbers(column)
    return statement.format(level=level.name, table=level.table)


def _bars_within(stretches: Iterable[_Stretch], span_s: int) -> list[int]:
    """Where the bars of this length begin that begin in a stretch."""
    return [at for _, since, until in stretches for at in range(since + -since % span_s, until, span_s)]


def _shortest(starts: Sequence[datetime]) -> timedelta:
    return min(late - early for early, late in pairwise(starts))


def _asked(series: Series, tenant_id: TenantId, starts: Sequence[datetime]) -> dict[str, object]:
    return {"series": series.series_id, "tenant": tenant_id, "first": starts[0], "last": starts[-1]}


def _numbers(values: Iterable[int]) -> str:
    """An array as PostgreSQL writes it: many times faster than number by number."""
    return "{" + ",".join(map(str, values)) + "}"


def _stretches(seconds: Sequence[int], chosen: Sequence[Level]) -> Iterator[tuple[Level, list[_Stretch]]]:
    """By level where its bars are taken: the longest as far as they lie in one longer bar."""
    left = list(zip(range(len(seconds)), seconds, seconds[1:], strict=False))
    for level in reversed(chosen[1:]):
        whole, left = _divided(left, level)
        if whole:
            yield level, whole
    if left:
        yield chosen[0], left


def _divided(stretches: Sequence[_Stretch], level: Level) -> tuple[list[_Stretch], list[_Stretch]]:
    """What bars of this level fill, and what they leave; those that begin late fill what begins with one of them."""
    whole: list[_Stretch] = []
    left: list[_Stretch] = []
    span_s, late_s = level.span_s, level.late_s
    for place, since, until in stretches:
        first, last = since + (late_s - since) % span_s, until - (until - late_s) % span_s
        if first >= last or (late_s and since < first):
            left.append((place, since, until))
            continue
        whole.append((place, first, last))
        if since < first:
            left.append((place, since, first))
        if last < until:
            left.append((place, last, until))
    return whole, left
