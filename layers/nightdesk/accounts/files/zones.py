"""In which time zone a file's times are: proven by events that are known, or not known at all.

A row that tells of an event that the account's ledger holds tells its zone too: the difference between the wall clock
and the known instant. A zone is proven when it makes enough rows meet known events, nearly all of those that could,
and no other zone that would date the rest of the file differently comes near it. Else the user is asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightdesk.accounts.files import errors
from nightdesk.accounts.files.errors import RowRefused
from nightdesk.accounts.files.model import Said
from nightdesk.accounts.files.multiset import Moved, moved
from nightdesk.kernel.errors import InvalidInput
from nightdesk.ledger.model import Fact

OFFSET_MAX: Final = timedelta(hours=14)
MATCHES_MIN: Final = 3
"""Fewer rows that meet known events prove nothing."""

SHARE_MIN: Final = 3, 4
"""So much of the rows whose amounts are known must meet their events; a zone that meets so much of what the best one
meets, and would date the file differently, leaves it open."""

TRIED_MAX: Final = 400
"""So many rows are tried in every zone; they lie all over the file."""

EXAMPLES_MAX: Final = 5
_QUARTER = timedelta(minutes=15)
_UTC = "UTC"


@dataclass(frozen=True, slots=True)
class Meeting:
    """A row and the known event it tells of."""

    line: int
    wall: datetime
    instant: datetime
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFinding:
    """What was found about a file's zone.

    Attributes:
        zone: The proven one's name; None if the user must be asked.
        matches: How many rows meet known events in it.
        comparable: How many of the rows that were tried tell amounts that known events near them have.
        candidates: Zones that could be meant, the likeliest first, with how many rows meet events in each.
        examples: Some of the meetings, for the user to see.
    """

    zone: str | None
    matches: int = 0
    comparable: int = 0
    candidates: tuple[tuple[str, int], ...] = ()
    examples: tuple[Meeting, ...] = field(default=())


def require_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name.

    Raises:
        InvalidInput: `files.zone_unknown`.
    """
    try:
        return _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise errors.zone_unknown(name) from None


def _is_zone(name: str) -> bool:
    try:
        require_zone(name)
    except InvalidInput:
        return False
    return True


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant that a wall clock in the zone shows.

    Raises:
        RowRefused: `files.instant_twice`, `files.instant_never`: the clock was put back or forward then.
    """
    if wall.tzinfo is not None:
        return wall.astimezone(UTC)
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        raise RowRefused(errors.INSTANT_NEVER, f"{wall} was never shown by clocks in {zone.key}.")
    raise RowRefused(errors.INSTANT_TWICE, f"{wall} was shown twice by clocks in {zone.key}.")


def find_zone(said: Iterable[Said], known: Iterable[Fact], likely: Sequence[str] = ()) -> ZoneFinding:
    """The zone that known events prove for the rows.

    Args:
        said: Rows of the file; those with an offset of their own say nothing.
        known: Events of the account from other sources, around the times of the file.
        likely: Zones that also fit where several can't be told apart, the user's own first.
    """
    rows = [each for each in said if each.at.tzinfo is None]
    by_moved = _by_moved(known)
    tries = [_Try(each, _near(each, by_moved)) for each in rows]
    comparable = _spread([each for each in tries if each.near])
    scores = _scores(comparable, [name for name in likely if _is_zone(name)])
    best = _proven(scores, rows, len(comparable))
    candidates = tuple((name, len(lines)) for name, lines in scores[:8])
    if best is None:
        return ZoneFinding(zone=None, comparable=len(comparable), candidates=candidates)
    name, lines = best
    return ZoneFinding(
        zone=name,
        matches=len(lines),
        comparable=len(comparable),
        candidates=candidates,
        examples=_examples(comparable, _zone(name)),
    )


def _spread(tries: Sequence[_Try]) -> Sequence[_Try]:
    """At most so many of the rows, from all over the file."""
    return tries[:: max(1, len(tries) // TRIED_MAX)][:TRIED_MAX]


@dataclass(frozen=True, slots=True)
class _Try:
    said: Said
    near: Mapping[datetime, Fact]


def _by_moved(known: Iterable[Fact]) -> dict[Moved, list[Fact]]:
    found: dict[Moved, list[Fact]] = defaultdict(list)
    for fact in known:
        found[moved(fact.legs)].append(fact)
    return found


def _near(said: Said, by_moved: Mapping[Moved, list[Fact]]) -> dict[datetime, Fact]:
    """Known events with the row's amounts, less than any offset away, by their second."""
    wall = said.at.replace(tzinfo=UTC)
    return {
        fact.occurred_at.replace(microsecond=0): fact
        for fact in by_moved.get(moved(said.legs), ())
        if abs(fact.occurred_at - wall) <= OFFSET_MAX + timedelta(seconds=1)
    }


def _scores(tries: Sequence[_Try], likely: Sequence[str]) -> list[tuple[str, frozenset[int]]]:
    """Each zone that makes a row meet an event, with the lines of those rows, the most meetings first."""
    offsets = {offset for each in tries for offset in _offsets(each)}
    found = [(name, _meeting(tries, _zone(name))) for name in _names(tries, offsets, likely)]
    met = [(name, lines) for name, lines in found if lines]
    return sorted(met, key=lambda each: -len(each[1]))


def _offsets(each: _Try) -> set[timedelta]:
    wall = each.said.at.replace(tzinfo=UTC, microsecond=0)
    return {wall - second for second in each.near if (wall - second) % _QUARTER == timedelta()}


def _names(tries: Sequence[_Try], offsets: set[timedelta], likely: Sequence[str]) -> list[str]:
    """Zones that have one of the offsets at one of the times; the likely and plain ones first."""
    walls = [each.said.at for each in tries]
    if not walls:
        return []
    probes = [min(walls), max(walls), *walls[:: max(1, len(walls) // 8)]]
    ordered = dict.fromkeys([*likely, _UTC, *COMMON_ZONES, *FIXED_ZONES])
    return [name for name in ordered if any(wall.replace(tzinfo=_zone(name)).utcoffset() in offsets for wall in probes)]


def _meeting(tries: Sequence[_Try], zone: ZoneInfo) -> frozenset[int]:
    return frozenset(each.said.line for each in tries if _met(each, zone) is not None)


def _met(each: _Try, zone: ZoneInfo) -> Fact | None:
    try:
        return each.near.get(instant_of(each.said.at.replace(microsecond=0), zone))
    except RowRefused:
        return None


def _proven(
    scores: Sequence[tuple[str, frozenset[int]]], rows: Sequence[Said], comparable: int
) -> tuple[str, frozenset[int]] | None:
    if not scores:
        return None
    name, lines = scores[0]
    part, whole = SHARE_MIN
    if len(lines) < MATCHES_MIN or len(lines) * whole < comparable * part:
        return None
    dated = _dates(rows, name)
    near = (other for other, met in scores[1:] if len(met) * whole >= len(lines) * part)
    rivals = any(_dates(rows, other) != dated for other in near)
    return None if rivals else (name, lines)


def _dates(rows: Sequence[Said], name: str) -> list[timedelta | None]:
    """The zone's offset in each hour of which the file tells."""
    zone = _zone(name)
    hours = sorted({row.at.replace(minute=0, second=0, microsecond=0) for row in rows})
    return [hour.replace(tzinfo=zone).utcoffset() for hour in hours]


def _examples(tries: Sequence[_Try], zone: ZoneInfo) -> tuple[Meeting, ...]:
    met = ((each, _met(each, zone)) for each in tries)
    found = [Meeting(each.said.line, each.said.at, fact.occurred_at, fact.source) for each, fact in met if fact]
    return tuple(found[:: max(1, len(found) // EXAMPLES_MAX)][:EXAMPLES_MAX])


COMMON_ZONES: Final = (
    "Europe/London",
    "Europe/Berlin",
    "Europe/Kyiv",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Europe/Lisbon",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Halifax",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires",
    "America/Mexico_City",
    "America/Bogota",
    "America/Caracas",
    "America/Santiago",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Nairobi",
    "Asia/Jerusalem",
    "Asia/Tehran",
    "Asia/Dubai",
    "Asia/Kabul",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Dhaka",
    "Asia/Yangon",
    "Asia/Bangkok",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Australia/Perth",
    "Australia/Adelaide",
    "Australia/Darwin",
    "Australia/Brisbane",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Honolulu",
)
"""One of each set of rules that many people live by."""

FIXED_ZONES: Final = tuple(
    f"Etc/GMT{sign}{hours}" for sign, most in (("+", 12), ("-", 14)) for hours in range(1, most + 1)
)
"""A clock that is never changed; by the IANA names' own habit `Etc/GMT-3` is three hours ahead of UTC."""
